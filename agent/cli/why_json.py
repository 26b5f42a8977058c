"""What `why` found, as programs read it: docs/operate/why.md tells of each key."""

from __future__ import annotations

from typing import Any

from agent.why.answer import Answer
from agent.why.judge import Judged
from agent.why.question import Known
from foundation.cause import Cause


def row_json(row: Cause[Any]) -> dict[str, Any]:
    """Return a row of the table of causes."""
    told = ("id", "symptom", "sentence", "next", "command", "cost", "unproven")
    return {name: getattr(row.shown(), name) for name in told}


def answer_json(found: Answer, known: Known) -> dict[str, Any]:
    """Return an answer."""
    everything = not found.target
    return {
        "target": found.target or None,
        "asked": known.heard.asked,
        "age_s": None if known.heard.age is None else round(known.heard.age),
        "causes": [_cause(each, everything=everything) for each in found.causes],
        "ruled_out": [_ruled_out(each, everything=everything) for each in found.ruled_out],
        "ignored": [
            {
                "id": each.row.id,
                "target": word.target,
                "reason": word.reason,
                "until_ms": word.until_ms,
            }
            for each, word in found.ignored
        ],
    }


def _cause(each: Judged, *, everything: bool) -> dict[str, Any]:
    row = each.row
    told = {
        "id": row.id,
        "likelihood": each.likelihood.word,
        "sentence": row.sentence,
        "for": list(each.pro),
        "against": list(each.contra),
        "next": row.next,
        "command": row.command,
        "unproven": row.unproven,
    }
    return {"target": each.target, **told} if everything else told


def _ruled_out(each: Judged, *, everything: bool) -> dict[str, Any]:
    told = {"id": each.row.id, "against": list(each.contra)}
    return {"target": each.target, **told} if everything else told
