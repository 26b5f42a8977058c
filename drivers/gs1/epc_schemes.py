"""Binary layouts of EPC schemes (GS1 TDS 2.3, sections 14.2 and 14.6), as tables. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.gs1.characters import COMPONENT_CHARACTERS, PART_CHARACTERS
from drivers.gs1.partitions import Partition, Rest, rows
from drivers.gs1.plus_segments import (
    Alphanumeric,
    Delimited,
    Digits,
    PrioritisedDate,
    VariableDigits,
)
from drivers.gs1.segments import (
    Cage,
    FixedWidth,
    Integer,
    NumericString,
    Segment,
    SixBitString,
    String,
)

HEADER_BITS = 8
TOGGLE_BITS = 1
FILTER_BITS = 3


@dataclass(frozen=True, slots=True)
class Scheme:
    """One EPC scheme: header, toggle (only "+"), filter, segments, zeros.

    `identity` names it in pure identity URIs, and in a "+" scheme the one it stands for. `bits` is
    the length, or None where the content decides it.
    """

    header: int
    name: str
    identity: str
    bits: int | None
    segments: tuple[Segment, ...]
    filter_bits: int = FILTER_BITS
    zeros: int = 0
    plus: bool = False
    deprecated: bool = False  # read, and not chosen for writing

    @property
    def names(self) -> tuple[str, ...]:
        """The fields, in the order of the URI."""
        return tuple(name for segment in self.segments for name in segment.names)


def _serial(bits: int, name: str = "serial") -> Integer:
    return Integer(name, bits)


def _text(bits: int, name: str = "serial") -> String:
    return String(name, bits, bits // 7)


_ITEM = Partition("item_reference", rows((4, 7, 10, 14, 17, 20, 24), (1, 2, 3, 4, 5, 6, 7)))
_SSCC = (18, 21, 24, 28, 31, 34, 38), (5, 6, 7, 8, 9, 10, 11)
_GLN = (1, 4, 7, 11, 14, 17, 21), (0, 1, 2, 3, 4, 5, 6)
_ASSET = Partition("asset_type", rows((4, 7, 10, 14, 17, 20, 24), (0, 1, 2, 3, 4, 5, 6)))
_PLACE = Partition("location_reference", rows(*_GLN))
_DOCUMENT = Partition("document_type", rows(*_GLN))
_COUPON = Partition("coupon_reference", rows(*_GLN))
_SHIPMENT = Partition("serial_reference", rows(*_SSCC))
_SERVICE = Partition("service_reference", rows(*_SSCC))
_GIAI_96 = Partition(
    "asset_reference",
    rows((42, 45, 48, 52, 55, 58, 62), (13, 14, 15, 16, 17, 18, 19)),
    Rest.UNPADDED,
)
_GIAI_202 = Partition(
    "asset_reference",
    rows((148, 151, 154, 158, 161, 164, 168), (18, 19, 20, 21, 22, 23, 24)),
    Rest.STRING,
)
_CPI_96 = Partition(
    "part_reference", rows((11, 14, 17, 21, 24, 27, 31), (3, 4, 5, 6, 7, 8, 9)), Rest.UNPADDED
)
_CPI_VAR = Partition(
    "part_reference",
    rows((114, 120, 126, 132, 138, 144, 150), (18, 19, 20, 21, 22, 23, 24)),
    Rest.SIX_BIT,
)
_PIECES = (FixedWidth("piece", 7, 2), FixedWidth("total", 7, 2))

_CLASSIC = (
    Scheme(0x2C, "gdti-96", "gdti", 96, (_DOCUMENT, _serial(41))),
    Scheme(0x2D, "gsrn-96", "gsrn", 96, (_SERVICE,), zeros=24),
    Scheme(0x2E, "gsrnp-96", "gsrnp", 96, (_SERVICE,), zeros=24),
    Scheme(0x2F, "usdod-96", "usdod", 96, (Cage("cage", 8), _serial(36)), filter_bits=4),
    Scheme(0x30, "sgtin-96", "sgtin", 96, (_ITEM, _serial(38))),
    Scheme(0x31, "sscc-96", "sscc", 96, (_SHIPMENT,), zeros=24),
    Scheme(0x32, "sgln-96", "sgln", 96, (_PLACE, _serial(41, "extension"))),
    Scheme(0x33, "grai-96", "grai", 96, (_ASSET, _serial(38))),
    Scheme(0x34, "giai-96", "giai", 96, (_GIAI_96,)),
    Scheme(
        0x35,
        "gid-96",
        "gid",
        96,
        (Integer("manager", 28), Integer("object_class", 24), _serial(36)),
        filter_bits=0,
    ),
    Scheme(0x36, "sgtin-198", "sgtin", 198, (_ITEM, _text(140))),
    Scheme(0x37, "grai-170", "grai", 170, (_ASSET, _text(112))),
    Scheme(0x38, "giai-202", "giai", 202, (_GIAI_202,)),
    Scheme(0x39, "sgln-195", "sgln", 195, (_PLACE, _text(140, "extension"))),
    Scheme(
        0x3A,
        "gdti-113",
        "gdti",
        113,
        (_DOCUMENT, NumericString("serial", 58, 17)),
        deprecated=True,
    ),
    Scheme(
        0x3B,
        "adi-var",
        "adi",
        None,
        (
            Cage("cage", 6),
            SixBitString("part_number", 0, 32, PART_CHARACTERS),
            SixBitString("serial", 1, 30, PART_CHARACTERS, mark="#"),
        ),
        filter_bits=6,
    ),
    Scheme(0x3C, "cpi-96", "cpi", 96, (_CPI_96, _serial(31))),
    Scheme(0x3D, "cpi-var", "cpi", None, (_CPI_VAR, Integer("serial", 40, 12))),
    Scheme(0x3E, "gdti-174", "gdti", 174, (_DOCUMENT, _text(119))),
    Scheme(0x3F, "sgcn-96", "sgcn", 96, (_COUPON, NumericString("serial", 41, 12))),
    Scheme(0x40, "itip-110", "itip", 110, (_ITEM, *_PIECES, _serial(38))),
    Scheme(0x41, "itip-212", "itip", 212, (_ITEM, *_PIECES, _text(140))),
)


def _plus(header: int, name: str, identity: str, *segments: Segment) -> Scheme:
    return Scheme(header, name, identity, None, segments, plus=True)


SERIAL_PART = "serial"  # of a key whose serial number stands in the same AI

_PLUS = (
    _plus(
        0xF0,
        "cpi+",
        "cpi",
        Delimited("8010", 30, COMPONENT_CHARACTERS),
        VariableDigits("8011", 12),
    ),
    _plus(0xF1, "grai+", "grai", Digits("8003", 14), Alphanumeric(SERIAL_PART, 16)),
    _plus(0xF2, "sgln+", "sgln", Digits("414", 13), Alphanumeric("254", 20)),
    _plus(0xF3, "itip+", "itip", Digits("8006", 18), Alphanumeric("21", 20)),
    _plus(0xF4, "gsrn+", "gsrn", Digits("8018", 18)),
    _plus(0xF5, "gsrnp+", "gsrnp", Digits("8017", 18)),
    _plus(0xF6, "gdti+", "gdti", Digits("253", 13), Alphanumeric(SERIAL_PART, 17)),
    _plus(0xF7, "sgtin+", "sgtin", Digits("01", 14), Alphanumeric("21", 20)),
    _plus(0xF8, "sgcn+", "sgcn", Digits("255", 13), VariableDigits(SERIAL_PART, 12)),
    _plus(0xF9, "sscc+", "sscc", Digits("00", 18)),
    _plus(0xFA, "giai+", "giai", Delimited("8004", 30)),
    _plus(0xFB, "dsgtin+", "sgtin", PrioritisedDate(), Digits("01", 14), Alphanumeric("21", 20)),
)

SCHEMES = {scheme.header: scheme for scheme in (*_CLASSIC, *_PLUS)}
BY_NAME = {scheme.name: scheme for scheme in SCHEMES.values()}

# TDS 2.3, table 14-1: schemes that carry a host name as well; known, and not decoded.
WITH_HOST_NAME = {
    0xE6: "cpi++",
    0xE7: "gsrn++",
    0xE8: "gsrnp++",
    0xE9: "sgln++",
    0xEA: "gdti++",
    0xEB: "grai++",
    0xEC: "sgcn++",
    0xED: "itip++",
    0xEE: "giai++",
    0xEF: "sscc++",
    0xFC: "dsgtin++",
    0xFD: "sgtin++",
}
