"""What a barcode scanner's reading may say."""

from __future__ import annotations

from drivers.kind import PROMPT, Kind, count, number, text

BARCODE = Kind(
    "barcode",
    "barcode[ {symbology}][ {text}][, GTIN {gtin}][, SSCC {sscc}][, lot {lot}]"
    "[, expiry {expiry}][, serial {serial}][, content GTIN {content_gtin}][, count {count}]"
    "[, best before {best_before}][, net weight {net_weight}][: {problem}]",
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
        text("content_gtin", "GTIN of what a logistic unit holds, 14 digits"),
        count("count", "how many of them it holds"),
        text("best_before", "best-before date, ISO 8601"),
        number("net_weight", "kg", -5, "net weight"),
    ),
    PROMPT,
)
