"""One session with a stick, from its opening until it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from drivers.errors import DriverError, LinkLost
from drivers.zigbee import causes
from drivers.zigbee.host.radio_port import Radio, StartedAnew

log = logging.getLogger(__name__)


class Session:
    """The stick at `port`; `radio` is there once it is open, `running` while its network is up."""

    def __init__(self, port: str) -> None:
        self._port = port
        self.radio: Radio | None = None
        self.running = False
        loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[BaseException | None] = loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()

    def lost(self, error: BaseException | None) -> None:
        """Note that the stick is gone, or says nothing any more."""
        if not self._lost.done():
            self._lost.set_result(error)

    def check(self) -> None:
        """Raise LinkLost once the stick is gone."""
        if self._lost.done():
            raise _gone(self._port, self._lost.result())

    async def until_lost_or(self, other: Any) -> None:
        """Return when `other` is done; LinkLost as soon as the stick is gone."""
        waiting = asyncio.ensure_future(other)
        try:
            await asyncio.wait({waiting, self._lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        self.check()

    def spawn(self, work: Callable[[Radio], Any]) -> None:
        """Do something that waits for nodes, beside the rest."""
        assert self.radio is not None, "nodes are asked through an open stick"
        task = asyncio.ensure_future(_logged(work, self.radio))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let go of the stick, and of what is being asked through it."""
        self.running = False
        radio, self.radio = self.radio, None
        for task in tuple(self._tasks):
            task.cancel()
        if radio is not None:
            await radio.close()


def _gone(port: str, error: BaseException | None) -> LinkLost:
    if isinstance(error, StartedAnew):
        return LinkLost(f"the stick at {port} started anew by itself ({error})")
    if isinstance(error, TimeoutError):
        return LinkLost(f"the stick at {port} says nothing any more", cause=causes.NO_ZNP)
    return LinkLost(f"the stick at {port} is gone", cause=causes.NO_STICK)


async def _logged(work: Callable[[Radio], Any], radio: Radio) -> None:
    try:
        await work(radio)
    except DriverError as error:
        log.info("%s", error)
