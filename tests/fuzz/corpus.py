"""The kept inputs, a file each, named by their digests; and the guard that every run has."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
VECTORS = Path(__file__).parents[1] / "vectors"
SEEDS = {
    "cbor": ["cbor"],
    "cose": ["statement", "receipt", "enrolment"],
    "key": ["key"],
    "record": ["leaf"],
    "statement": ["statement"],
    "receipt": ["receipt"],
    "custody": ["custody"],
    "checkpoint": ["checkpoint"],
    "policy": ["policy"],
    "update": ["update"],
    "fork": ["fork"],
    "bundle": ["bundle"],
    "envelope": ["envelope"],
    "sealed": ["sealed"],
    "frames": ["frame"],
    "enrolment": ["enrolment"],
    "body": [],
    "cut": [],
    "agreement": [
        "cbor",
        "key",
        "leaf",
        "statement",
        "receipt",
        "custody",
        "envelope",
        "enrolment",
        "frame",
        "checkpoint",
        "policy",
        "logset",
        "update",
        "fork",
        "sealed",
    ],
    "worlds": [],
}
"""Families of vectors that each target starts from; the corpus has what they do not reach."""

CPU_SECONDS = 1.0
"""Longer on one input is a hang. Processor time: a busy machine makes nothing slower."""


class Hang(Exception):
    """An input took more than `CPU_SECONDS`."""


def kept(name: str) -> list[bytes]:
    """Return the vectors and the kept inputs of a target, always in the same order."""
    return [path.read_bytes() for folder in folders(name) for path in sorted(folder.glob("*"))]


def folders(name: str) -> list[Path]:
    """Return where the inputs of a target are: the vectors first."""
    return [*(VECTORS / family for family in SEEDS[name]), FOLDER / name]


def keep(folder: Path, data: bytes) -> Path:
    """Write an input under its digest; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha1(data, usedforsecurity=False).hexdigest()
    path.write_bytes(data)
    return path


@contextmanager
def hangs_are_found() -> Iterator[None]:
    """Let `guard` raise Hang in the middle of what takes too long."""

    def give_up(*_: object) -> None:
        raise Hang(f"more than {CPU_SECONDS} s of processor time")

    before = signal.signal(signal.SIGPROF, give_up)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def guard() -> Iterator[None]:
    """Bound the processor time of what is within; only within `hangs_are_found`."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
