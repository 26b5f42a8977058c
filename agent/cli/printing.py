"""Answers as lines: sentences for people, or one JSON object each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any


def print_json(value: Any) -> None:
    """Print one JSON object on one line, at once: a pipe behind us should not wait."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def print_each(
    found: Iterable[Any], sentence: Callable[[Any], str], none: str, *, as_json: bool
) -> int:
    """Print each as JSON or as its sentence, `none` where there is nothing; return 0."""
    told = False
    for each in found:
        told = True
        if as_json:
            print_json(each)
        else:
            print(sentence(each))
    if not told and not as_json:
        print(none)
    return 0
