"""What leaves a part's converter: words with a little noise in their last bit, until it freezes."""

from __future__ import annotations

from collections.abc import Sequence

NOISY = 8  # measurements, of which one has another last bit: no part is wholly without noise


class Converter:
    """The converter of one chip."""

    def __init__(self) -> None:
        self._measured = 0
        self._frozen = False
        self._said: tuple[int, ...] = ()

    def words(self, values: Sequence[int], last_bit: int = 1) -> tuple[int, ...]:
        """Return what it says of a measurement."""
        if not (self._frozen and self._said):
            self._measured += 1
            noise = 0 if self._measured % NOISY else last_bit
            self._said = tuple(each ^ noise for each in values)
        return self._said

    def freeze(self) -> None:
        """Say the same from now on, whatever is measured."""
        self._frozen = True
