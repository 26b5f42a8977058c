"""The EPC in a tag's memory to URIs and GS1 keys, and back (GS1 TDS 2.3). Pure and strict.

What TDS forbids is refused with the reason: reserved partitions, values with more digits than
their field, padding that is not zero, characters outside the set, wrong check digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from drivers.gs1 import digital_link
from drivers.gs1.aidc import following
from drivers.gs1.bits import BitReader
from drivers.gs1.characters import escaped
from drivers.gs1.epc_schemes import (
    HEADER_BITS,
    SCHEMES,
    SERIAL_PART,
    TOGGLE_BITS,
    WITH_HOST_NAME,
    Scheme,
)
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.keys import NO_EXTENSION, Keys, check_keys, keys_of

PURE = "urn:epc:id:"
TAG = "urn:epc:tag:"
NONE: Mapping[str, str] = MappingProxyType({})


class EpcError(Gs1Error):
    """These bytes are no EPC of a scheme known here; the text says why. `raw` is their raw URI."""

    def __init__(self, fault: Fault, message: str, raw: str) -> None:
        super().__init__(fault, message)
        self.raw = raw


@dataclass(frozen=True, slots=True)
class Epc:
    """A decoded EPC.

    `uri` is the pure identity, the same on every tag of the thing: an EPC URI, or for the "+"
    schemes, which do not say how long the company prefix is, the Digital Link. `tag_uri` adds
    scheme and filter; "+" schemes have none. `fields` holds the parts as digits or text,
    unescaped; `keys` the same as AIs, with check digits, none for GID, DoD and ADI. `attributes`
    are AIs beside the identity: the date of DSGTIN+ and data after the EPC. `undecoded` is what of
    that data is not understood, in hexadecimal.
    """

    scheme: str
    uri: str
    tag_uri: str | None
    filter: int
    fields: Mapping[str, str]
    keys: Keys = field(default_factory=lambda: NONE)
    attributes: Keys = field(default_factory=lambda: NONE)
    undecoded: str = ""

    @property
    def digital_link(self) -> str | None:
        """The canonical Digital Link, None for an EPC that is not GS1's key.

        It has the attributes, but for those that no link of this key can hold.
        """
        if not self.keys:
            return None
        try:
            return digital_link.build({**self.keys, **self.attributes})
        except Gs1Error:
            return digital_link.build(self.keys)


def decode(epc: bytes) -> Epc:
    """Decode the EPC of a GS1 tag, without its PC word; EpcError says why it is none."""
    try:
        return _decode(epc)
    except Gs1Error as error:
        raise EpcError(error.fault, str(error), raw_uri(epc)) from None


def raw_uri(epc: bytes, afi: int | None = None) -> str:
    """Return `urn:epc:raw:…` (TDS, chapter 12), with the AFI of a tag that is not GS1's."""
    family = "" if afi is None else f"x{afi:02X}."
    return f"urn:epc:raw:{len(epc) * 8}.{family}x{epc.hex().upper()}"


def scheme_of(epc: bytes) -> Scheme:
    """Return the scheme that the header names; Gs1Error when none is known."""
    if not epc:
        raise Gs1Error(Fault.EMPTY, "an empty EPC")
    if epc[0] in WITH_HOST_NAME:
        name = WITH_HOST_NAME[epc[0]]
        raise Gs1Error(Fault.UNSUPPORTED, f"{name} carries a host name, which is not decoded here")
    scheme = SCHEMES.get(epc[0])
    if scheme is None:
        raise Gs1Error(Fault.HEADER, f"header 0x{epc[0]:02X} is of no EPC scheme known here")
    return scheme


def _decode(epc: bytes) -> Epc:
    scheme = scheme_of(epc)
    _check_length(scheme, len(epc))
    bits = BitReader(epc)
    bits.take(HEADER_BITS)
    more = bool(scheme.plus and bits.take(TOGGLE_BITS))
    filter_value = bits.take(scheme.filter_bits)
    try:
        values = [value for segment in scheme.segments for value in segment.read(bits)]
    except Gs1Error as error:
        raise Gs1Error(error.fault, f"{scheme.name}: {error}") from None
    fields = dict(zip(scheme.names, values, strict=True))
    if scheme.plus:
        return _plus(scheme, filter_value, fields, bits, more=more)
    _check_padding(scheme, bits)
    return _classic(scheme, filter_value, fields)


def _check_length(scheme: Scheme, length: int) -> None:
    """Accept the bytes the scheme needs, filled up to whole words; content decides the rest."""
    if scheme.bits is None:
        return
    least = -(-scheme.bits // 8)
    if length not in {least, least + least % 2}:
        raise Gs1Error(Fault.LENGTH, f"{scheme.name} has {scheme.bits} bits, not {length * 8}")


def _check_padding(scheme: Scheme, bits: BitReader) -> None:
    if bits.take(bits.left):
        raise Gs1Error(Fault.PADDING, f"the padding of {scheme.name} is not zero")


def _classic(scheme: Scheme, filter_value: int, fields: dict[str, str]) -> Epc:
    parts = ".".join(map(escaped, fields.values()))
    lead = f"{filter_value}." if scheme.filter_bits else ""
    return Epc(
        scheme=scheme.name,
        uri=f"{PURE}{scheme.identity}:{parts}",
        tag_uri=f"{TAG}{scheme.name}:{lead}{parts}",
        filter=filter_value,
        fields=MappingProxyType(fields),
        keys=MappingProxyType(dict(keys_of(scheme.identity, fields))),
    )


def _plus(
    scheme: Scheme, filter_value: int, fields: dict[str, str], bits: BitReader, *, more: bool
) -> Epc:
    keys, attributes = _plus_keys(fields)
    check_keys(keys)
    undecoded = ""
    if more:
        found, undecoded = following(bits)
        attributes |= found
    else:
        _check_padding(scheme, bits)
    return Epc(
        scheme=scheme.name,
        uri=digital_link.build(keys),
        tag_uri=None,
        filter=filter_value,
        fields=MappingProxyType(fields),
        keys=MappingProxyType(keys),
        attributes=MappingProxyType(attributes),
        undecoded=undecoded,
    )


def _plus_keys(fields: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the keys and the attributes that the fields of a "+" scheme hold."""
    keys = {name: value for name, value in fields.items() if name.isdigit()}
    if SERIAL_PART in fields:
        (primary,) = keys
        keys[primary] += fields[SERIAL_PART]
    if keys.get("254") == NO_EXTENSION:
        del keys["254"]
    dates = {fields["date_ai"]: fields["date"]} if "date_ai" in fields else {}
    return keys, dates
