"""What a look for frames finds in some bytes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Split(Generic[F]):
    """What some bytes held: whole frames, the `rest` for next time, and bytes of no frame.

    `lost` tells of each report among these bytes: it is whole, but its check is wrong.
    """

    frames: tuple[F, ...]
    rest: bytes
    skipped: int
    lost: tuple[str, ...] = ()
