"""Binary layouts of EPC schemes (GS1 TDS, chapter 14) with their partition tables. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)  # of a GS1 company prefix, by partition value
PREFIX_DIGITS = (12, 11, 10, 9, 8, 7, 6)


@dataclass(frozen=True, slots=True)
class Partition:
    """How one partition value divides the bits between company prefix and reference."""

    prefix_bits: int
    prefix_digits: int
    reference_bits: int
    reference_digits: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """One EPC scheme: header, filter (3 bits), partition (3), prefix, reference, serial, zeros.

    `reference` names the field after the company prefix; `padded` is whether it is written with
    leading zeros. `serial` names the last field, or is empty. `serial_bits` is its width, and
    `serial_is_text` whether it is of 7-bit characters. `zeros` follow in bits.
    """

    header: int
    name: str
    identity: str
    bits: int
    reference: str
    partitions: tuple[Partition, ...]
    padded: bool = True
    serial: str = ""
    serial_bits: int = 0
    serial_is_text: bool = False
    zeros: int = 0


def _partitions(bits: tuple[int, ...], digits: tuple[int, ...]) -> tuple[Partition, ...]:
    rows = zip(PREFIX_BITS, PREFIX_DIGITS, bits, digits, strict=True)
    return tuple(Partition(*row) for row in rows)


_SGTIN = _partitions((4, 7, 10, 14, 17, 20, 24), (1, 2, 3, 4, 5, 6, 7))
_SSCC = _partitions((18, 21, 24, 28, 31, 34, 38), (5, 6, 7, 8, 9, 10, 11))
_SGLN = _partitions((1, 4, 7, 11, 14, 17, 21), (0, 1, 2, 3, 4, 5, 6))
_GRAI = _partitions((4, 7, 10, 14, 17, 20, 24), (0, 1, 2, 3, 4, 5, 6))
_GIAI = _partitions((42, 45, 48, 52, 55, 58, 62), (13, 14, 15, 16, 17, 18, 19))

SCHEMES = {
    scheme.header: scheme
    for scheme in (
        Scheme(
            0x30, "sgtin-96", "sgtin", 96, "item_reference", _SGTIN, serial="serial", serial_bits=38
        ),
        Scheme(0x31, "sscc-96", "sscc", 96, "serial_reference", _SSCC, zeros=24),
        Scheme(
            0x32,
            "sgln-96",
            "sgln",
            96,
            "location_reference",
            _SGLN,
            serial="extension",
            serial_bits=41,
        ),
        Scheme(0x33, "grai-96", "grai", 96, "asset_type", _GRAI, serial="serial", serial_bits=38),
        Scheme(0x34, "giai-96", "giai", 96, "asset_reference", _GIAI, padded=False),
        Scheme(
            0x36,
            "sgtin-198",
            "sgtin",
            198,
            "item_reference",
            _SGTIN,
            serial="serial",
            serial_bits=140,
            serial_is_text=True,
        ),
    )
}
