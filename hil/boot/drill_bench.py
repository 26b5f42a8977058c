"""What a drill works with, and what it promises."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hil.boot.boards import Board
from hil.boot.card import Card
from hil.boot.card_bench import CardBench
from hil.boot.gateway import SHOWN, Gateway

LABEL = "card-1"
Figures = Iterator[tuple[str, float]]
"""What was done, and the seconds that it took."""


class DrillFailed(Exception):
    """The gateway did not do what is promised; the text says what."""


@dataclass(slots=True)
class DrillBench:
    """The bench with its parts, the card as it was built, and the gateway most drills are done to.

    `board` is what that gateway is in; `cuts` is how many power cuts the drill of that name makes.
    """

    card_bench: CardBench
    built: Card
    board: Board
    rng: random.Random
    cuts: int
    gateway: Gateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.blank(LABEL)

    def blank(self, label: str, board: Board | None = None) -> Gateway:
        """Return a gateway that was never on, in the bench's board or another."""
        board = board or self.board
        return Gateway.blank(self.card_bench, self.built, label, self.rng, board)

    def settle_gateway(self) -> Figures:
        """Have the gateway on, with confirmed records and every device running."""
        start = time.monotonic()
        if not self.gateway.is_on:
            yield "power on to a shell", self.gateway.power_on()
            self.gateway.await_confirmed(0)
            yield "power on to a confirmed record", time.monotonic() - start
            self.gateway.await_devices()
            yield "power on to every device read", time.monotonic() - start
        else:
            self.gateway.await_devices()


Drill = Callable[[DrillBench], Figures]


@contextmanager
def nothing_lost(gateway: Gateway) -> Iterator[int]:
    """Give the number of records; at the end those shown before must be as they were.

    DrillFailed otherwise. New records are to be confirmed by then.
    """
    before = gateway.shown(max(0, gateway.records() - SHOWN))
    made = max(before) + 1
    yield made
    gateway.await_confirmed(made)
    after = gateway.shown(min(before))
    lost = sum(after.get(number) != line for number, line in before.items())
    if lost:
        raise DrillFailed(f"{lost} records that had been shown were lost or changed")
