"""`tallyman describe`: what this gateway has and can do, for programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.cli.argument_schema import schema_of
from agent.cli.arguments import add_config
from agent.cli.place import config_path
from agent.cli.verbs import VERBS, parser_of
from agent.config.schema import device_schema
from agent.config.settings import Config, load
from agent.machine.version import VERSION
from agent.records.published import document
from drivers import catalog
from foundation.console import folded
from foundation.counting import counted
from foundation.printing import say_each, say_json

HELP = "describe devices, kinds and verbs, for programs"

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, with JSON Schemas"
    )
    parser.epilog = "Without a configuration: everything but this gateway's own devices."


def run(args: argparse.Namespace) -> int:
    """Describe what is configured, and what this version knows."""
    path = config_path(args)
    config = load(path, catalog) if path.exists() or args.config else None
    if args.json:
        say_json(description(config))
        return 0
    say_each(page(config, path))
    return 0


def description(config: Config | None) -> dict[str, Any]:
    """Return everything; `gateway` and `devices` are null without a configuration."""
    return {
        "version": VERSION,
        "$schema": DRAFT,
        "gateway": None if config is None else config.gateway.name,
        "devices": None if config is None else devices(config),
        "device_kinds": {kind: device_kind(kind) for kind in catalog.DEVICES},
        "record_kinds": json.loads(document())["kinds"],
        "verbs": {verb: verb_of(verb) for verb in VERBS},
    }


def devices(config: Config) -> list[dict[str, Any]]:
    """Return the configured devices, each with what it may record."""
    return [
        {
            "name": device.name,
            "kind": device.kind,
            "read_point": device.read_point,
            "interval": device.interval,
            "options": dict(device.options),
            "records": list(catalog.module(device.kind).KINDS),
        }
        for device in config.devices
    ]


def device_kind(kind: str) -> dict[str, Any]:
    """Return what a kind of device is, what it records, and the schema of its [[device]]."""
    try:
        module = catalog.module(kind)
    except ImportError as error:
        return {"what": f"needs a package that is not installed: {error}", "records": None}
    what = (module.__doc__ or "").partition("\n")[0]
    schema = {"$schema": DRAFT, **device_schema(catalog, kind)}
    return {"what": what, "records": list(module.KINDS), "device": schema}


def verb_of(name: str) -> dict[str, Any]:
    """Return what a verb does, and the schema of its arguments."""
    verb, parser = parser_of(name)
    return {"help": verb.HELP, "arguments": {"$schema": DRAFT, **schema_of(parser.arguments())}}


def page(config: Config | None, path: Path) -> Iterator[str]:
    """Yield the description in short."""
    if config is None:
        yield f"devices   unknown: there is no configuration at {path}"
    else:
        yield f"devices   of {config.gateway.name}: {counted(len(config.devices), 'device')}"
        for device in config.devices:
            records = ", ".join(catalog.module(device.kind).KINDS)
            yield from folded(f"  {device.name}: {device.kind}, records {records}", 4)
    yield "kinds of device"
    width = max(map(len, catalog.DEVICES))
    for kind in catalog.DEVICES:
        yield from folded(f"  {kind:{width}}  {device_kind(kind)['what']}", width + 4)
    yield from folded(f"verbs     {', '.join(VERBS)}", 10)
    yield "schemas   tallyman describe --json"
