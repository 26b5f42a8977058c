"""The one thread in which a journal lives: disks may take their time, the event loop may not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class JournalThread:
    """Runs blocking calls one after another, in the order of `run`.

    A turn there and back is one future and one entry of a queue: an executor's costs a future and
    two locks more, which are system calls.

    One that `blocks` needs no event loop: who awaits `run` blocks, as long as nobody else is there
    who could go on meanwhile.
    """

    def __init__(self, *, blocks: bool = False) -> None:
        self._turns: SimpleQueue[_Turn | None] = SimpleQueue()
        self._blocks = blocks
        self._closed = False
        # A daemon: a process that fails and does not close it must not wait for a disk that hangs.
        self._thread = Thread(target=self._serve, name="journal", daemon=True)
        self._thread.start()

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `call` returns, or raise what it raises; RuntimeError once it is closed.

        Cancelling the caller does not stop a call under way: a commit is never left half-known.
        """
        if self._closed:
            raise RuntimeError("the journal's thread has ended")
        work = partial(call, *args, **kwargs)
        if self._blocks:
            settled: Future[T] = Future()
            self._turns.put(_Turn(work, settled))
            return settled.result()
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._turns.put(_Turn(work, _InLoop(done)))
        return await done

    def unblock(self) -> None:
        """Have calls awaited from now on, while the event loop goes on."""
        self._blocks = False

    def close(self) -> None:
        """Wait for the calls under way, then end the thread."""
        self._closed = True
        self._turns.put(None)
        self._thread.join()

    def _serve(self) -> None:
        for turn in iter(self._turns.get, None):
            with turn:
                turn.give(turn.call())
            del turn  # nothing of it stays in memory until the next one comes


class _Done(Protocol):
    """A future: who asked for a call gets its outcome there."""

    def set_result(self, result: Any, /) -> None: ...

    def set_exception(self, error: BaseException, /) -> None: ...


class _Turn:
    """One call in the thread. What leaves its `with` as an error is raised in who asked for it."""

    __slots__ = ("_done", "call")

    def __init__(self, call: Callable[[], Any], done: _Done) -> None:
        self.call = call
        self._done = done

    def give(self, result: Any) -> None:
        """Hand the result to who asked for it."""
        self._done.set_result(result)

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None:
            self._done.set_exception(error)
        return True


class _InLoop:
    """A future of an event loop, which another thread settles."""

    __slots__ = ("_done",)

    def __init__(self, done: asyncio.Future[Any]) -> None:
        self._done = done

    def set_result(self, result: Any) -> None:
        self._tell(partial(self._done.set_result, result))

    def set_exception(self, error: BaseException) -> None:
        self._tell(partial(self._done.set_exception, error))

    def _tell(self, settle: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._done.get_loop().call_soon_threadsafe(self._settle, settle)

    def _settle(self, settle: Callable[[], None]) -> None:
        if not self._done.done():  # who asked was cancelled meanwhile
            settle()
