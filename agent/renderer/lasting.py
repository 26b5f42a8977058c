"""For how long something lasted, in the two largest units of a language. Pure."""

from __future__ import annotations

from agent.renderer.catalogue import Words
from agent.renderer.markup import Html, element, joined

SECOND, MINUTE = 1000, 60_000
UNITS = (("d", 86_400_000), ("h", 3_600_000), ("min", MINUTE), ("s", SECOND))


def lasting(words: Words, ms: int | None) -> Html:
    """Return a duration, and its ms for programs; in words where nobody knows it."""
    if ms is None:
        return words("unknown")
    return element("data", _told(words, ms), value=ms)


def _told(words: Words, ms: int) -> Html:
    if abs(ms) < SECOND:
        return words("duration.ms", n=ms)
    if abs(ms) < MINUTE:
        return words("duration.s", n=words.plain(ms / SECOND, 3 if ms % SECOND else 0))
    parts, rest = [], abs(ms)
    for name, length in UNITS:
        count, rest = divmod(rest, length)
        parts.append((name, count))
    first = next(index for index, (_, count) in enumerate(parts) if count)
    told = [words(f"duration.{name}", n=count) for name, count in parts[first : first + 2] if count]
    sign = "-" if ms < 0 else ""
    return joined((sign, joined(told, " ")))
