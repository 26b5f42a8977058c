"""A story of a Zigbee network, a step a line: `SECONDS VERB WORDS … name=value …`.

What stands behind # is a remark. drivers/zigbee/HARDWARE.md lists the verbs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hil.emulators.choices import listed

HEXADECIMAL = {16, 32}  # digits of an address and of a key: text, even if all are decimal

VERBS = {
    "node": "a node is within reach: IEEE MEASURES … and its settings",
    "join": "a node looks for a network: IEEE, via=ROUTER",
    "set": "a node measures: IEEE QUANTITY VALUE, and reports it",
    "raw": "a node sends a frame: IEEE CLUSTER BYTES …",
    "shelf": "a node sends a list of EPCs: IEEE EPC …, skip=CHUNK",
    "kill": "a node, or its battery, is dead: IEEE",
    "revive": "it is alive again: IEEE",
    "cut": "nobody hears a node: IEEE",
    "mend": "it is heard again: IEEE",
    "move": "a node takes another parent: IEEE, to=ROUTER",
    "leave": "a node leaves by itself: IEEE",
    "forget": "the coordinator's table lacks a router: IEEE",
    "noise": "so many of a hundred frames are lost on the air: SHARE",
    "freeze": "the stick says nothing any more",
    "thaw": "it does again",
    "reset": "the stick starts anew by itself",
    "unplug": "the stick is pulled",
    "plug": "and put back",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `at` seconds after the start; `settings` are those with a name."""

    at: float
    verb: str
    words: tuple[str, ...]
    settings: Mapping[str, Any]


def parse(text: str) -> list[Step]:
    """Return the steps in their order of time; ValueError names the line that is none."""
    steps = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if words:
            try:
                steps.append(_step(words))
            except ValueError as error:
                raise ValueError(f"line {number} of the scenario: {error}") from None
    return sorted(steps, key=lambda step: step.at)


def _step(words: list[str]) -> Step:
    try:
        at = float(words[0])
    except ValueError:
        raise ValueError(f"a step begins with seconds, not {words[0]!r}") from None
    verb = words[1] if len(words) > 1 else ""
    if verb not in VERBS:
        raise ValueError(f"no verb {verb!r}, only {listed(VERBS)}")
    plain = tuple(word for word in words[2:] if "=" not in word)
    named = dict(word.split("=", 1) for word in words[2:] if "=" in word)
    return Step(at, verb, plain, {name: value_of(value) for name, value in named.items()})


def value_of(text: str) -> Any:
    """Return what a setting's text stands for: yes, no, a number, or the text itself."""
    if text in {"yes", "no"}:
        return text == "yes"
    if len(text) in HEXADECIMAL:
        return text
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text
