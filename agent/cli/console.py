"""What fits on a console, and amounts as people read them."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.errors import DriverError
from foundation.errors import AgentError

WIDTH, HEIGHT = 79, 23  # of 80 × 24: the last column wraps on some consoles, the last line prompts

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_KILO = 1000


def age(milliseconds: int) -> str:
    """Return a duration in at most two neighbouring units."""
    rest = max(0, milliseconds // 1000)
    parts = []
    for seconds, name in _UNITS:
        count, rest = divmod(rest, seconds)
        parts.append(f"{count} {name}" if count else "")
    first = next((index for index, part in enumerate(parts) if part), len(parts) - 1)
    return " ".join(part for part in parts[first : first + 2] if part) or "0 s"


def grouped(number: int) -> str:
    """Return a number with thin groups of three."""
    return f"{number:,}".replace(",", " ")


def size(count: int) -> str:
    """Return bytes in the unit that reads best."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < _KILO:
            break
        value, unit = value / _KILO, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def folded(text: str, indent: int = 0, width: int = WIDTH) -> list[str]:
    """Return a text in lines that fit; those behind the first are indented, words stay whole."""
    import textwrap  # noqa: PLC0415  most of what is printed fits

    return textwrap.wrap(
        text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )


def told(error: AgentError | DriverError, *, fold: bool = True) -> Iterator[str]:
    """Yield what went wrong and the next step; unfolded for who looks for words in it."""
    lines = [f"error: {line}" for line in str(error).splitlines() or [type(error).__name__]]
    lines += [f"next: {error.advice}"] if error.advice else []
    for line in lines:
        yield from folded(line, line.index(" ") + 1) if fold else [line]


def cut(line: str, width: int = WIDTH) -> str:
    """Return the line, shortened where it is wider than the console."""
    return line if len(line) <= width else line[: width - 1] + "…"
