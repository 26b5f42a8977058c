"""What the agent records of what it makes of readings: where goods are, where the vehicle was."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, byte_string, count, moment, number, text

GOODS = (
    Kind(
        "tag-state",
        "{state} {read_point}:[ {uri},] EPC {epc}[, from {from}][, on to {to}][, after {dwell_ms}]"
        "[, direction {direction}]",
        (
            text("state", "enter: believed to be here from now on; leave: no longer"),
            text("read_point", "where"),
            text("epc", "EPC memory bank as read, hexadecimal"),
            text("uri", "EPC as a pure identity URI (GS1 TDS)"),
            text("tid", "TID memory bank as read, hexadecimal"),
            count("antenna", "antenna port of the first read"),
            number("rssi", "dBm", 0, "peak signal strength"),
            count("reads", "reads since it was first seen here"),
            moment("at_ms", "first read here for enter, last read here for leave"),
            number("dwell_ms", "ms", 0, "from the first read here to the last"),
            text("from", "read point it was at before"),
            text("to", "read point it is at now"),
            text("direction", "through a portal: in, out, or undecided"),
            count("stray", "1: it was read through the wall from `to` and never was here"),
        ),
        PROMPT,
    ),
    Kind(
        "tag-count",
        "{read_point}: {present} tags present, {reads} reads[, {entered} entered][, {left} left]"
        "[, {strays} stray reads]",
        (
            text("read_point", "where"),
            count("present", "tags present now"),
            count("reads", "reads since the last count"),
            count("entered", "tags that entered since the last count"),
            count("left", "tags that left since the last count"),
            count("strays", "reads of tags that never were present"),
            count("untracked", "reads not followed, as too many tags were in the field"),
            byte_string("contents", "SHA-256 over the EPCs present, sorted, a line each"),
        ),
    ),
    Kind(
        "tag-suspect",
        "SUSPECT TAG at {read_point}: {text}:[ {uri},] EPC {epc}[, before {before}], now {now}",
        (
            text("epc", "EPC memory bank as read, hexadecimal"),
            text("uri", "EPC as a pure identity URI (GS1 TDS)"),
            text("cause", "two-tids, two-places or foreign-tid"),
            text("before", "TID or read point seen before"),
            text("now", "TID or read point seen now"),
            text("read_point", "where it was read"),
            text("text", "the suspicion in words"),
        ),
        PROMPT,
        urgent=True,
    ),
    Kind(
        "misplaced",
        "{gtin} lies at {read_point}, belongs to {home}: EPC {epc}",
        (
            text("read_point", "shelf where it came to rest"),
            text("epc", "EPC memory bank as read, hexadecimal"),
            text("uri", "EPC as a pure identity URI (GS1 TDS)"),
            text("gtin", "article, 14 digits"),
            text("home", "shelves where the configuration wants it"),
        ),
        PROMPT,
    ),
    Kind(
        "box-check",
        "box at {read_point}: {verdict}: {text}[, EPC {epc}]",
        (
            text("read_point", "where boxes pass one by one"),
            text("verdict", "match, mismatch_class, mismatch_instance or not_comparable"),
            text("text", "what was compared, in words"),
            text("barcode", "what is printed on the box, as a Digital Link"),
            text("epc", "EPC of the tag that was read with it, hexadecimal"),
            text("uri", "the same as a pure identity URI (GS1 TDS)"),
            text("tid", "TID memory bank of that tag, hexadecimal"),
        ),
        PROMPT,
    ),
)

PLACE = Kind(
    "place",
    "[in {name}, ]within {size} around {lat}, {lon}, in the hour from {hour_ms}",
    (
        moment("hour_ms", "start of the hour"),
        text("name", "the city, where it is one"),
        number("lat", "°", -3, "latitude of the cell's middle in WGS 84, north positive"),
        number("lon", "°", -3, "longitude of the cell's middle in WGS 84, east positive"),
        number("size", "km", 0, "width of the cell, or diameter of the city"),
    ),
)

CALIBRATION = Kind(
    "calibration",
    "{field} is {gain} of what the sensor says, and {offset} more, by certificate {certificate}"
    "[, valid until {valid_until_ms}]",
    (
        text("field", "the value that is corrected"),
        number("gain", "", -6, "what the sensor's value is multiplied with"),
        number("offset", "", -3, "what is then added, in the value's unit"),
        text("certificate", "number of the certificate"),
        moment("valid_until_ms", "when it ends"),
    ),
    PROMPT,
)
