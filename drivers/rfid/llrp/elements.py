"""Parameters and messages as trees of named values, to and from bytes (LLRP 1.0.1, §16). Pure.

What no table knows is kept as bytes: a parameter as `Unknown` (`type`, `data`), a vendor's as
`Custom` (`vendor`, `subtype`, `data`). What a table knows must fit it to the bit; a parameter that
does not is kept as `Unknown`, too, and told as `Skipped`: its length says where the next begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from drivers.errors import BadFrame
from drivers.rfid import shown
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
LONGEST_TLV = 0xFFFF - TLV_HEAD  # bytes of content: the length has 16 bits
TYPE_BITS = 0x03FF
DEEPEST = 12  # levels; the deepest tree of the standard, a filter's mask in a ROSpec, has 8
MOST_PARAMETERS = 26_000  # of a message; 128 KiB of the shortest tag reports have 25,400
MOST_SKIPPED = 5000  # of a message; one for each of its tags is a firmware's way, more is an attack
UNKNOWN = "Unknown"
VITAL = {
    "EPCData",
    "LLRPStatus",
}  # without these, the parameter or message around them says nothing


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
        """Return the field `name`, which is text, fit to be shown: bounded, and in one line."""
        return shown.text(str(self.values[name]))

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


@dataclass(frozen=True, slots=True)
class Skipped:
    """A parameter of a message that could not be read, by its name, and why."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"a damaged {self.name}: {self.why}"


def read_body(number: int, body: bytes) -> tuple[Element, Sequence[Skipped]]:
    """Return the message of type `number`, and which of its parameters were skipped.

    BadFrame when its fields do not fit their table, when its first parameter has an impossible
    length, or when it has more than MOST_PARAMETERS. A later one of such a length ends the message.
    """
    layout = MESSAGE_BY_NUMBER.get(number)
    if layout is None:
        return Element(UNKNOWN, {"type": number, "data": body}), ()
    decoder = _Decoder(body)
    try:
        return decoder.message(layout), decoder.skipped
    except LayoutError as error:
        raise BadFrame(f"a damaged {layout.name}: {error}") from None


def decode_body(number: int, body: bytes) -> Element:
    """Return the message of type `number` without what was skipped; see `read_body`."""
    return read_body(number, body)[0]


def decode_parameters(data: bytes) -> tuple[Element, ...]:
    """Return the parameters that fill `data`; BadFrame when one of them does not fit its table."""
    try:
        return _Decoder(data, strict=True).parameters(0, len(data), DEEPEST)
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
    if len(content) > LONGEST_TLV:
        raise LayoutError(f"parameter {number} has {len(content)} bytes, too many for its length")
    return number.to_bytes(2) + (TLV_HEAD + len(content)).to_bytes(2) + content


def _unknown_bytes(parameter: Element) -> bytes:
    number = parameter.number("type")
    if number <= LONGEST_TV:
        return bytes([TV | number]) + parameter.data("data")
    return _tlv(number, parameter.data("data"))


class _TooMany(LayoutError):
    """A message has more parameters than are believed."""


class _Decoder:
    """Reads the parameters in `data`, and notes those it `skipped`; a `strict` one skips none."""

    __slots__ = ("_data", "_left", "_strict", "skipped")

    def __init__(self, data: bytes, *, strict: bool = False) -> None:
        self._data = data
        self._strict = strict
        self._left = MOST_PARAMETERS
        self.skipped: list[Skipped] = []

    def message(self, layout: Layout) -> Element:
        """Return the message that `data` is the body of."""
        end = len(self._data)
        values, at = layout.unpack(self._data, 0, end)
        if at < end and not layout.nested:
            raise LayoutError(f"{end - at} bytes too many in {layout.name}")
        found: list[Element] = []
        try:
            self._read(found, at, end, DEEPEST - 1)
        except LayoutError as error:
            if not found or isinstance(error, _TooMany):
                raise
            self._skip(layout.name, f"{error}; what is behind it was not read")
        return Element(layout.name, values, tuple(found))

    def parameters(self, at: int, end: int, depth: int) -> tuple[Element, ...]:
        """Return the parameters from `at` to `end`, none of them deeper than `depth` levels."""
        if depth < 0:
            raise LayoutError(f"parameters nested deeper than {DEEPEST}")
        found: list[Element] = []
        self._read(found, at, end, depth)
        return tuple(found)

    def _read(self, found: list[Element], at: int, end: int, depth: int) -> None:
        """Add the parameters from `at` to `end` to `found`, up to one whose end is unknown."""
        data = self._data
        while at < end:
            if not self._left:
                raise _TooMany(f"more than {MOST_PARAMETERS} parameters")
            self._left -= 1
            one, at = self._short(at, end) if data[at] & TV else self._long(at, end, depth)
            found.append(one)

    def _short(self, at: int, end: int) -> tuple[Element, int]:
        """Return the TV parameter at `at`; an unknown one takes all the rest, having no length."""
        data = self._data
        number = data[at] & ~TV
        layout = PARAMETER_BY_NUMBER.get(number)
        at += 1
        if layout is None:
            self._skip(f"parameter {number}", f"no length is known, {end - at} bytes were not read")
            return Element(UNKNOWN, {"type": number, "data": data[at:end]}), end
        values, at = layout.unpack(data, at, end)
        return Element(layout.name, values), at

    def _long(self, at: int, end: int, depth: int) -> tuple[Element, int]:
        """Return the TLV parameter at `at`, as bytes where it does not fit its layout."""
        data = self._data
        if at + TLV_HEAD > end:
            raise LayoutError(f"a parameter's head is cut short to {end - at} bytes")
        number = int.from_bytes(data[at : at + 2]) & TYPE_BITS
        after = at + int.from_bytes(data[at + 2 : at + 4])
        at += TLV_HEAD
        if not at <= after <= end:
            raise LayoutError(f"parameter {number} has an impossible length")
        layout, start = self._layout(number, at, after)
        if layout is not None:
            try:
                return self._filled(layout, start, after, depth), after
            except _TooMany:
                raise
            except LayoutError as error:
                if self._strict or layout.name in VITAL:
                    raise
                self._skip(layout.name, str(error))
        return Element(UNKNOWN, {"type": number, "data": data[at:after]}), after

    def _skip(self, name: str, why: str) -> None:
        if len(self.skipped) == MOST_SKIPPED:
            raise _TooMany(f"more than {MOST_SKIPPED} damaged parameters")
        self.skipped.append(Skipped(name, why))

    def _layout(self, number: int, at: int, after: int) -> tuple[Layout | None, int]:
        """Return the layout of a TLV parameter, and where its fields begin."""
        data = self._data
        start = at + CUSTOM_HEAD
        if number == CUSTOM and start <= after and int.from_bytes(data[at : at + 4]) == IMPINJ:
            impinj = IMPINJ_BY_NUMBER.get(int.from_bytes(data[at + 4 : start]))
            if impinj is not None:
                return impinj, start
        return PARAMETER_BY_NUMBER.get(number) if number > LONGEST_TV else None, at

    def _filled(self, layout: Layout, at: int, end: int, depth: int) -> Element:
        """Return the element of `layout` that fills `data` from `at` to `end`."""
        values, at = layout.unpack(self._data, at, end)
        if at == end:
            return Element(layout.name, values)
        if not layout.nested:
            raise LayoutError(f"{end - at} bytes too many in {layout.name}")
        return Element(layout.name, values, self.parameters(at, end, depth - 1))
