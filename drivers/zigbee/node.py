"""Zigbee nodes (climate, contact, switch, shelf with RFID) of a `zigbee.radio`.

Reading kind `temperature`: `temperature` (°C), `humidity` (%) or `pressure` (hPa), as the node
reports each by itself. Reading kind `input`: `state` of a contact (open, closed) or switch (on,
off), `level`. Reading kinds `tag` and `epc-list`: what a shelf node read. Kind `zigbee-node`:
parent, link quality, battery, and when the node joined or left. Reading kind `zigbee-frame`:
bytes that were no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from drivers.driver import Host
from drivers.reading import FieldValue, Quality, Reading
from drivers.stack.follower import Follower
from drivers.zigbee import causes
from drivers.zigbee.service import IEEE_FORM, SERVICE, ieee, node_key, stack_option
from foundation.names import NAME
from foundation.options import OptionValue, option, options_of, settings_of

CAUSES = causes.NODE
KINDS = ("temperature", "input", "tag", "epc-list", "zigbee-node", "zigbee-frame")


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one node."""

    radio: str = option(str, "name of the zigbee.radio whose network it is of", form=NAME)
    ieee: str = option(
        str, "IEEE address, as printed on the node", form=IEEE_FORM, example="00158d0001020304",
        parse=ieee,
    )  # fmt: skip
    interval: float = option(
        float, "it is told to report at least this often", 300.0, 0.1, 86400, "s"
    )
    temperature_offset: float = option(
        float, "added to its temperature, from its calibration", 0.0, -10, 10, "°C"
    )
    humidity_offset: float = option(
        float, "added to its humidity, from its calibration", 0.0, -20, 20, "%"
    )
    stack: str = stack_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> ZigbeeNode:
    """Make the driver of one node; see `DriverModule.build`."""
    return ZigbeeNode(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between reports."""
    return float(str(options["interval"]))


class ZigbeeNode(Follower):
    """One node, followed at the process that keeps its network."""

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        key = node_key(settings.radio, settings.ieee)
        told = {"interval": settings.interval, "name": name}
        super().__init__(name, host, Path(settings.stack), key, told, KINDS, CAUSES, SERVICE)
        self._interval = settings.interval
        self._offsets = {
            "temperature": settings.temperature_offset,
            "humidity": settings.humidity_offset,
        }

    def finished(self, reading: Reading) -> Reading:
        """Return a climate's values as this node's calibration corrects them."""
        if reading.kind != "temperature":
            return reading
        return replace(reading, fields={**reading.fields, **self._corrected(reading.fields)})

    def _corrected(self, fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        return {
            name: value + offset
            for name, offset in self._offsets.items()
            if offset and isinstance(value := fields.get(name), int | float)
        }

    async def read_once(self) -> Reading:
        """Return the newest report, not older than the interval: a node asleep is not asked."""
        newest = self.newest
        if newest is not None and newest.quality is not Quality.NO_ANSWER and self._fresh(newest):
            return newest
        return await super().read_once()

    def _fresh(self, reading: Reading) -> bool:
        return self.timing.monotonic() - reading.monotonic <= self._interval
