"""Write what docs/ tells of the registry: `python -m tests.agent.records.pages`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from agent.records.published import document
from agent.records.registry import KINDS
from drivers.kind import Field, FieldType, Kind

DOCS = Path(__file__).resolve().parents[3] / "docs"
KINDS_FILE, PROTOCOL = DOCS / "protocol" / "kinds.json", DOCS / "PROTOCOL.md"
BEGIN, END = "<!-- record-kinds -->\n", "<!-- /record-kinds -->\n"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def page(before: str) -> str:
    """Return PROTOCOL.md with the table of record kinds as the registry has it."""
    head, rest = before.split(BEGIN)
    rows = "".join(map(row, KINDS.values()))
    return f"{head}{BEGIN}| kind | fields |\n|---|---|\n{rows}{END}{rest.split(END)[1]}"


def row(kind: Kind) -> str:
    """Return a kind's line of the table."""
    marks = ("†" if kind.urgent else "") + ("‡" if kind.reserved else "")
    return f"| `{kind.name}`{marks} | {', '.join(map(stored, kind.fields))} |\n"


def stored(field: Field) -> str:
    """Return what a field's value stands for."""
    if field.type is not FieldType.NUMBER:
        return f"`{field.name}` {field.type}"
    power = f"10{str(field.scale).translate(SUPERSCRIPT)}" if field.scale else ""
    return f"`{field.name}` {f'{power} {field.unit}'.strip() or 'integer'}"


def changed(published: str, now: str) -> list[str]:
    """Return the published fields that are gone by now, or stored otherwise: signed records stay."""
    before, after = fields_of(published), fields_of(now)
    return [name for name in before if before[name] != after.get(name)]


def fields_of(text: str) -> dict[str, tuple[str, str, int]]:
    """Return how each field is stored: type, unit and scale, by kind and name."""
    return {
        f"{kind['name']}.{field['name']}": (field["type"], field["unit"], field["scale"])
        for kind in json.loads(text)["kinds"]
        for field in kind["fields"]
    }


def kinds_in(text: str) -> dict[str, dict[str, object]]:
    """Return the kinds of a registry by their names, with all that is published of each."""
    return {kind["name"]: kind for kind in json.loads(text)["kinds"]}


def main() -> None:
    """Write both, unless a field would change that records have already."""
    spoilt = changed(KINDS_FILE.read_text(encoding="utf-8"), document())
    if spoilt:
        sys.exit(f"signed records keep these fields as they are published: {', '.join(spoilt)}")
    KINDS_FILE.write_text(document(), encoding="utf-8")
    PROTOCOL.write_text(page(PROTOCOL.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
