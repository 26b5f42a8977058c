"""Metrics in the text that Prometheus reads (exposition format 0.0.4); pure.

No sample has a timestamp: node_exporter skips a whole file for one. What is not known has no
sample, and a family without samples is not written: absent is never 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

NAME = re.compile(r"[a-z][a-z0-9_]*")
TOTAL = "_total"
"""What the names of counters end with."""


class Type(StrEnum):
    """What a family's numbers do."""

    COUNTER = "counter"  # grows from the start on
    GAUGE = "gauge"
    SUMMARY = "summary"  # how often something was, and what it took in all


class Sample(NamedTuple):
    """One number; `suffix` is behind the family's name, for the two of a summary."""

    value: float
    labels: Mapping[str, str]
    suffix: str = ""


class Family(NamedTuple):
    """The samples of one name, which has the unit in it: seconds, bytes, celsius."""

    name: str
    help: str
    type: Type
    samples: Sequence[Sample]


class Spent(NamedTuple):
    """How often something was done, and what it took in all: seconds, for example."""

    times: int
    total: float


Labelled = Iterable[tuple[Mapping[str, str], float | None]]


def gauge(name: str, help_: str, value: float | None) -> Family:
    """Return a family of one number; None: not known."""
    return gauges(name, help_, [({}, value)])


def gauges(name: str, help_: str, values: Labelled) -> Family:
    """Return a family of numbers that go up and down."""
    return Family(name, help_, Type.GAUGE, _samples(values))


def counter(name: str, help_: str, value: float | None) -> Family:
    """Return a family of one number that only grows."""
    return counters(name, help_, [({}, value)])


def counters(name: str, help_: str, values: Labelled) -> Family:
    """Return a family of numbers that only grow; its name ends as Prometheus wants it."""
    assert name.endswith(TOTAL), name
    return Family(name, help_, Type.COUNTER, _samples(values))


def summaries(name: str, help_: str, spent: Iterable[tuple[Mapping[str, str], Spent]]) -> Family:
    """Return a family that says how often something was, and what it took in all."""
    samples = [
        Sample(value, labels, suffix)
        for labels, each in spent
        for suffix, value in (("_sum", each.total), ("_count", each.times))
    ]
    return Family(name, help_, Type.SUMMARY, samples)


def _samples(values: Labelled) -> list[Sample]:
    return [Sample(value, labels) for labels, value in values if value is not None]


def to_text(families: Iterable[Family]) -> str:
    """Return the families that have samples, each with its help and type."""
    return "".join(f"{line}\n" for each in families if each.samples for line in _lines(each))


def _lines(family: Family) -> Iterator[str]:
    assert NAME.fullmatch(family.name), family.name
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.type}"
    for sample in family.samples:
        yield f"{family.name}{sample.suffix}{_labels(sample.labels)} {sample.value!r}"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{key}="{_quoted(value)}"' for key, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(value: str) -> str:
    return _escaped(value).replace('"', '\\"')


def to_plain(families: Iterable[Family]) -> list[dict[str, Any]]:
    """Return the families that have samples as plain values, fit for JSON."""
    return [
        {
            "name": each.name,
            "help": each.help,
            "type": str(each.type),
            "samples": [sample._asdict() for sample in each.samples],
        }
        for each in families
        if each.samples
    ]


def from_plain(plain: Iterable[Mapping[str, Any]]) -> list[Family]:
    """Return what `to_plain` gave; KeyError, TypeError or ValueError for anything else."""
    return [
        Family(
            each["name"],
            each["help"],
            Type(each["type"]),
            [Sample(**sample) for sample in each["samples"]],
        )
        for each in plain
    ]
