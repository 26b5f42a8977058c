"""One thread for one bus, so that a slow chip never stops the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from drivers.errors import DriverError, LinkLost
from drivers.links.causes import BUS_HANGS

TRANSFER_TIMEOUT = 3.0  # s; the Pi's I2C controller itself gives up after 1 s (i2c-bcm2835: 1 HZ)

T = TypeVar("T")
Job = tuple["Future[Any]", Callable[[], Any]]


class BusThread:
    """Does the calls of all chips of a bus one by one; `path` is named in errors.

    A call that hangs in the kernel costs its caller `timeout` seconds and everybody else an
    immediate LinkLost until it ends.
    """

    def __init__(self, path: str, name: str, timeout: float = TRANSFER_TIMEOUT) -> None:
        self._path = path
        self._name = name
        self._timeout = timeout
        self._turn = asyncio.Lock()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._hanging: Future[Any] | None = None
        self._closed = False

    async def run(self, call: Callable[[], T]) -> T:
        """Return what `call` returns in the thread, or raise its DriverError."""
        async with self._turn:
            if self._closed:
                raise LinkLost(f"{self._path} is closed")
            if self._hanging is not None and not self._hanging.done():
                raise LinkLost(
                    f"{self._path}: an earlier transfer still hangs in the kernel", cause=BUS_HANGS
                )
            job: Future[T] = Future()
            self._submit(job, call)
            try:
                async with asyncio.timeout(self._timeout):
                    return await asyncio.wrap_future(job)
            except TimeoutError:
                self._hanging = job
                raise LinkLost(
                    f"{self._path}: a transfer did not end within {self._timeout:g} s",
                    cause=BUS_HANGS,
                ) from None

    def close(self, last: Callable[[], None]) -> None:
        """Do `last` as soon as no call uses the bus, and end the thread; never blocks."""
        self._closed = True
        self._jobs.put((Future(), last))
        self._jobs.put(None)

    def _submit(self, job: Future[T], call: Callable[[], T]) -> None:
        if self._thread is None or not self._thread.is_alive():
            # A daemon: a transfer that hangs in the kernel must not keep the process from ending.
            self._thread = threading.Thread(
                target=work, args=(self._jobs,), name=self._name, daemon=True
            )
            self._thread.start()
        self._jobs.put((job, call))


def work(jobs: SimpleQueue[Job | None]) -> None:
    """Do jobs until None comes; a job's DriverError goes to whoever waits for it."""
    while (job := jobs.get()) is not None:
        future, call = job
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(call())
        except DriverError as error:
            future.set_exception(error)
