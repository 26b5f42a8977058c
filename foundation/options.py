"""The keys of a TOML file: each is declared once, as a field of what it configures.

    @dataclass(frozen=True, slots=True)
    class Settings:
        bus: str = option(str, "the I2C bus, such as /dev/i2c-1")
        interval: float = option(float, "time between measurements", 10.0, 0.5, 3600.0, "s")

    OPTIONS = options_of(Settings)

What a file says of them goes through `complete`, and then through `settings_of`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from foundation.dataclass import dataclass
from foundation.errors import AgentError
from foundation.hints import hint

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OptionValue = str | int | float | bool

TOML_TYPES: Mapping[type[OptionValue], str] = {
    str: 'text in "quotes"',
    int: "a whole number without quotes",
    float: "a number without quotes",
    bool: "true or false without quotes",
}
"""What a value of each type looks like in the configuration."""

_METADATA = "option"  # where a field of `Settings` keeps its declaration

T = TypeVar("T", bound=OptionValue)
V = TypeVar("V")
S = TypeVar("S", bound="DataclassInstance")


class OptionError(AgentError):
    """A key has a value that it cannot have: `option` names it."""

    advice = "correct the option in the configuration file"

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True, slots=True)
class Option:
    """One key.

    `type` is the TOML type the value must have; an int is accepted where a float is wanted. A
    `default` of None makes the key required. `minimum` and `maximum` are inclusive and in `unit`. A
    text that is not the default must match all of `form`; `example` shows one that does, and
    without an example `help` says what is meant. `hexadecimal`: as data sheets write it, 0x44.
    `parse` makes of a value what the program works with; its ValueError says what is wrong inside.
    """

    name: str
    type: type[OptionValue]
    help: str
    default: OptionValue | None = None
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[OptionValue, ...] = ()
    form: str = ""
    hexadecimal: bool = False
    parse: Callable[[Any], object] | None = None
    example: str = ""

    def check(self, value: object) -> OptionValue:
        """Return `value` as this option's type, or raise OptionError that says what is wanted."""
        if self.type is float and type(value) is int:
            value = float(value)
        if type(value) is not self.type:
            wanted, given = TOML_TYPES[self.type], json.dumps(value, default=str)
            raise OptionError(self.name, f"{self.name} must be {wanted}, not {given}")
        if self.choices and value not in self.choices:
            wanted = ", ".join(map(self.written, self.choices))
            given = self.written(value)
            raise OptionError(self.name, f"{self.name} must be one of {wanted}, not {given}")
        if self.form and value != self.default and not re.fullmatch(self.form, str(value)):
            raise OptionError(self.name, f"{self.name} must {self._shape(value)}")
        assert isinstance(value, str | int | float | bool)
        if not isinstance(value, str | bool):
            self._check_range(value)
        self.parsed(value)
        return value

    def parsed(self, value: OptionValue) -> object:
        """Return what the program works with; OptionError says what is wrong in `value`."""
        if self.parse is None:
            return value
        try:
            return self.parse(value)
        except ValueError as error:
            raise OptionError(self.name, f"{self.name}: {error}") from None

    def written(self, value: object) -> str:
        """Return `value` as people write it into the file."""
        return f"{value:#04x}" if self.hexadecimal else str(value)

    def _shape(self, value: object) -> str:
        if self.example:
            return f"look like {self.example!r}, not {value!r}"
        return f"be {self.help}"

    def _check_range(self, value: float) -> None:
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if not low <= value <= high:
            wanted = f"{self._range()} {self.unit}".strip()
            raise OptionError(self.name, f"{self.name} must be {wanted}, not {value:.10g}")

    def _range(self) -> str:
        if self.maximum is None:
            return f"at least {self.minimum:.10g}"
        if self.minimum is None:
            return f"at most {self.maximum:.10g}"
        return f"from {self.minimum:.10g} to {self.maximum:.10g}"


@overload
def option(
    type_: type[T],
    help_: str,
    default: T | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    *,
    choices: Iterable[T] = (),
    form: str = "",
    example: str = "",
    hexadecimal: bool = False,
) -> T: ...


@overload
def option(
    type_: type[T],
    help_: str,
    default: T | None = None,
    *,
    parse: Callable[[T], V],
    choices: Iterable[T] = (),
    form: str = "",
    example: str = "",
) -> V: ...


def option(
    type_: type[Any],
    help_: str,
    default: Any = None,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    *,
    choices: Iterable[Any] = (),
    form: str = "",
    example: str = "",
    hexadecimal: bool = False,
    parse: Callable[[Any], object] | None = None,
) -> Any:
    """Declare a field as an option of its name; see `Option` for the rest."""
    of_any_name = Option(
        "",
        type_,
        help_,
        default,
        minimum,
        maximum,
        unit,
        tuple(choices),
        form,
        hexadecimal,
        parse,
        example,
    )
    metadata = {_METADATA: of_any_name}
    if default is None:
        return field(metadata=metadata)
    return field(default_factory=lambda: of_any_name.parsed(default), metadata=metadata)


def or_none(parse: Callable[[str], V]) -> Callable[[str], V | None]:
    """Return `parse` for a key that may be left empty; None is then what it means."""
    return lambda text: parse(text) if text else None


@cache
def options_of(settings: type[DataclassInstance]) -> tuple[Option, ...]:
    """Return the options that fields of `settings` declare, in their order."""
    return tuple(
        replace(each.metadata[_METADATA], name=each.name)
        for each in fields(settings)
        if _METADATA in each.metadata
    )


def settings_of(settings: type[S], options: Mapping[str, OptionValue], **others: object) -> S:
    """Return checked and complete `options`, each parsed, and `others` as `settings`."""
    make = cast("Callable[..., S]", settings)
    return make(**parsed(options_of(settings), options), **others)


def parsed(options: Iterable[Option], values: Mapping[str, OptionValue]) -> dict[str, Any]:
    """Return checked and complete `values` of `options`, each parsed."""
    return {each.name: each.parsed(values[each.name]) for each in options}


def complete(
    options: Iterable[Option], given: Mapping[str, object], where: str
) -> tuple[dict[str, OptionValue], list[OptionError]]:
    """Return a value for each of `options`, and what is wrong with `given`.

    A default stands in for what is wrong, so that all mistakes are found; `where` is the table, for
    people.
    """
    values: dict[str, OptionValue] = {}
    errors: list[OptionError] = []
    for each in options:
        values[each.name] = each.default if each.default is not None else each.type()
        if each.name in given:
            try:
                values[each.name] = each.check(given[each.name])
            except OptionError as error:
                errors.append(OptionError(each.name, f"{error} (in {where})"))
        elif each.default is None:
            text = f"{where} needs the key {each.name!r}: {each.help}"
            errors.append(OptionError(each.name, text))
    return values, errors


def unknown(given: Iterable[str], known: Collection[str], where: str) -> Iterator[OptionError]:
    """Yield what is wrong with each key of `given` that is none of `known`."""
    for key in given:
        if key not in known:
            yield OptionError(key, f"unknown key {key!r} in {where}{hint(key, known)}")
