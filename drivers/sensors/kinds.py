"""What a sensor's reading may say."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, byte_string, count, number

TEMPERATURE = Kind(
    "temperature",
    "{temperature}[, {humidity} relative humidity][, {pressure}]",
    (
        number("temperature", "°C", -2, "air or product temperature"),
        number("humidity", "%", -2, "relative humidity"),
        # One chip, one moment, one record; as a kind of its own it would cost twice the bytes.
        number("pressure", "hPa", -2, "pressure of the air where the sensor is"),
    ),
)

SHOCK = Kind(
    "shock",
    "shock of {peak}[ for {duration}][, velocity change {delta_v}][, {samples} samples]",
    (
        number("peak", "g", -2, "largest acceleration, without gravity"),
        number("duration", "ms", -2, "time above the threshold"),
        number("delta_v", "m/s", -3, "change of velocity: the pulse's integral"),
        count("samples", "samples of the pulse above the threshold"),
        number("rate", "Hz", -1, "sampling rate as measured"),
        number("threshold", "g", -2, "acceleration that starts a shock"),
        number("range", "g", 0, "end of the measuring range"),
        byte_string("waveform", "raw samples before and after the trigger, as the driver defines"),
    ),
    PROMPT,
    urgent=True,
)

ACCELERATION = Kind(
    "acceleration",
    "acceleration x {x}, y {y}, z {z}",
    tuple(number(axis, "g", -3, f"acceleration along {axis}") for axis in "xyz"),
)
