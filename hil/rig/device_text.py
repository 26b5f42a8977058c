"""What `hil emulate` tells: a kind's settings, and how programs find the device."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from hil.emulators.settings import REQUIRED, Setting
from hil.rig.shims import exports

WIDTH = 78  # columns: a terminal's 80, less a margin as argparse leaves it
HOW = "settings, each by --set KEY=VALUE, the value as in TOML (text without quotes is taken too):"


def reflowed(text: str) -> str:
    """Return a docstring's paragraphs as a terminal shows them."""
    return "\n\n".join(textwrap.fill(part, WIDTH) for part in text.split("\n\n"))


def settings_table(settings: Mapping[str, Setting]) -> Iterator[str]:
    """Yield a line for each setting: its name, what it must be, and what it is else."""
    yield textwrap.fill(HOW, WIDTH)
    for name, each in settings.items():
        default = "" if each.default in (REQUIRED, None) else written(name, each.default)
        line = f"  {name:<12}{each.wanted:<32}"
        yield f"{line}{shortened(default, WIDTH - len(line))}".rstrip()


def shortened(text: str, width: int) -> str:
    """Return a text that fits; of one that is too long begin and end are left."""
    if len(text) <= width:
        return text
    begin = width // 2
    return f"{text[:begin]}…{text[begin + 1 - width :]}"


def how_to_use(device: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield where the device is found, then what a shell and an agent's configuration need."""
    found = {key: written(key, value) for key, value in device.items()}
    yield " ".join((device["kind"], *(found[key].strip('"') for key in list(found)[2:])))
    if environment:
        yield "\n# in the shell that starts the program which reads it:"
        yield from exports(environment)
    yield "\n# in an agent's configuration:\n[[device]]"
    yield from (f"{key} = {value}" for key, value in found.items())
    yield "\n# Ctrl-C ends it."


def written(name: str, value: Any) -> str:
    """Return a value as TOML has it: addresses of chips as data sheets write them."""
    if name == "address" and isinstance(value, int):
        return f"{value:#04x}"
    if isinstance(value, bytes):
        return f'"{value.hex()}"'
    return json.dumps(value, ensure_ascii=False, default=dict)
