"""What people and programs count on: published kinds of records, and options with their limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers import catalog
from drivers.cause import DeviceFacts, Neighbour, Word
from drivers.kind import Kind
from foundation.options import OptionError

for each in catalog.DEVICES:
    catalog.module(each)  # before any test runs: what a driver declares is no one test's

REGISTRY = Path(__file__).parents[2] / "docs/protocol/kinds.json"
"""Fields, units and scales of a kind hold for ever, as signed records keep them."""


def kinds_of(module):
    """The kinds that a module defines."""
    return [each for each in vars(module).values() if isinstance(each, Kind)]


def published(name):
    """A kind as the registry has it."""
    kinds = json.loads(REGISTRY.read_text())["kinds"]
    return next(each for each in kinds if each["name"] == name)


def as_published(kind):
    """A kind of the program in the registry's words."""
    names = ("name", "type", "doc", "unit", "scale")
    fields = [dict(zip(names, map(plain, each), strict=True)) for each in kind.fields]
    return {
        "name": kind.name, "sentence": kind.sentence, "durability": kind.durability.value,
        "urgent": kind.urgent, "reserved": kind.reserved, "fields": fields,
    }  # fmt: skip


def plain(value):
    return value if isinstance(value, int) else str(value)


def is_kept_to(kind, required, name, default, least, most):
    """Assert what an option is unless it is given, and what it may be at most and at least."""

    def taken(**given):
        return catalog.check_options(kind, required | given)

    assert taken().get(name) == default
    for value in (least, most):
        assert taken(**{name: value})[name] == value
    step = 1 if type(most) is int else 0.001
    for value in (least - step, most + step):
        with pytest.raises(OptionError) as raised:
            taken(**{name: value})
        assert raised.value.option == name


def every(kind, required, seconds):
    """Assert that a device of `kind` says something every so many seconds, or as it is told."""
    module = catalog.module(kind)
    assert module.interval(catalog.check_options(kind, required)) == seconds
    if seconds is not None:
        chosen = catalog.check_options(kind, required | {"interval": 77.0})
        assert module.interval(chosen) == 77.0


class Files:
    """A machine as far as a test looks at its files: `there` is what each path is."""

    def __init__(self, **there):
        self._there = there

    def there(self, path):
        return self._there[path]


def facts(word=None, others=(), files=None, **options):
    """What is known of a device `x` of kind `k`."""
    return DeviceFacts("x", "k", options, word, Files(**(files or {})), others)


def running(**more):
    """The word of a driver that works."""
    return Word("running", **more)


def neighbour(name, word, kind="k", **options):
    return Neighbour(name, kind, options, word)
