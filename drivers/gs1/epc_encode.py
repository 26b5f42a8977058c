"""URIs and GS1 keys to the bits of an EPC, for commissioning a tag (TDS 2.3, §14.3, 15.1). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.gs1 import digital_link
from drivers.gs1.bits import BitWriter
from drivers.gs1.characters import URI_ESCAPED, escaped, unescaped
from drivers.gs1.epc import PURE, TAG
from drivers.gs1.epc_schemes import (
    BY_NAME,
    HEADER_BITS,
    SERIAL_PART,
    TOGGLE_BITS,
    Scheme,
)
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.keys import NO_EXTENSION, Fields, Keys, check_keys, fields_of, identity_of, keys_of
from drivers.gs1.pc_word import LARGEST_EPC, PcWord
from drivers.gs1.plus_segments import DATE_TYPES, Digits, PrioritisedDate

ATTRIBUTE_BITS = 0xFF

_CONTROLS = re.compile(r"(?:\[[^\]]*\])*")
_CONTROL = re.compile(r"\[(att|umi|xpc|xpc-w1)=(x?[0-9A-F]+)\]")


@dataclass(frozen=True, slots=True)
class TagUri:
    """What an EPC tag URI says: scheme, filter, fields, attribute bits, user memory indicator."""

    scheme: Scheme
    filter: int
    fields: Fields
    attributes: int = 0
    user_memory: bool = False


def parse_tag_uri(uri: str) -> TagUri:
    """Read `urn:epc:tag:…`, control fields included; Gs1Error says why it is none.

    Extended PC words are the tag's own and not kept.
    """
    if not uri.startswith(TAG):
        raise Gs1Error(Fault.SYNTAX, f"a tag URI begins with {TAG}")
    controls = _CONTROLS.match(uri, len(TAG))
    assert controls is not None  # the expression matches nothing as well
    body = uri[controls.end() :].removeprefix(":" if controls[0] else "")
    name, _, parts = body.partition(":")
    scheme = BY_NAME.get(name)
    if scheme is None or scheme.plus:
        raise Gs1Error(Fault.SYNTAX, f"there is no tag URI of a scheme {name!r}")
    filter_value = 0
    if scheme.filter_bits:
        head, _, parts = parts.partition(".")
        filter_value = _filter(scheme, head)
    attributes, user_memory = _controls(controls[0])
    return TagUri(scheme, filter_value, _fields(scheme, parts), attributes, user_memory)


def _filter(scheme: Scheme, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or str(int(text)) != text:
        raise Gs1Error(Fault.SYNTAX, f"filter value {text!r} is no number")
    return _check_filter(scheme, int(text))


def _check_filter(scheme: Scheme, value: int) -> int:
    if not 0 <= value < 1 << scheme.filter_bits:
        most = (1 << scheme.filter_bits) - 1
        raise Gs1Error(Fault.RANGE, f"the filter of {scheme.name} is 0 to {most}, not {value}")
    return value


def _controls(text: str) -> tuple[int, bool]:
    found = {match[1]: match[2] for match in _CONTROL.finditer(text)}
    if _CONTROL.sub("", text):
        raise Gs1Error(Fault.SYNTAX, f"unknown control field in {text}")
    attributes = int(found.get("att", "x0").removeprefix("x"), 16)
    if attributes > ATTRIBUTE_BITS or found.get("umi", "0") not in {"0", "1"}:
        raise Gs1Error(Fault.RANGE, f"a control field of {text} is out of range")
    return attributes, found.get("umi") == "1"


def _fields(scheme: Scheme, text: str) -> Fields:
    """Divide the rest of a URI at its dots; the last field may hold dots of its own."""
    parts = text.split(".", len(scheme.names) - 1)
    if len(parts) != len(scheme.names):
        wanted = ", ".join(name.replace("_", " ") for name in scheme.names)
        raise Gs1Error(Fault.SYNTAX, f"{scheme.identity} needs {wanted}, each after a dot")
    values = [unescaped(part) for part in parts]
    if URI_ESCAPED.difference("%").intersection(text):
        raise Gs1Error(Fault.SYNTAX, f"{text!r} is to be written {escaped('.'.join(values))}")
    return dict(zip(scheme.names, values, strict=True))


def schemes_of(identity: str) -> list[Scheme]:
    """Return the classic schemes of an identity, the shortest first."""
    found = [scheme for scheme in BY_NAME.values() if scheme.identity == identity]
    return sorted(
        (scheme for scheme in found if not scheme.plus and not scheme.deprecated),
        key=lambda scheme: scheme.bits or LARGEST_EPC * 8,
    )


def parse_pure_uri(uri: str) -> tuple[str, Fields]:
    """Return identity and fields of `urn:epc:id:…`; Gs1Error says why it is none."""
    if not uri.startswith(PURE):
        raise Gs1Error(Fault.SYNTAX, f"a pure identity URI begins with {PURE}")
    identity, _, parts = uri.removeprefix(PURE).partition(":")
    schemes = schemes_of(identity)
    if not schemes:
        raise Gs1Error(Fault.UNSUPPORTED, f"{identity!r} is no identity that a tag can hold")
    fields = _fields(schemes[0], parts)
    encode_fields(identity, fields)  # refuses what no scheme takes
    return identity, fields


def pure_uri(keys: Keys, prefix_digits: int) -> str:
    """Return the pure identity URI of `keys`; the company prefix has `prefix_digits` digits."""
    identity, fields = fields_of(keys, prefix_digits)
    encode_fields(identity, fields)
    return f"{PURE}{identity}:" + ".".join(map(escaped, fields.values()))


def encode_tag_uri(uri: str) -> bytes:
    """Return the EPC of a tag URI, in whole words."""
    parsed = parse_tag_uri(uri)
    return _encode(parsed.scheme, parsed.filter, parsed.fields)


def encode_fields(
    identity: str, fields: Fields, *, scheme: str | None = None, filter_value: int = 0
) -> bytes:
    """Return the EPC of fields, by `scheme` or by the shortest classic one that takes them."""
    if scheme is not None:
        return _encode(_named(scheme, identity), filter_value, fields)
    refusal: Gs1Error | None = None
    for candidate in schemes_of(identity):
        try:
            return _encode(candidate, filter_value, fields)
        except Gs1Error as error:
            refusal = error  # of the widest scheme, which is tried last
    assert refusal is not None
    raise refusal


def encode_uri(uri: str, *, scheme: str | None = None, filter_value: int = 0) -> bytes:
    """Return the EPC of a tag URI, a pure identity URI, or (by a "+" scheme) a Digital Link."""
    if digital_link.is_link(uri):
        return encode_keys(digital_link.parse(uri), scheme=scheme, filter_value=filter_value)
    if uri.startswith(TAG):
        return encode_tag_uri(uri)
    identity, fields = parse_pure_uri(uri)
    if scheme is not None and _named(scheme, identity).plus:
        return encode_keys(keys_of(identity, fields), scheme=scheme, filter_value=filter_value)
    return encode_fields(identity, fields, scheme=scheme, filter_value=filter_value)


def encode_keys(
    keys: Keys,
    *,
    scheme: str | None = None,
    filter_value: int = 0,
    prefix_digits: int | None = None,
) -> bytes:
    """Return the EPC of `keys`.

    By default a "+" scheme takes them, which needs no company prefix; DSGTIN+ when asked for and
    `keys` have its date. A classic scheme needs `prefix_digits`.
    """
    identity = identity_of(keys)
    chosen = _named(scheme or f"{identity}+", identity)
    if not chosen.plus:
        if prefix_digits is None:
            raise Gs1Error(
                Fault.UNSUPPORTED, f"{chosen.name} needs the length of the company prefix"
            )
        return _encode(chosen, filter_value, fields_of(keys, prefix_digits)[1])
    check_keys(keys)
    complete = {"254": NO_EXTENSION, **keys} if identity == "sgln" else keys
    return _encode(chosen, filter_value, _plus_fields(chosen, complete))


def _named(name: str, identity: str) -> Scheme:
    scheme = BY_NAME.get(name)
    if scheme is None:
        raise Gs1Error(Fault.UNSUPPORTED, f"there is no scheme {name!r}")
    if scheme.identity != identity:
        raise Gs1Error(Fault.UNSUPPORTED, f"{name} holds {scheme.identity}, not {identity}")
    return scheme


def _plus_fields(scheme: Scheme, keys: Keys) -> Fields:
    fields: dict[str, str] = {}
    ai = ""
    for segment in scheme.segments:
        match segment:
            case PrioritisedDate():
                fields |= _date(keys)
            case Digits():
                ai = segment.name
                fields[ai] = keys[ai][: segment.count]
            case _:
                (name,) = segment.names
                fields[name] = keys[ai][len(fields[ai]) :] if name == SERIAL_PART else keys[name]
    return fields


def _date(keys: Keys) -> Fields:
    for ai in DATE_TYPES:
        if ai in keys:
            return {"date_ai": ai, "date": keys[ai]}
    raise Gs1Error(Fault.DATE, "dsgtin+ needs a date")


def _encode(scheme: Scheme, filter_value: int, fields: Fields) -> bytes:
    bits = BitWriter()
    bits.add(scheme.header, HEADER_BITS)
    if scheme.plus:
        bits.add(0, TOGGLE_BITS)
    bits.add(_check_filter(scheme, filter_value), scheme.filter_bits)
    for segment in scheme.segments:
        values = tuple(fields[name] for name in segment.names)
        try:
            segment.write(values, bits)
        except Gs1Error as error:
            raise Gs1Error(error.fault, f"{scheme.name}: {error}") from None
    bits.add(0, scheme.zeros)
    return bits.to_bytes()  # 56 bytes at most, by adi-var; a PC word counts 62


def memory(epc: bytes, *, attributes: int = 0, user_memory: bool = False) -> bytes:
    """Return PC word and EPC as they are written to a tag's EPC bank from word 1 on (§15.1.1)."""
    return PcWord.of(epc, attributes=attributes, user_memory=user_memory).to_bytes() + epc


def memory_of_tag_uri(uri: str) -> bytes:
    """Return PC word and EPC of a tag URI, with its attribute bits."""
    parsed = parse_tag_uri(uri)
    epc = _encode(parsed.scheme, parsed.filter, parsed.fields)
    return memory(epc, attributes=parsed.attributes, user_memory=parsed.user_memory)
