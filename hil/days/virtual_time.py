"""An event loop whose clock jumps to what comes next: a day of waiting takes no time.

For what touches no socket and no thread: calls for a thread are done at once, in the loop's own.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

LEAST = 0.001  # s; no machine waits for less, and clocks that count milliseconds stand still
TURN = 1e-6  # s of each turn of the loop: else who waits for a rounding error waits for ever


class _Jump(selectors.SelectSelector):
    """Waits for nothing: time passes instead."""

    def __init__(self, passes: Callable[[float], None]) -> None:
        super().__init__()
        self._passes = passes

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "everybody waits for somebody else"
        self._passes(max(timeout, LEAST) if timeout > 0 else TURN)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time` begins at 0 seconds."""

    def __init__(self) -> None:
        self._virtual = 0.0
        super().__init__(_Jump(self._pass))

    def _pass(self, seconds: float) -> None:
        self._virtual += seconds

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._virtual

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Do it at once; return a future that is done."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  it is whoever awaits it that gets it
            done.set_exception(error)
        return done


class Inline:
    """Stands for the journal's thread."""

    async def run(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return what `call` returns, as `JournalThread.run` does."""
        return call(*args, **kwargs)

    def close(self) -> None:
        """End nothing."""
