"""What an RFID reader's reading may say: of tags, and of the inputs and outputs it has besides."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, count, moment, number, text

TAG = Kind(
    "tag",
    "tag[ {uri}][, EPC {epc}][ of {epc_bits} bits][ {uid}][ {state}][, {type}][, {origin}]"
    "[ at {read_point}][, antenna {antenna}][, {rssi}][, seen {count} times]",
    (
        text("epc", "EPC memory bank as read, hexadecimal"),
        text("uri", "EPC as a pure identity URI (GS1 TDS)"),
        text("tid", "TID memory bank as read, hexadecimal"),
        count("pc", "protocol control word"),
        count("antenna", "the reader's antenna port"),
        number("rssi", "dBm", 0, "peak signal strength"),
        count("count", "inventory rounds that saw the tag since the last report"),
        number("first_seen", "ms", 0, "how long before this record's time it was first seen"),
        text("read_point", "where this antenna looks, from the reader's configuration"),
        number("phase", "°", -1, "phase of the tag's answer against the carrier"),
        moment("reader_utc", "the reader's own UTC of the last read"),
        text("uid", "serial number of an NFC card, hexadecimal"),
        text("state", "NFC: entered, left, or present when asked"),
        text("type", "NFC: what the card says it is"),
        count("atqa", "NFC: answer to request (ISO 14443-3)"),
        count("sak", "NFC: select acknowledge (ISO 14443-3)"),
        text("origin", "NFC: whether the chip's signature claims NXP origin; proves no tag"),
        count(
            "epc_bits", "length of a doubtful EPC: no tag has such a one, or its PC word another"
        ),
    ),
)

INPUT = Kind(
    "input",
    "input[ {port}] {state}",
    (
        text("state", "what the level means: open, closed, on, off, broken …"),
        count("level", "electrical level, 0 or 1"),
        count("port", "number of the input on a device with several"),
    ),
    PROMPT,
)

OUTPUT = Kind(
    "output",
    "output {state}[, by {cause}]",
    (
        text("state", "what the level means: on, off …"),
        count("level", "electrical level, 0 or 1"),
        text("cause", "who or what switched it"),
    ),
    PROMPT,
)
