"""How worn the card is: bytes written to it, counted over reboots, and how long it will last.

Linux counts the sectors written to a disk since it was found (Documentation/admin-guide/
iostats.rst: the seventh field of /sys/dev/block/MAJ:MIN/stat, always 512 bytes each). A small file
carries the sum over reboots; it is written at most once an hour, so a power cut costs an hour of
counting. Embedded cards tell their own wear, too (JEDEC JESD84-B51, 7.4: DEVICE_LIFE_TIME_EST_TYP
and PRE_EOL_INFO).
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from agent.machine.board import read_text
from foundation.dataclass import dataclass
from foundation.durable import WriteFailed, write_file

SECTOR_BYTES = 512
WRITTEN_FIELD = 6
FILE_NAME = "wear"

SAVE_EVERY = 3600.0  # s
LOOK_EVERY = 60.0  # s
FORECAST_AFTER = 3600.0  # s of counting; less says nothing about a day
SECONDS_PER_DAY = 86400.0
DAYS_PER_YEAR = 365.25
TERABYTE = 10**12

_LIFE_STEPS = range(1, 12)  # 1: 0 to 10 % of the life used … 10: 90 to 100 %, 11: beyond
_PRE_EOL = {1: "", 2: "four fifths of its spare blocks are used", 3: "its spare blocks run out"}


@dataclass(frozen=True, slots=True)
class Card:
    """The disk under a folder: its kernel name, and the card's own number where it tells one."""

    path: Path
    serial: str

    def written(self) -> int | None:
        """Return the bytes written since the kernel found it."""
        fields = (read_text(self.path / "stat") or "").split()
        if len(fields) <= WRITTEN_FIELD or not fields[WRITTEN_FIELD].isdigit():
            return None
        return int(fields[WRITTEN_FIELD]) * SECTOR_BYTES

    def own_words(self) -> str:
        """Return what an embedded card says of its wear; empty for all others."""
        used = _hexes(read_text(self.path / "device" / "life_time"))
        ends = _hexes(read_text(self.path / "device" / "pre_eol_info"))
        worst = max((step for step in used if step in _LIFE_STEPS), default=None)
        words = [] if worst is None else [f"{min(worst * 10, 100)} % of its life is used"]
        words += [_PRE_EOL[end] for end in ends if _PRE_EOL.get(end)]
        return f"the card says: {', '.join(words)}" if words else ""


def _hexes(text: str | None) -> list[int]:
    return [int(word, 16) for word in re.findall(r"\b0x[0-9a-f]{1,2}\b", text or "")]


def card_under(folder: Path, sys: Path) -> Card | None:
    """Return the disk that holds `folder`; None where that is no disk (tmpfs, overlay, network)."""
    device = folder.stat().st_dev
    node = sys / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"
    if not node.exists():
        return None
    node = node.resolve()
    if (node / "partition").exists():
        node = node.parent  # a card wears as a whole
    serial = read_text(node / "device" / "cid") or read_text(node / "device" / "serial") or ""
    return Card(node, serial.strip())


@dataclass(frozen=True, slots=True)
class Count:
    """Bytes written to one card over `seconds` of running, up to `seen` of boot `boot`'s count."""

    serial: str
    boot: str
    seen: int
    written: int = 0
    seconds: float = 0.0

    def to_bytes(self) -> bytes:
        """Return the file's text."""
        fields = (self.serial or "-", self.boot, self.seen, self.written, round(self.seconds))
        return (" ".join(map(str, fields)) + "\n").encode()


def parse_count(text: str) -> Count | None:
    """Read the file's text; None where it makes no sense."""
    try:
        serial, boot, seen, written, seconds = text.split()
        return Count(serial.removeprefix("-"), boot, int(seen), int(written), float(seconds))
    except ValueError:
        return None


def resumed(kept: Count | None, serial: str, boot: str, seen: int) -> Count:
    """Return where counting goes on, for a card whose kernel count is `seen` now.

    Another card starts anew. What was written while nobody counted belongs to it as well: since
    this boot began, or since the last look at this boot.
    """
    if kept is None or kept.serial != serial:
        return Count(serial, boot, seen)
    missed = seen - kept.seen if kept.boot == boot else seen
    return replace(kept, boot=boot, seen=seen, written=kept.written + max(0, missed))


@dataclass(frozen=True, slots=True)
class Wear:
    """What `status` tells. `problem` says why nothing can be counted."""

    written: int = 0
    per_day: int | None = None
    years: float | None = None
    endurance_tb: int = 0
    own_words: str = ""
    problem: str = ""


def forecast(count: Count, endurance_tb: int, own_words: str) -> Wear:
    """Return the rate and the years left, once there is enough to go by."""
    if count.seconds < FORECAST_AFTER:
        return Wear(count.written, None, None, endurance_tb, own_words)
    per_day = round(count.written / count.seconds * SECONDS_PER_DAY)
    left = max(0, endurance_tb * TERABYTE - count.written)
    years = left / per_day / DAYS_PER_YEAR if per_day and endurance_tb else None
    return Wear(count.written, per_day, years, endurance_tb, own_words)


class WearCounter:
    """Counts for the card under `folder`; `run` is its task. `boot` is the kernel's boot id."""

    def __init__(
        self,
        folder: Path,
        sys: Path,
        boot: str,
        *,
        endurance_tb: int,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._folder = folder
        self._sys = sys
        self._boot = boot or "-"
        self._endurance = endurance_tb
        self._monotonic = monotonic
        self._sleep = sleep
        self._count: Count | None = None
        self._looked = self._saved = monotonic()
        self.wear = Wear(problem="not looked at yet")

    async def run(self) -> None:
        """Count, for ever."""
        while True:
            await asyncio.to_thread(self.look)
            await self._sleep(LOOK_EVERY)

    def look(self) -> None:
        """Count what was written since the last look; keep the sum when its hour has come."""
        card = self._card()
        seen = None if card is None else card.written()
        if card is None or seen is None:
            self.wear = Wear(problem="the disk of the state folder does not count what is written")
            return
        now = self._monotonic()
        path = self._folder / FILE_NAME
        if self._count is None or self._count.serial != card.serial:
            self._count = resumed(_load(path), card.serial, self._boot, seen)
            self._looked = now
        count, elapsed = self._count, now - self._looked
        self._count = replace(
            count,
            seen=seen,
            written=count.written + max(0, seen - count.seen),
            seconds=count.seconds + elapsed,
        )
        self._looked = now
        self.wear = forecast(self._count, self._endurance, card.own_words())
        if now - self._saved >= SAVE_EVERY or not path.exists():
            self._save(path, now)

    def _card(self) -> Card | None:
        try:
            return card_under(self._folder, self._sys)
        except OSError:
            return None

    def _save(self, path: Path, now: float) -> None:
        """Keep the sum; a disk that refuses is told by others, and the next look tries again."""
        assert self._count is not None
        try:
            write_file(path, self._count.to_bytes())
        except WriteFailed:
            return
        self._saved = now


def _load(path: Path) -> Count | None:
    try:
        return parse_count(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError):
        return None
