"""The JSON Schema of the configuration file, made from the declarations that also check it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent.config.articles import ARTICLE
from agent.config.calibrations import CALIBRATION
from agent.config.devices import DEVICE, Catalog
from agent.config.ledger import NODE
from agent.config.read_points import READ_POINT
from agent.config.settings import SECTIONS
from agent.config.views import CITY
from agent.config.ways import WAY
from agent.records.convert import OWN_DEVICE
from foundation.options import Option, options_of

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}

Schema = dict[str, Any]


def schema(catalog: Catalog) -> Schema:
    """Return the schema (draft 2020-12) with the options of every kind in `catalog`."""
    sections = {name: _object(options_of(kept)) for name, kept in SECTIONS.items()}
    nodes = {"type": "array", "items": _object(NODE)}
    sections["ledger"]["properties"]["node"] = nodes
    sections["uplink"]["properties"]["way"] = {"type": "array", "items": _object(WAY)}
    kinds = [device_schema(catalog, kind) for kind in catalog.DEVICES]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tallyman configuration (tallyman.toml)",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **sections,
            "device": {"type": "array", "items": {"oneOf": kinds}},
            "read_point": {"type": "array", "items": _object(READ_POINT)},
            "city": {"type": "array", "items": _object(CITY)},
            "calibration": {"type": "array", "items": _object(CALIBRATION)},
            "article": {"type": "array", "items": _object(ARTICLE)},
        },
    }


def device_schema(catalog: Catalog, kind: str) -> Schema:
    """Return the schema of a [[device]] of this kind."""
    try:
        options = catalog.module(kind).OPTIONS
    except ImportError as error:
        # An extra that is not installed: its keys are unknown here, the kind itself is not.
        result = _object(DEVICE)
        result.update({"additionalProperties": True, "$comment": f"options unknown: {error}"})
    else:
        result = _object([*DEVICE, *options])
    result["properties"]["kind"] = {"const": kind}
    result["properties"]["name"]["not"] = {"const": OWN_DEVICE}
    return result


def _object(options: Iterable[Option]) -> Schema:
    options = list(options)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {option.name: _property(option) for option in options},
        "required": [option.name for option in options if option.default is None],
    }


def _property(option: Option) -> Schema:
    unit = f" ({option.unit})" if option.unit else ""
    result: Schema = {"type": _TYPES[option.type], "description": option.help + unit}
    if option.default is not None:
        result["default"] = option.default
    if option.minimum is not None:
        result["minimum"] = option.minimum
    if option.maximum is not None:
        result["maximum"] = option.maximum
    if option.choices:
        result["enum"] = list(option.choices)
    if option.form:
        result["pattern"] = _pattern(option)
    return result


def _pattern(option: Option) -> str:
    """Return the form of the whole text; an empty default may stand for none."""
    if option.default == "":
        return f"^({option.form})?$"
    return f"^{option.form}$" if option.example else f"^({option.form})$"
