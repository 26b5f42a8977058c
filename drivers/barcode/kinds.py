"""What a barcode scanner's reading may say."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, text

BARCODE = Kind(
    "barcode",
    "barcode[ {symbology}][ {text}][, GTIN {gtin}][, SSCC {sscc}][, lot {lot}]"
    "[, expiry {expiry}][, serial {serial}][: {problem}]",
    (
        text("symbology", "kind of symbol, if the scanner says it"),
        text("text", "content as scanned, without the symbology identifier"),
        text("gtin", "trade item number, 14 digits"),
        text("sscc", "serial shipping container code, 18 digits"),
        text("lot", "batch or lot"),
        text("expiry", "expiry date, ISO 8601"),
        text("serial", "serial number"),
        text("uri", "all GS1 keys as a Digital Link"),
        text("problem", "why the content is doubtful"),
    ),
    PROMPT,
)
