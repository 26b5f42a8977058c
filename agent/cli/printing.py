"""What was found, as lines: a page for people, or one JSON object each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from foundation.printing import say, say_each, say_json


def say_found(
    found: Iterable[Any], page: Callable[[Any], Iterable[str]], none: str, *, as_json: bool
) -> int:
    """Print each as JSON or as its page, `none` where there is nothing; return 0."""
    told = False
    for each in found:
        told = True
        if as_json:
            say_json(each)
        else:
            say_each(page(each))
    if not told and not as_json:
        say(none)
    return 0
