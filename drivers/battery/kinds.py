"""What a battery pack's reading may say."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, count, number, text

BATTERY = Kind(
    "battery",
    "battery[ {charge}][ {state}][, {voltage}][, {current}][, {temperature}]"
    "[, at its coldest {temperature_low}][, {remaining} of {full}]"
    "[, cells {cell_low} to {cell_high}][, {cycles} cycles][, IT REPORTS {faults}]",
    (
        number("charge", "%", 0, "state of charge, of what a full charge holds now"),
        text("state", "charging, discharging, idle, full or empty"),
        number("voltage", "V", -3, "of the whole pack"),
        number("current", "A", -3, "into the pack; out of it where it is negative"),
        number("temperature", "°C", -1, "the pack's, or its warmest probe's"),
        number("temperature_low", "°C", -1, "its coldest probe's, where it has several"),
        number("remaining", "A h", -3, "charge that is left"),
        number("full", "A h", -3, "charge when full: the design's, or as it has aged"),
        number("cell_low", "V", -3, "of the cell with the lowest voltage"),
        number("cell_high", "V", -3, "of the cell with the highest voltage"),
        text("cells", "voltages of all cells in their order, in V"),
        count("cycles", "charge cycles so far"),
        text("faults", "protections and alarms that its own management reports"),
    ),
    PROMPT,
)
