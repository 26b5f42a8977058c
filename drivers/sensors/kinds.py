"""What a sensor's reading may say."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, byte_string, count, number, text

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
    "[, half-sine of {fit_peak} and {fit_duration} but for {residual}][, a fall of {fall} at most]"
    "[, at {read_point}][, with {goods}]",
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
        number("digit", "g", -6, "one digit of `waveform`: big-endian int16 of x, y, z in turn"),
        text("read_point", "where the device is configured to be"),
        text("goods", "what was there by its tags: pallets first, then items; the first of them"),
    ),
    PROMPT,
    urgent=True,
)

BANDS = (0, 6, 12, 25, 50, 100, 200)
"""Where the bands of vibration begin, Hz: octaves of 6.25 Hz, what is below them, and the rest."""

CLASSES = (0.05, 0.1, 0.2, 0.4, 0.5, 0.73, 1.5)
"""Bounds in g between the classes of a second's RMS. 90 % of trucks stay below 0.4 g, 95 % below
0.5 g and 99 % below 0.73 g (ASTM D4169)."""


def _band_doc(axis: str, band: int) -> str:
    if not band:
        return f"RMS along {axis} below 6.25 Hz, without gravity"
    if band == BANDS[-1]:
        return f"RMS along {axis} from 200 Hz on"
    return f"RMS along {axis} in the octave from {6.25 * 2 ** (BANDS.index(band) - 1):g} Hz on"


VIBRATION = Kind(
    "vibration",
    "vibration of {rms} RMS[: {rms_x} along x, {rms_y} along y, {rms_z} along z]"
    "[, {gaps} gaps in it]",
    (
        number("rms", "g", -4, "RMS of the acceleration's changes, all axes together"),
        *(number(f"rms_{axis}", "g", -4, f"the same along {axis}") for axis in "xyz"),
        *(
            number(f"peak_{axis}", "g", -3, f"largest along {axis}, without gravity")
            for axis in "xyz"
        ),
        *(
            number(f"{axis}_{band}", "g", -4, _band_doc(axis, band))
            for axis in "xyz"
            for band in BANDS
        ),
        byte_string(
            "histogram",
            "seconds by their RMS, two bytes a class: below 0.05 g, from there to 0.1, 0.2, 0.4, "
            "0.5, 0.73, 1.5 g, and above",
        ),
        count("samples", "samples that it was made from"),
        number("rate", "Hz", -1, "sampling rate as measured"),
        count("gaps", "how often samples were lost; absent: never"),
    ),
)

WAVEFORM = Kind(
    "waveform",
    "samples around a shock, part {part}: {samples} samples from {begin} on",
    (
        count("part", "counts the parts of one recording, from 1"),
        count("last", "1: the recording ends with this part"),
        number("begin", "ms", 0, "of the first sample, against the shock: the record's moment"),
        count("samples", "how many there are"),
        number("rate", "Hz", -1, "sampling rate as measured"),
        number("digit", "g", -6, "what one digit of a sample means"),
        number("range", "g", 0, "end of the measuring range"),
        byte_string(
            "waveform",
            "the samples: x, y and z of each, big-endian, of 16 bits; -32768 on all three: lost",
        ),
    ),
)

ACCELERATION = Kind(
    "acceleration",
    "acceleration x {x}, y {y}, z {z}",
    tuple(number(axis, "g", -3, f"acceleration along {axis}") for axis in "xyz"),
)
