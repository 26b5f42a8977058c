"""Other people's words, made fit to be printed: they steer no terminal and begin no line. Pure."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return text with U+FFFD for what is not printed, as docs/PROTOCOL.md, "Sentences", has it.

    That is C0 and C1, line ends, the marks that turn the direction of writing, and blanks of
    another width than a space.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def json_text(value: object, indent: int | None = None) -> str:
    """Return a value as JSON, on one line but for `indent`.

    In its strings, what is not printed is escaped, and so reads back.
    """
    import json  # noqa: PLC0415  a start prints none

    lines = json.dumps(value, ensure_ascii=False, indent=indent).split("\n")
    return "\n".join(line if line.isprintable() else _all_escaped(line) for line in lines)


def _all_escaped(line: str) -> str:
    return "".join(char if char.isprintable() else _escaped(char) for char in line)


def _escaped(char: str) -> str:
    """Return a character as JSON's escapes: one, or two beyond the first plane (RFC 8259 §7)."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
