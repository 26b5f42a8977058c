"""`dataclass` as the standard library's, for a quarter of what each class costs a start.

The library writes up to six methods for a class, as text that it then compiles: a fifth of a start
went there, and 6 kB a class. Here all classes share them, and `__init__` alone is written.
`fields`, `replace` and the like do with these classes what they do with its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from operator import attrgetter, eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

_FRESH = object()
"""Stands for an argument that was not given where each instance gets a value of its own."""

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        *, frozen: bool = False, slots: bool = False, order: bool = False
    ) -> Callable[[type], type]:
        """Return what makes a class one of fields, equal where all of them are.

        A method that the class has itself stays.
        """
        methods = (_FROZEN if frozen else _MUTABLE) | (_ORDERED if order else {})

        def made(cls: type) -> type:
            own = set(vars(cls))
            cls.__doc__ = cls.__doc__ or cls.__name__  # the library would look for a signature
            cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
            for name, method in methods.items():
                if name not in own:
                    setattr(cls, name, method)
            compared = [each.name for each in fields(cls) if each.compare]
            cls._compared = attrgetter(*compared or ["__class__"])
            if "__init__" not in own:
                cls.__init__ = _init(cls, "_set(self, {!r}, {})" if frozen else "self.{} = {}")
            return cls

        return made


def _init(cls: type, store: str) -> Callable[..., None]:
    """Write the `__init__` of a class; `store` is how a field gets its value."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_FRESH": _FRESH}
    parameters, lines = ["self"], ["pass"]
    for each in fields(cls):
        default, value = _default(each, known)
        if each.init:
            parameters.append(f"{each.name}={default}" if default else each.name)
        if each.init or value != each.name:
            lines.append(store.format(each.name, value))
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines), known)  # noqa: S102  the class's own names
    made: Callable[..., None] = known.pop("__init__")
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _default(each: Field[Any], known: dict[str, Any]) -> tuple[str, str]:
    """Return, as text, a field's default and its value; what these name is added to `known`."""
    if each.default_factory is not MISSING:
        known[f"_make_{each.name}"] = each.default_factory
        fresh = f"_make_{each.name}()"
        given = f"{fresh} if {each.name} is _FRESH else {each.name}"
        return "_FRESH", given if each.init else fresh
    if each.default is not MISSING:
        known[f"_default_{each.name}"] = each.default
        default = f"_default_{each.name}"
        return default, each.name if each.init else default
    return "", each.name


def _comparing(by: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the method that compares two of one class, field by field."""

    def compare(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return by(self._compared(self), self._compared(other))

    return compare


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _reduce(self: Any) -> tuple[type, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, each.name) for each in fields(self) if each.init)


def _refuse_set(self: Any, name: str, value: object) -> NoReturn:
    del self, value
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Any, name: str) -> NoReturn:
    del self
    raise FrozenInstanceError(f"cannot delete field {name!r}")


_MUTABLE: dict[str, Any] = {"__eq__": _comparing(eq), "__hash__": None, "__repr__": _repr}
_FROZEN: dict[str, Any] = _MUTABLE | {
    "__hash__": _hash,
    "__reduce__": _reduce,
    "__setattr__": _refuse_set,
    "__delattr__": _refuse_delete,
}
_ORDERED: dict[str, Any] = {f"__{by.__name__}__": _comparing(by) for by in (lt, le, gt, ge)}
