"""The arguments of a verb as JSON Schema (draft 2020-12)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent.cli.arguments import count, whole
from foundation.parser import Argument

Schema = dict[str, Any]

NUMBERS: dict[Any, Schema] = {
    whole: {"type": "integer", "minimum": 0},
    count: {"type": "integer", "minimum": 1},
    int: {"type": "integer"},
    float: {"type": "number"},
}


def schema_of(arguments: Iterable[Argument]) -> Schema:
    """Return an object with a property for each argument; those without flags say their place."""
    arguments = list(arguments)
    places = [each.name for each in arguments if not each.flags]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            each.name: _property(each, None if each.flags else places.index(each.name))
            for each in arguments
        },
        "required": [each.name for each in arguments if each.required],
    }


def _property(argument: Argument, place: int | None) -> Schema:
    found = _many(argument) if argument.many else _one(argument)
    found["description"] = argument.help
    if place is None:
        found["x-flags"] = list(argument.flags)
    else:
        found["x-place"] = place
    return found


def _many(argument: Argument) -> Schema:
    return {"type": "array", "items": _one(argument)}


def _one(argument: Argument) -> Schema:
    if not argument.takes_value:
        return {"type": "boolean"}
    if argument.choices:
        return {"enum": list(argument.choices)}
    if argument.type is Path:
        return {"type": "string", "format": "path"}
    return dict(NUMBERS.get(argument.type, {"type": "string"}))
