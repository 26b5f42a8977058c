"""Which step heals a modem that hangs: the mildest that may, never in vain, never too often. Pure.

Moments are monotonic seconds. What was done counts on over reboots, in notes of the device: how
many hard steps were taken since the modem was last well for an hour, and how often each step
helped, or did not where a later one did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Rung(StrEnum):
    """One step, from the mildest to the last. The text says what was done, for people."""

    SECOND = "second port asked"
    RADIO = "radio switched off and on"
    RESET = "modem reset by command"
    USB = "USB power switched off and on"
    POWER = "supply cut and given back"


class Trouble(StrEnum):
    """What is wrong with a modem."""

    SILENT = "silent"  # its port is there and nothing answers
    DEAF = "deaf"  # it answers to AT and does not do its work
    STUCK = "stuck"  # it is in the network, has a call, and no packets pass
    GONE = "gone"  # its port is not there


HELPS = {
    Trouble.SILENT: (Rung.SECOND, Rung.RADIO, Rung.RESET, Rung.USB, Rung.POWER),
    Trouble.DEAF: (Rung.RADIO, Rung.RESET, Rung.USB, Rung.POWER),
    Trouble.STUCK: (Rung.RADIO, Rung.RESET, Rung.USB, Rung.POWER),
    Trouble.GONE: (Rung.USB, Rung.POWER),
}
HARD = (Rung.RESET, Rung.USB, Rung.POWER)  # they end the call, and wear the modem's flash
IN_VAIN = 3  # so often without effect where a later step had one, and a step is passed over

HARD_TAKEN, FAILED, HELPED = "hard_steps", "failed", "helped"  # keys of the notes


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to climb, in seconds.

    `confirmed` of trouble come before the first step, and `settle` after each one until its effect
    is judged: a SIM7600 takes 30 s to start and as long to register. What works within `helps` was
    healed by it, later it came back by itself. `pause` lies before the second hard step and doubles
    with each up to `longest`. `well` without trouble, and all is forgotten. `coverage` is how long
    a word about coverage holds.
    """

    confirmed: float = 30.0
    settle: float = 90.0
    helps: float = 180.0
    pause: float = 300.0
    longest: float = 21_600.0
    well: float = 3600.0
    coverage: float = 21_600.0


@dataclass(frozen=True, slots=True)
class Around:
    """What forbids to climb: `covered` at the moment `covered_at`, a spent budget, the SIM's word.

    `refused` says why the network or the card gives no data, empty where it does; `flight` that
    radios are to be off.
    """

    covered: bool | None = None
    covered_at: float = 0.0
    budget_spent: bool = False
    refused: str = ""
    flight: bool = False


