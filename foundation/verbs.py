"""The verbs of a command: each is a module of its own, and imported only when it is asked for."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

_HELP = re.compile(r'^HELP = "(.+)"$', re.MULTILINE)


class Verb(Protocol):
    """What the module of a verb offers. `HELP` is one line; `run` returns the exit code."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's arguments."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do it."""
        ...


def load(module: str) -> Verb:
    """Import the module of a verb."""
    return cast("Verb", import_module(module))


def help_line(module: str) -> str:
    """Return the HELP of a verb without importing it.

    It is read from the source: to import every verb for a list of them takes a second, on a
    Raspberry Pi several.
    """
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    found = _HELP.search(Path(spec.origin).read_text("utf-8"))
    assert found is not None, f"{module} has no HELP on a line of its own"
    return found[1]


def table(verbs: Mapping[str, str], names: Iterable[str]) -> str:
    """Return `names` as lines of help, aligned for all of `verbs` (name → module)."""
    width = max(map(len, verbs))
    return "\n".join(f"  {name:{width}}  {help_line(verbs[name])}" for name in names)
