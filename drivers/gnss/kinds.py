"""What a GNSS receiver's reading may say."""

from __future__ import annotations

from drivers.kind import Kind, count, moment, number, text

POSITION = Kind(
    "position",
    "[at {lat}, {lon}][, {speed}][, course {course}][, {satellites} satellites][, HDOP {hdop}]"
    "[, fix {fix}][, altitude {altitude}][: {problem}]",
    (
        number("lat", "°", -7, "latitude in WGS 84, north positive"),
        number("lon", "°", -7, "longitude in WGS 84, east positive"),
        number("altitude", "m", -2, "height above mean sea level"),
        number("speed", "m/s", -2, "speed over ground"),
        number("course", "°", -2, "course over ground, from true north"),
        number("hdop", "", -2, "horizontal dilution of precision"),
        count("satellites", "satellites used in the fix"),
        text("fix", "kind of fix, as the receiver names it"),
        moment("utc_ms", "the receiver's own UTC"),
        text("problem", "why the position is doubtful"),
    ),
)
