"""Through which network interface a connection goes, and who hears that it is to be another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from foundation.addresses import Names


class Route(Protocol):
    """What a dialer is told of the way it is to take."""

    @property
    def interface(self) -> str:
        """The interface to use; empty: whatever the machine's routes say."""
        ...

    @property
    def names(self) -> Names:
        """What resolves the names of hosts."""
        ...

    def follow(self, moved: Callable[[], None]) -> Callable[[], None]:
        """Call `moved` whenever the interface changes, until what is returned is called."""
        ...

    def doubt(self) -> None:
        """Note that an answer stays away."""
        ...


class AnyRoute:
    """The machine's own routes, which are not ours to change."""

    interface = ""

    def __init__(self) -> None:
        self.names = Names()

    def follow(self, moved: Callable[[], None]) -> Callable[[], None]:
        """See `Route.follow`: it never changes."""
        del moved
        return lambda: None

    def doubt(self) -> None:
        """See `Route.doubt`: there is no other."""
