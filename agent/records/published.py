"""The registry as a document in JSON, from which whoever lacks this program prints records.

`docs/protocol/kinds.json` is this document; docs/PROTOCOL.md, "Sentences", says how to use it.
"""

from __future__ import annotations

import json
from typing import Any

from agent.records.registry import KINDS
from agent.records.sentences import REMARKS
from drivers.kind import Kind


def document() -> str:
    """Return the registry: a line for each field, so that a difference names what changed."""
    kinds = ",\n".join(map(_kind, KINDS.values()))
    return f'{{"remarks": {_json(dict(REMARKS))},\n"kinds": [\n{kinds}\n]}}\n'


def _kind(kind: Kind) -> str:
    head = {
        "name": kind.name,
        "sentence": kind.sentence,
        "durability": kind.durability.value,
        "urgent": kind.urgent,
        "reserved": kind.reserved,
    }
    fields = ",\n    ".join(_json(field._asdict()) for field in kind.fields)
    return f' {_json(head)[:-1]}, "fields": [\n    {fields}]}}'


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
