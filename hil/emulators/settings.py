"""What can be set of an emulator and its parts: read off the signature, checked, put into words.

A setting is a keyword-only argument. Its value comes from TOML: bytes are text in hexadecimal.
Arguments whose default is a function (clocks) are for programs and are no settings.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from hil.emulators.choices import listed

T = TypeVar("T")

REQUIRED = inspect.Parameter.empty
FUNCTIONS = (BuiltinFunctionType, FunctionType)
UNIONS = {Union, UnionType}
WORDS = {
    bool: "true or false",
    bytes: "hexadecimal text",
    datetime: "time",
    float: "number",
    int: "whole number",
    str: "text",
}


class SettingError(ValueError):
    """A setting does not fit; the text says which, and what is wanted."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `type` is the argument's annotation, `default` may be REQUIRED."""

    name: str
    type: Any
    default: Any

    def but(self, default: Any) -> Setting:
        """Return the setting with another default."""
        return replace(self, default=default)

    @property
    def wanted(self) -> str:
        """What a value must be, in words."""
        return in_words(self.type)


def settings_of(maker: Callable[..., Any]) -> dict[str, Setting]:
    """Return the settings of a class or function by name."""
    parameters = inspect.signature(maker, eval_str=True).parameters.values()
    return {
        each.name: Setting(each.name, each.annotation, each.default)
        for each in parameters
        if each.kind is each.KEYWORD_ONLY and not isinstance(each.default, FUNCTIONS)
    }


def made(what: str, maker: Callable[..., T], given: Mapping[str, Any], *first: Any) -> T:
    """Return `maker(*first, **given)`; SettingError where a setting of `what` does not fit."""
    known = settings_of(maker)
    check_names(what, known, given)
    for setting in known.values():
        if setting.default is REQUIRED and setting.name not in given:
            raise SettingError(f"{what} needs {setting.name!r}: {setting.wanted}")
    return maker(*first, **{name: _value(what, known[name], given[name]) for name in given})


def check_names(what: str, known: Iterable[str], given: Iterable[str]) -> None:
    """Raise SettingError when one of the `given` is none of the settings of `what`."""
    names = list(known)
    for name in given:
        if name not in names:
            raise SettingError(f"{what} has no setting {name!r}, only {listed(names)}")


def _value(what: str, setting: Setting, value: Any) -> Any:
    try:
        return converted(setting.type, value)
    except ValueError:
        raise SettingError(
            f"{setting.name} of {what} is {value!r}, wanted: {setting.wanted}"
        ) from None


def converted(wanted: Any, value: Any) -> Any:
    """Return a value as an argument annotated `wanted` takes it; ValueError when none."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in UNIONS:
        return _first_that_fits(inner, value)
    if wanted is bytes and isinstance(value, str):
        return bytes.fromhex(value)
    if _is_list(origin):
        if not isinstance(value, list | tuple) or len(value) != (_length(wanted) or len(value)):
            raise ValueError
        return tuple(converted(inner[0], each) for each in value)
    if not _is_a(value, origin or wanted):
        raise ValueError
    return value


def _first_that_fits(types: tuple[Any, ...], value: Any) -> Any:
    for each in types:
        with contextlib.suppress(ValueError):
            return converted(each, value)
    raise ValueError


def _is_a(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) and wanted in {int, float}:
        return False
    return isinstance(value, int | float if wanted is float else wanted)


def _is_list(origin: Any) -> bool:
    return origin is not None and not issubclass(origin, Mapping)


def _length(wanted: Any) -> int:
    """Return how many values a tuple must have, or 0."""
    inner = get_args(wanted)
    return len(inner) if get_origin(wanted) is tuple and inner[-1] is not Ellipsis else 0


def in_words(wanted: Any) -> str:
    """Return what an annotation asks for: "number", "text, or list of tables"."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in UNIONS:
        return ", or ".join(in_words(each) for each in inner if each not in {NoneType, Path})
    if _is_list(origin):
        length = _length(wanted)
        return f"list of {length or ''} {in_words(inner[0])}s".replace("  ", " ")
    return WORDS.get(wanted, "table")
