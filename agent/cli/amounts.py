"""Amounts as people read them."""

from __future__ import annotations

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
