"""Write what docs/ tells of the registry: `python -m tests.agent.records.pages`."""

from __future__ import annotations

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


if __name__ == "__main__":
    KINDS_FILE.parent.mkdir(exist_ok=True)
    KINDS_FILE.write_text(document(), encoding="utf-8")
    PROTOCOL.write_text(page(PROTOCOL.read_text(encoding="utf-8")), encoding="utf-8")
