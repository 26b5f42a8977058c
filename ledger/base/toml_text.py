"""Writing a node's TOML files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

TomlValue = str | int | bool


def to_toml(values: Mapping[str, TomlValue]) -> str:
    """Return `key = value` lines."""
    return "".join(f"{key} = {_literal(value)}\n" for key, value in values.items())


def to_tables(name: str, tables: Iterable[Mapping[str, TomlValue]]) -> str:
    """Return each of `tables` under its own [[name]]."""
    return "".join(f"\n[[{name}]]\n{to_toml(values)}" for values in tables)


def _literal(value: TomlValue) -> str:
    if isinstance(value, str):
        # A JSON string without escaped non-ASCII is a TOML basic string, but for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower()
