"""Numbers of things, as people write them: 1 device, 2 devices."""

from __future__ import annotations


def plural(count: int, one: str, many: str = "") -> str:
    """Return the noun for a count: `one`, or `many`, which is `one` with an s unless given."""
    return one if count == 1 else many or f"{one}s"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count} {plural(count, one, many)}"


def span(numbers: range, one: str, many: str = "") -> str:
    """Return consecutive numbers with their noun: record 7, or records 7 to 9."""
    if len(numbers) == 1:
        return f"{one} {numbers.start}"
    return f"{plural(0, one, many)} {numbers.start} to {numbers.stop - 1}"
