"""What the test of a device's cause looks at, and the table of a device's rows. Pure.

A driver names the row where it knows the cause (`DriverError.cause`, `Health.cause`): that is the
best evidence. A row's own test adds what can be seen from outside, also while no driver runs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from foundation.cause import Cause
from foundation.dataclass import dataclass

if TYPE_CHECKING:  # its module is more than a mere `--help` should load
    from foundation.options import OptionValue


class Stage(IntEnum):
    """How far a driver had come where a row is the cause."""

    ANYWHERE = 0
    PLACE = 1  # the port, bus or address is not there
    OPEN = 2  # it is there and cannot be opened
    ANSWER = 3  # it is open and nothing answers
    IDENTITY = 4  # something answers, not what is configured
    FRAMES = 5  # what comes cannot be read
    CONTENT = 6  # what can be read is of no use
    WORKING = 7  # readings come, and something is odd about them


@dataclass(frozen=True, slots=True)
class Word:
    """What a driver said last of its device.

    `cause` is the row's id, empty where it named none; `advice` that row's next step. Times are
    seconds before now, None where there was no such moment.
    """

    state: str
    detail: str = ""
    cause: str = ""
    advice: str = ""
    since: float | None = None
    read: float | None = None
    silent: bool = False
    counters: Mapping[str, int] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether the device works and its driver has nothing to say against it."""
        return self.state == "running" and not self.silent and not self.cause


class Machine(Protocol):
    """What can be seen of the machine; nothing is changed, None stands for unknown."""

    def there(self, path: str) -> bool | None:
        """Tell whether a file, port or bus is there."""
        ...

    def may_open(self, path: str) -> bool | None:
        """Tell whether the agent's user may read and write it."""
        ...

    def holders(self, path: str) -> Sequence[str] | None:
        """Return the programs that have it open, the agent left out."""
        ...

    def unused(self, path: str, taken: Collection[str]) -> Sequence[str]:
        """Return the ports of its kind that are there and none of `taken`."""
        ...

    def answers(self, bus: str, address: int) -> bool | None:
        """Tell whether a chip acknowledges an address: one transfer."""
        ...

    def listens(self, host: str, port: int) -> bool | None:
        """Tell whether a connection is taken there; it is closed at once."""
        ...


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another configured device."""

    name: str
    kind: str
    options: Mapping[str, OptionValue]
    word: Word | None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of one device; `word` None: nobody heard its driver."""

    name: str
    kind: str
    options: Mapping[str, OptionValue]
    word: Word | None
    machine: Machine
    others: Sequence[Neighbour] = ()

    def option(self, name: str) -> str:
        """Return an option as text; empty where the device has none such."""
        value = self.options.get(name)
        return "" if value is None else str(value)


DeviceCause = Cause[DeviceFacts]
