"""A value that does not move any more, told from one that rests. Pure.

Only for parts whose own noise is larger than their steps: there a good part hardly says one word
twice in a row. Of a coarse one, as an LM75 or a DS18B20, equal values mean nothing.
`python -m hil plausibility` counts the false alarms.
"""

from __future__ import annotations

from collections.abc import Sequence

MOST_EQUAL = 40
"""Equal words in a row that are no chance.

The least noise of all parts here is that of a BME280's temperature, one step (BST-BME280-DS001,
§3.4.4). With half of it, in air that rests amid a step, 68 of 100 words are that step: forty of
them in a row come 0.02 times in a month of a value every ten seconds."""


class Standstill:
    """Counts for how long each of a part's words, as they come off its converter, is the same."""

    def __init__(self) -> None:
        self._words: Sequence[int] = ()
        self._equal: list[int] = []

    def seen(self, words: Sequence[int]) -> list[int]:
        """Take one more measurement; return how often each word has come in a row by now."""
        if len(words) != len(self._words):
            self._equal = [0] * len(words)
            self._words = words
        again = zip(self._equal, words, self._words, strict=True)
        self._equal = [count + 1 if word == before else 1 for count, word, before in again]
        self._words = words
        return list(self._equal)
