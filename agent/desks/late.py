"""A desk that few gateways are ever asked at is loaded with its first request."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol

from agent.desks.control import Request, Verb


class Desk(Protocol):
    """Answers some verbs of the control socket."""

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        ...


class LateDesk:
    """Stands for the desk that `make` imports and makes; `names` are the desk's verbs."""

    def __init__(self, names: Sequence[str], make: Callable[[], Desk]) -> None:
        self._names = names
        self._make = make
        self._desk: Desk | None = None

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {name: partial(self._ask, name) for name in self._names}

    async def _ask(self, name: str, request: Request) -> AsyncGenerator[Any, None]:
        if self._desk is None:
            self._desk = self._make()
        async with aclosing(self._desk.verbs()[name](request)) as results:
            async for result in results:
                yield result
