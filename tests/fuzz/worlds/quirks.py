"""What may be odd in a world: each is a lie, a mistake or an accident that the page names."""

from __future__ import annotations

import random
from collections.abc import Collection

CHAIN = (
    "prev of another", "seq skipped", "seq again", "numbers skipped", "numbers again",
    "another key signs", "successor passed over", "another epoch", "another gateway",
    "epoch follows nothing", "follows another digest", "follows another seq", "follows less lost",
    "follows a third epoch", "epoch begins late", "epoch begins again", "gap of other records",
    "gap with another behind", "gap behind the present", "issued at another time",
)  # fmt: skip
BATCH = (
    "leaf count", "root", "batch times", "record number", "record time", "record that is none",
    "envelope of another gateway", "envelope by an unknown key", "envelope of another file",
    "envelope forged", "attachment without bytes", "commitment cut", "envelope's time",
)  # fmt: skip
LOG = (
    "no log line", "log line by another", "log line cut", "line twice", "too few cosigners",
    "a cosigner more", "cosignature forged", "cosignature cut", "stranger's line",
    "lines out of order", "extension line", "size lied", "root lied", "another origin",
    "a clock years ahead", "a clock years behind", "receipt of another entry", "receipt's index",
    "receipt's size", "receipt's path cut", "receipt by another key", "receipt forged",
    "receipt of another log", "one log under two names",
)  # fmt: skip
SHOWN = (
    "batch left out", "batch twice", "batches turned", "record changed", "salt changed",
    "index moved", "proof cut", "proof turned", "record of a gap", "gaps told wrong",
    "file that none names", "file left out", "files turned", "checkpoint not used",
    "checkpoints turned", "another checkpoint", "checkpoint out of range", "too few logs",
    "vouchers turned", "other policy", "closing digest", "byte changed", "version of before",
)  # fmt: skip
POLICY = (
    "key not listed", "key of another gateway", "key revoked", "key early", "key expired",
    "nobody's quorum", "key listed under one log",
)  # fmt: skip
QUIRKS = CHAIN + BATCH + LOG + SHOWN + POLICY

HOW_MANY = (0, 0, 1, 1, 1, 1, 2, 2, 3)
"""Quirks of a world, one of these: most have just one, so that it is seen by itself."""


class Chance(random.Random):
    """The choices of one world, all from its seed; `odd` tells whether a quirk bites here.

    `quirks` are those that it may have, by default a few by chance; `shown` those that it has.
    """

    def __init__(self, seed: bytes, quirks: Collection[str] | None = None) -> None:
        super().__init__(seed)
        some = self.sample(QUIRKS, self.choice(HOW_MANY))
        self.quirks = frozenset(some if quirks is None else quirks)
        self.shown: set[str] = set()

    def odd(self, quirk: str) -> bool:
        """Tell whether the world has this quirk, and shows it at this place."""
        assert quirk in QUIRKS, quirk
        bites = quirk in self.quirks and self.random() < 0.6  # more often than not
        if bites:
            self.shown.add(quirk)
        return bites

    def likely(self, part: float) -> bool:
        """Tell whether one of `part` chances came."""
        return self.random() < part
