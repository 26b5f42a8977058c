"""The EPC in a tag's memory → URIs of the GS1 Tag Data Standard (TDS). Pure and strict.

What TDS forbids is refused with the reason: reserved partitions, values with more digits than
their field, padding that is not zero, characters outside the set of GS1 AIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drivers.gs1.epc_schemes import SCHEMES, Partition, Scheme

HEADER_BITS = 8
CHARACTER_BITS = 7  # TDS, chapter 14: ISO/IEC 646 characters
# TDS, appendix A: the GS1 AI encodable character set 82, and what of it a URI must escape.
CHARACTERS = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
ESCAPES = {character: f"%{ord(character):02X}" for character in '"%&/<>?'}


class EpcError(ValueError):
    """These bytes are no EPC of a scheme known here; the text says why. `raw` is their raw URI."""

    def __init__(self, message: str, raw: str) -> None:
        super().__init__(message)
        self.raw = raw


@dataclass(frozen=True, slots=True)
class Epc:
    """A decoded EPC.

    `uri` is the pure identity, the same on every tag of the thing; `tag_uri` adds the scheme and
    the filter. `fields` holds the parts as digits or text, unescaped.
    """

    scheme: str
    uri: str
    tag_uri: str
    filter: int
    fields: Mapping[str, str]


def decode(epc: bytes) -> Epc:
    """Decode the EPC of a GS1 tag, without its PC word; EpcError says why it is none."""
    try:
        return _decode(epc)
    except ValueError as error:
        raise EpcError(str(error), raw_uri(epc)) from None


def raw_uri(epc: bytes, afi: int | None = None) -> str:
    """Return `urn:epc:raw:…` (TDS, chapter 12), with the AFI of a tag that is not GS1's."""
    family = "" if afi is None else f"x{afi:02X}."
    return f"urn:epc:raw:{len(epc) * 8}.{family}x{epc.hex().upper()}"


class _Bits:
    """Bits taken from the front."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self.left = len(data) * 8

    def take(self, bits: int) -> int:
        self.left -= bits
        return self._value >> self.left & (1 << bits) - 1


def _decode(epc: bytes) -> Epc:
    if not epc:
        raise ValueError("an empty EPC")
    scheme = SCHEMES.get(epc[0])
    if scheme is None:
        raise ValueError(f"header 0x{epc[0]:02X} is of no EPC scheme known here")
    _check_length(scheme, len(epc))
    bits = _Bits(epc)
    bits.take(HEADER_BITS)
    filter_value = bits.take(3)
    partition = _partition(scheme, bits.take(3))
    fields = {
        "company_prefix": _number(
            "company prefix", bits.take(partition.prefix_bits), partition.prefix_digits
        ),
        scheme.reference: _reference(scheme, partition, bits),
    }
    if scheme.serial:
        fields[scheme.serial] = _serial(scheme, bits)
    if bits.take(bits.left):
        raise ValueError(f"the padding of {scheme.name} is not zero")
    return _epc(scheme, filter_value, fields)


def _epc(scheme: Scheme, filter_value: int, fields: dict[str, str]) -> Epc:
    parts = ".".join(_escaped(value) for value in fields.values())
    return Epc(
        scheme=scheme.name,
        uri=f"urn:epc:id:{scheme.identity}:{parts}",
        tag_uri=f"urn:epc:tag:{scheme.name}:{filter_value}.{parts}",
        filter=filter_value,
        fields=MappingProxyType(fields),
    )


def _check_length(scheme: Scheme, length: int) -> None:
    """Accept the bytes the scheme needs, filled up to whole 16-bit words."""
    least = -(-scheme.bits // 8)
    if length not in {least, least + least % 2}:
        raise ValueError(f"{scheme.name} has {scheme.bits} bits, not {length * 8}")


def _partition(scheme: Scheme, value: int) -> Partition:
    if value >= len(scheme.partitions):
        raise ValueError(f"partition {value} of {scheme.name} is reserved")
    return scheme.partitions[value]


def _reference(scheme: Scheme, partition: Partition, bits: _Bits) -> str:
    value = bits.take(partition.reference_bits)
    text = _number(scheme.reference.replace("_", " "), value, partition.reference_digits)
    return text if scheme.padded else str(value)


def _number(what: str, value: int, digits: int) -> str:
    """Return `value` with leading zeros; ValueError when it has more than `digits`."""
    if value >= 10**digits:
        raise ValueError(f"{what} {value} has more than {digits} digits")
    return f"{value:0{digits}d}" if digits else ""


def _serial(scheme: Scheme, bits: _Bits) -> str:
    if not scheme.serial_is_text:
        return str(bits.take(scheme.serial_bits))
    count = scheme.serial_bits // CHARACTER_BITS
    text = "".join(chr(bits.take(CHARACTER_BITS)) for _ in range(count)).rstrip("\x00")
    if not text:
        raise ValueError(f"{scheme.name} without a serial number")
    for character in text:
        if character not in CHARACTERS:
            raise ValueError(f"character {character!r} may not be in a serial number")
    return text


def _escaped(text: str) -> str:
    return "".join(ESCAPES.get(character, character) for character in text)
