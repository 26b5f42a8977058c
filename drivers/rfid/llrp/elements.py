"""Parameters and messages as trees of named values, to and from bytes (LLRP 1.0.1, §16). Pure.

What no table knows is kept as bytes: a parameter as `Unknown` (`type`, `data`), a vendor's as
`Custom` (`vendor`, `subtype`, `data`). What a table knows must fit it to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from drivers.errors import BadFrame
from drivers.rfid.llrp.layouts import Bits, Layout, LayoutError, Value
from drivers.rfid.llrp.tables import (
    BY_NAME,
    CUSTOM,
    CUSTOM_HEAD,
    IMPINJ,
    IMPINJ_BY_NUMBER,
    LONGEST_TV,
    MESSAGE_BY_NAME,
    MESSAGE_BY_NUMBER,
    PARAMETER_BY_NUMBER,
)

TV = 0x80  # set in the first byte of a parameter in TV form
TLV_HEAD = 4  # bytes: type and length
TYPE_BITS = 0x03FF
DEEPEST = 12  # levels; the deepest tree of the standard, a filter's mask in a ROSpec, has 8
UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Element:
    """A message or a parameter: its name in the tables, its fields, the parameters in it."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    children: tuple[Element, ...] = ()

    def number(self, name: str) -> int:
        """Return the field `name`, which is an integer."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def text(self, name: str) -> str:
        """Return the field `name`, which is text; control characters are made visible."""
        return "".join(c if c.isprintable() else "?" for c in str(self.values[name]))

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return the field `name`, which is a list of integers."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value

    def data(self, name: str) -> bytes:
        """Return the bytes of the field `name`."""
        value = self.values[name]
        if isinstance(value, Bits):
            return value.data
        assert isinstance(value, bytes)
        return value

    def first(self, name: str) -> Element | None:
        """Return the first child called `name`, or None."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator[Element]:
        """Yield the children called `name`."""
        return (child for child in self.children if child.name == name)

    def walk(self) -> Iterator[Element]:
        """Yield this element and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def element(name: str, *children: Element, **values: Value) -> Element:
    """Return an element; a short way to write trees."""
    return Element(name, values, children)


def decode_body(number: int, body: bytes) -> Element:
    """Return the message of type `number`; BadFrame when its bytes do not fit the tables."""
    layout = MESSAGE_BY_NUMBER.get(number)
    if layout is None:
        return Element(UNKNOWN, {"type": number, "data": body})
    try:
        return _filled(layout, body, 0, len(body), DEEPEST)
    except LayoutError as error:
        raise BadFrame(f"a damaged {layout.name}: {error}") from None


def decode_parameters(data: bytes) -> tuple[Element, ...]:
    """Return the parameters that fill `data`; BadFrame when they do not."""
    try:
        return _parameters(data, 0, len(data), DEEPEST)
    except LayoutError as error:
        raise BadFrame(str(error)) from None


def encode_body(message: Element) -> tuple[int, bytes]:
    """Return the type and the bytes of a message; LayoutError when it does not fit its layout."""
    if message.name == UNKNOWN:
        return message.number("type"), message.data("data")
    layout = MESSAGE_BY_NAME[message.name]
    return layout.number, layout.pack(message.values) + _encoded(message.children)


def encode_parameter(parameter: Element) -> bytes:
    """Return the bytes of a parameter; LayoutError when it does not fit its layout."""
    if parameter.name == UNKNOWN:
        return _unknown_bytes(parameter)
    layout = BY_NAME[parameter.name]
    content = layout.pack(parameter.values) + _encoded(parameter.children)
    if parameter.children and not layout.nested:
        raise LayoutError(f"{layout.name} holds no parameters")
    if IMPINJ_BY_NUMBER.get(layout.number) is layout:
        return _tlv(CUSTOM, IMPINJ.to_bytes(4) + layout.number.to_bytes(4) + content)
    if layout.number <= LONGEST_TV:
        return bytes([TV | layout.number]) + content
    return _tlv(layout.number, content)


def _encoded(parameters: tuple[Element, ...]) -> bytes:
    return b"".join(map(encode_parameter, parameters))


def _tlv(number: int, content: bytes) -> bytes:
    return number.to_bytes(2) + (TLV_HEAD + len(content)).to_bytes(2) + content


def _unknown_bytes(parameter: Element) -> bytes:
    number = parameter.number("type")
    if number <= LONGEST_TV:
        return bytes([TV | number]) + parameter.data("data")
    return _tlv(number, parameter.data("data"))


def _filled(layout: Layout, data: bytes, at: int, end: int, depth: int) -> Element:
    """Return the element of `layout` that fills `data` from `at` to `end`."""
    values, at = layout.unpack(data, at, end)
    if at == end:
        return Element(layout.name, values)
    if not layout.nested:
        raise LayoutError(f"{end - at} bytes too many in {layout.name}")
    return Element(layout.name, values, _parameters(data, at, end, depth - 1))


def _parameters(data: bytes, at: int, end: int, depth: int) -> tuple[Element, ...]:
    if depth < 0:
        raise LayoutError(f"parameters nested deeper than {DEEPEST}")
    found = []
    while at < end:
        one, at = _short(data, at, end) if data[at] & TV else _long(data, at, end, depth)
        found.append(one)
    return tuple(found)


def _short(data: bytes, at: int, end: int) -> tuple[Element, int]:
    """Return the TV parameter at `at`; an unknown one takes all the rest: its length is unknown."""
    number = data[at] & ~TV
    layout = PARAMETER_BY_NUMBER.get(number)
    at += 1
    if layout is None:
        return Element(UNKNOWN, {"type": number, "data": data[at:end]}), end
    values, at = layout.unpack(data, at, end)
    return Element(layout.name, values), at


def _long(data: bytes, at: int, end: int, depth: int) -> tuple[Element, int]:
    if at + TLV_HEAD > end:
        raise LayoutError("a parameter's head is cut short")
    number = int.from_bytes(data[at : at + 2]) & TYPE_BITS
    after = at + int.from_bytes(data[at + 2 : at + 4])
    at += TLV_HEAD
    if not at <= after <= end:
        raise LayoutError(f"parameter {number} has an impossible length")
    if number == CUSTOM and at + CUSTOM_HEAD <= after:
        vendor, subtype = int.from_bytes(data[at : at + 4]), int.from_bytes(data[at + 4 : at + 8])
        impinj = IMPINJ_BY_NUMBER.get(subtype) if vendor == IMPINJ else None
        if impinj is not None:
            return _filled(impinj, data, at + CUSTOM_HEAD, after, depth), after
    layout = PARAMETER_BY_NUMBER.get(number) if number > LONGEST_TV else None
    if layout is None:
        return Element(UNKNOWN, {"type": number, "data": data[at:after]}), after
    return _filled(layout, data, at, after, depth), after
