"""Modules that zigpy imports for updates over the air, which are off: loaded once they are used.

They are 12 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

UNUSED = frozenset({"aiohttp", "jsonschema"})


class LaterFinder(MetaPathFinder):
    """Finds `names`, and lets each be loaded when the first of its attributes is wanted."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load one of the names later; None for any other module."""
        if fullname not in self._names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def load_later(names: frozenset[str] = UNUSED) -> None:
    """Put off the loading of modules that are not imported yet."""
    sys.meta_path.insert(0, LaterFinder(names))
