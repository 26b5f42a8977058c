"""A serial UHF module of a test: a link that plays what it is told to, on a clock of its own."""

from __future__ import annotations

from tests.drivers.fake_timing import FakeTiming


class PlayedLink:
    """Gives one of `answers` a read; silence takes all the time allowed, an error is raised.

    Where an answer is bytes, it takes `takes` seconds.
    """

    def __init__(self, *answers, timing=None, takes=0.0):
        self.answers = list(answers)
        self.timing = timing or FakeTiming()
        self.takes = takes
        self.written, self.waited = [], []
        self.closed = False

    async def read(self, within):
        self.waited.append(round(within, 6))
        answer = self.answers.pop(0) if self.answers else b""
        if isinstance(answer, Exception):
            raise answer
        self.timing.now += self.takes if answer else within
        return answer

    async def write(self, data, within):
        self.written.append((data, within))

    def close(self):
        self.closed = True