@dataclass(slots=True)
class Ladder:
    """One modem's ladder, of the steps that are `there`; `notes` are what was kept of it."""

    there: Sequence[Rung]
    pace: Pace = field(default_factory=Pace)
    notes: dict[str, Any] = field(default_factory=dict)
    _since: float | None = None  # of trouble
    _well_since: float | None = None
    _taken: list[tuple[Rung, float]] = field(default_factory=list)  # since the trouble began
    _begun: float | None = None  # of this run: pauses count from then on, too

    def next(self, trouble: Trouble, around: Around, now: float) -> Rung | None:
        """Return the step to take now, or None; `why_not` says why."""
        if self.why_not(trouble, around, now):
            return None
        return self._chosen(trouble)

    def why_not(self, trouble: Trouble, around: Around, now: float) -> str:
        """Return why no step is taken now, in words; empty where one is, or none could help."""
        self._begin(now)
        if forbidden := self._forbidden(trouble, around, now):
            return f"nothing is reset{forbidden}"
        chosen = self._chosen(trouble)
        if chosen is None:
            return "no step is left that could help" if self._taken else ""
        if (left := self._left(chosen, now)) > 0:
            return f"next in {left:.0f} s: {chosen}"
        return ""

    def _forbidden(self, trouble: Trouble, around: Around, now: float) -> str:
        if around.flight:
            return " in flight mode: a reset switches the radio on"
        if around.budget_spent:
            return " while the budget of bytes is spent"
        if around.covered is False and now - around.covered_at < self.pace.coverage:
            return " where there is no coverage"
        stuck = trouble is Trouble.STUCK and around.refused
        return f", as {around.refused}" if stuck else ""

    def exhausted(self, trouble: Trouble, now: float) -> bool:
        """Whether every step was taken in this trouble, and the last has had its time."""
        newest = self._newest
        if newest is None or self._chosen(trouble) is not None:
            return False
        return now - newest[1] >= self.pace.settle

    def took(self, rung: Rung, now: float) -> None:
        """Count a step that is about to be taken; the notes are to be kept before it is."""
        self._taken = [*self._taken[-len(Rung) :], (rung, now)]
        if rung in HARD:
            self.notes[HARD_TAKEN] = self._hard + 1

    def works(self, now: float) -> bool:
        """Note that the modem does its work; whether the notes have changed.

        What was done last helped; after an hour without trouble hard steps are forgotten.
        """
        changed = self._judge(now)
        self._since, self._taken = None, []
        if self._well_since is None:
            self._well_since = now
        if self._hard and now - self._well_since >= self.pace.well:
            self.notes[HARD_TAKEN] = 0
            changed = True
        return changed

    def _judge(self, now: float) -> bool:
        """Count which steps of this trouble had an effect; whether that can be told."""
        newest = self._newest
        if newest is None or now - newest[1] > self.pace.helps:
            return False
        self._count(HELPED, newest[0])
        for rung in {rung for rung, _ in self._taken} - {newest[0]}:
            self._count(FAILED, rung)
        return True

    @property
    def _newest(self) -> tuple[Rung, float] | None:
        return self._taken[-1] if self._taken else None

    @property
    def done(self) -> str:
        """What was done last in this trouble, in words."""
        return "" if self._newest is None else str(self._newest[0])

    def _begin(self, now: float) -> None:
        self._well_since = None
        if self._since is None:
            self._since = now
        if self._begun is None:
            self._begun = now

    def _chosen(self, trouble: Trouble) -> Rung | None:
        """Return the step after the newest one, and after the last the mildest hard one again.

        Where packets stay away after all steps, no step is what is wanting.
        """
        helpful = [rung for rung in HELPS[trouble] if rung in self.there]
        useful = [rung for rung in helpful if not self._in_vain(rung)] or helpful[-1:]
        if self._newest is None:
            return useful[0] if useful else None
        order = list(Rung)
        later = [rung for rung in useful if order.index(rung) > order.index(self._newest[0])]
        again = [rung for rung in useful if rung in HARD and trouble is not Trouble.STUCK]
        return next(iter(later or again), None)

    def _in_vain(self, rung: Rung) -> bool:
        return self._of(FAILED, rung) >= IN_VAIN and not self._of(HELPED, rung)

    def _left(self, rung: Rung, now: float) -> float:
        """Return the seconds until a step may be taken."""
        assert self._since is not None
        assert self._begun is not None
        due = self._since + self.pace.confirmed
        if self._newest is not None:
            due = max(due, self._newest[1] + self.pace.settle)
        if rung in HARD and self._hard:
            pause = min(self.pace.longest, self.pace.pause * 2.0 ** (min(self._hard, 20) - 1))
            newest = self._newest[1] if self._newest is not None else self._begun
            due = max(due, newest + pause)
        return due - now

    @property
    def _hard(self) -> int:
        """How many hard steps were taken; notes that are no number count as none."""
        found = self.notes.get(HARD_TAKEN)
        return found if isinstance(found, int) and found > 0 else 0

    def _of(self, key: str, rung: Rung) -> int:
        table = self.notes.get(key)
        found = table.get(rung.name) if isinstance(table, Mapping) else None
        return found if isinstance(found, int) else 0

    def _count(self, key: str, rung: Rung) -> None:
        table = self.notes.get(key)
        kept = dict(table) if isinstance(table, Mapping) else {}
        self.notes[key] = kept | {rung.name: self._of(key, rung) + 1}
