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
    "shock of {peak}[ for {duration}][, velocity change {delta_v}][, {samples} samples]"
    "[, half-sine of {fit_peak} and {fit_duration} but for {residual}][, a fall of {fall} at most]",
    (
        number("peak", "g", -2, "largest acceleration, without gravity"),
        number("duration", "ms", -2, "time above the threshold"),
        number("delta_v", "m/s", -3, "change of velocity: the pulse's integral"),
        count("samples", "samples of the pulse above the threshold"),
        number("rate", "Hz", -1, "sampling rate as measured"),
        number("threshold", "g", -2, "acceleration that starts a shock"),
        number("range", "g", 0, "end of the measuring range"),
        byte_string("waveform", "raw samples before and after the trigger, as the driver defines"),
        number("peak_x", "g", -2, "largest along x, without gravity"),
        number("peak_y", "g", -2, "largest along y, without gravity"),
        number("peak_z", "g", -2, "largest along z, without gravity"),
        number("fit_peak", "g", -2, "peak of the half-sine that fits best"),
        number("fit_duration", "ms", -2, "its duration from zero to zero"),
        number("residual", "%", 0, "RMS of what it leaves, as a share of its peak"),
        number("fall", "m", -2, "height of a fall without rebound that ends so"),
        number("step", "g", -4, "one digit of `waveform`: big-endian int16 of x, y, z in turn"),
    ),
    PROMPT,
    urgent=True,
)

ACCELERATION = Kind(
    "acceleration",
    "acceleration x {x}, y {y}, z {z}",
    tuple(number(axis, "g", -3, f"acceleration along {axis}") for axis in "xyz"),
)
