"""Nodes that report by themselves, each cluster when its time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hil.emulators.zigbee.node import POWER, Node

Report = Callable[[Node, int], None]


class Reporters:
    """What each node was told to report; `report` does it. Time goes by `pace` times as fast."""

    def __init__(self, report: Report, pace: float) -> None:
        self._report = report
        self._pace = pace
        self._waiting: dict[tuple[str, int], asyncio.TimerHandle] = {}

    def follow(self, there: Node) -> None:
        """Let a node report as it was told."""
        for cluster in {of for of, _ in there.reporting}:
            if waiting := self._waiting.pop((there.name, cluster), None):
                waiting.cancel()
            told = min(most for (of, _), (_, most, _) in there.reporting.items() if of == cluster)
            self._later(there, cluster, there.every if there.every and cluster != POWER else told)

    def _later(self, there: Node, cluster: int, every: float) -> None:
        self._waiting[there.name, cluster] = asyncio.get_running_loop().call_later(
            every / self._pace, self._again, there, cluster, every
        )

    def _again(self, there: Node, cluster: int, every: float) -> None:
        if not there.reporting:
            return
        if there.alive:
            self._report(there, cluster)
        self._later(there, cluster, every)

    def end(self) -> None:
        """Let no node report any more."""
        for waiting in self._waiting.values():
            waiting.cancel()
