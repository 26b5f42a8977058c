"""The papers of shipments and sensors: a fold over the records that name them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.observe.presence import text, whole
from evidence.kinds import ATTACHMENT_KIND
from evidence.leaf import Record
from foundation.dataclass import dataclass

REMEMBERED = 2000  # papers, one of a type for each shipment or device; the oldest go first


@dataclass(frozen=True, slots=True)
class Paper:
    """The newest paper of a type on record for `about`; UTC ms, None: it does not say."""

    about: str
    type: str
    name: str
    number: int
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    model: str = ""
    result: str = ""


class Papers:
    """The papers that the records name: a fold over them."""

    def __init__(self) -> None:
        self._papers: dict[tuple[str, str], Paper] = {}

    def apply(self, record: Record) -> None:
        """Fold one more record in; records come in order, each once."""
        if record.kind == ATTACHMENT_KIND and text(record, "about"):
            self._keep(paper_of(record))

    def _keep(self, paper: Paper) -> None:
        key = paper.about, paper.type
        self._papers.pop(key, None)
        self._papers[key] = paper
        if len(self._papers) > REMEMBERED:
            del self._papers[next(iter(self._papers))]

    def get(self, about: str, of_type: str) -> Paper | None:
        """Return the newest paper of a type for a shipment or device, or None."""
        return self._papers.get((about, of_type))

    def to_json(self) -> list[dict[str, Any]]:
        """Return all of them, the oldest first."""
        return [asdict(each) for each in self._papers.values()]

    @classmethod
    def from_json(cls, plain: Sequence[Mapping[str, Any]]) -> Papers:
        """Read what `to_json` wrote; KeyError or TypeError for anything else."""
        papers = cls()
        for each in plain:
            papers._keep(Paper(**each))
        return papers


def paper_of(record: Record) -> Paper:
    """Return what an `attachment` record says of a file."""
    return Paper(
        about=text(record, "about"),
        type=text(record, "type"),
        name=text(record, "name"),
        number=record.number,
        valid_from_ms=whole(record, "valid_from_ms"),
        valid_until_ms=whole(record, "valid_until_ms"),
        model=text(record, "model"),
        result=text(record, "result"),
    )
