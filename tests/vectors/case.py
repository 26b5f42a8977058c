"""One vector: bytes, what else a check is given, and what must come of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | bool | None


@dataclass(frozen=True, slots=True)
class Case:
    """`reason` is why `data` must be refused, None where it must be taken; then `values` hold.

    `given` is what the check needs besides. Bytes within both are hexadecimal. `zeros`, where to
    and how many, are missing in `data`: an object beyond a limit is not kept at full length.
    """

    name: str
    data: bytes
    reason: str | None = None
    given: Mapping[str, Json] = field(default_factory=dict)
    values: Mapping[str, Json] = field(default_factory=dict)
    zeros: tuple[int, int] | None = None

    def outcome(self) -> dict[str, Json]:
        """Return the part of the vector that says what must come of it."""
        if self.reason is not None:
            return {"verdict": "refused", "reason": self.reason}
        return {"verdict": "accepted", "values": self.values}


@dataclass(frozen=True, slots=True)
class BundleCase(Case):
    """A bundle's vector: its exit code, and the reasons of all findings, in order."""

    exit: int = 0
    findings: tuple[str, ...] = ()

    def outcome(self) -> dict[str, Json]:
        """Return exit code and findings."""
        return {"exit": self.exit, "findings": self.findings}


@dataclass(frozen=True, slots=True)
class Format:
    """A family of vectors: its name, its files' ending, whether its bytes are text, its cases."""

    name: str
    ending: str
    cases: Sequence[Case]

    def files(self) -> dict[str, bytes]:
        """Return the family's files by their names: the JSON, and each case's bytes beside it."""
        made: dict[str, bytes] = {}
        listed = []
        for case in self.cases:
            path = f"{self.name}/{slug(case.name)}.{self.ending}"
            assert path not in made, f"two cases with the file {path}"
            made[path] = case.data
            head: dict[str, Json] = {"name": case.name, "file": path, "hex": case.data.hex()}
            if case.zeros:
                head["zeros"] = dict(zip(("at", "count"), case.zeros, strict=True))
            given = {"given": case.given} if case.given else {}
            listed.append({**head, **given, **case.outcome()})
        text = json.dumps({"cases": listed}, indent=1, ensure_ascii=False) + "\n"
        return {f"{self.name}.json": text.encode(), **made}


def whole(case: Mapping[str, Any]) -> bytes:
    """Return a listed case's object, with the zero bytes that are left out of its file."""
    data = bytes.fromhex(case["hex"])
    zeros = case.get("zeros", {"at": 0, "count": 0})
    return data[: zeros["at"]] + bytes(zeros["count"]) + data[zeros["at"] :]


def slug(name: str) -> str:
    """Return a case's name as a file may bear it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
