"""One check in progress: a fold over records. Pure.

Whatever counts for a check is a record of its own, so that a restart resumes it where it was: the
goods that entered the read point, barcodes scanned there, and what a person typed. Each makes an
observation; a later record may withdraw what a person or a scanner said, and both stay on record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from agent.dock.check import check
from agent.dock.differences import (
    HAND,
    Code,
    Known,
    Remark,
    Seen,
    Verdict,
)
from agent.dock.goods_identity import Identity
from agent.dock.history import Opened
from agent.dock.notice import Notice
from agent.dock.observed import Observed, has_many, identity_of, seen_of
from agent.dock.returns import Delivered, check_returns
from agent.observe.presence import Present, text
from evidence.leaf import Record
from foundation.dataclass import dataclass

ENTRY = "dock-entry"
LABEL, REMARK, TRIP, PASSED, UNDO = "label", "remark", "trip", "passed", "undo"
"""What a `dock-entry` is: a label read by eye, what a person says of goods, what the proof of their
journey says, that what passed before the check began is of it, and that something is withdrawn."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person said, so that they can see it and take it back."""

    number: int
    what: str
    said: str
    operator: str
    at_ms: int


class Session:
    """What was seen and said for one open check; of returns, `delivered` is what went out."""

    def __init__(
        self,
        opened: Opened,
        notice: Notice,
        scanners: Collection[str],
        present: Iterable[Present],
        delivered: Delivered | None = None,
    ) -> None:
        self.delivered = delivered
        self.opened = opened
        self.notice = notice
        self._scanners = scanners
        self._now = Observed(opened.read_point, scanners)
        self._now.present(present)
        self._passed = Observed(opened.read_point, scanners)
        self._labels: dict[int, Seen] = {}
        self._remarks: dict[int, Remark] = {}
        self._trips: dict[int, str] = {}
        self._passes: dict[int, int] = {}
        self.entries: dict[int, Entry] = {}
        self._withdrawn: set[int] = set()
        self._typed_ms: int | None = None

    def apply(self, record: Record) -> None:
        """Fold one more record in."""
        if record.number < self.opened.number:
            return
        if record.kind == ENTRY:
            if text(record, "check") == self.opened.check:
                self._entry(record)
        else:
            self._now.apply(record)

    def apply_all(self, records: Iterable[Record]) -> None:
        """Fold records in, in their order."""
        for record in records:
            self.apply(record)

    @property
    def scan_numbers(self) -> Collection[int]:
        """The records of the scans that count, each of which can be withdrawn."""
        return self._scans.keys()

    @property
    def _scans(self) -> Mapping[int, Seen]:
        scans = self._passed.scans | self._now.scans
        return {number: each for number, each in scans.items() if number not in self._withdrawn}

    @property
    def since(self) -> int:
        """The record from which on what passed is of this check."""
        return min(self._passes.values(), default=self.opened.number)

    def take_passed(self, records: Iterable[Record]) -> None:
        """Take the records from `since` on to the check's beginning."""
        self._passed = Observed(self.opened.read_point, self._scanners)
        for record in records:
            if self.since <= record.number < self.opened.number:
                self._passed.apply(record)

    def _entry(self, record: Record) -> None:
        number, what = record.number, text(record, "what")
        if what == UNDO:
            self._withdraw(record)
            return
        if what == LABEL:
            self._label(record)
        elif what == REMARK:
            self._remarks[number] = remark_of(record)
        elif what == TRIP:
            self._trips[number] = text(record, "text")
        elif what == PASSED:
            first = record.values.get("entry", self.opened.number)
            self._passes[number] = first if isinstance(first, int) else self.opened.number
        self.entries[number] = Entry(
            number, what, said_by(record), text(record, "operator"), record.wall_ms
        )

    def _withdraw(self, record: Record) -> None:
        """Forget what one record said, here; in the journal it stays."""
        number = record.values.get("entry")
        if isinstance(number, int):
            self._labels.pop(number, None)
            self._remarks.pop(number, None)
            self._trips.pop(number, None)
            self._passes.pop(number, None)
            self.entries.pop(number, None)
            self._withdrawn.add(number)
            if not self._passes:
                self._passed = Observed(self.opened.read_point, self._scanners)

    def _label(self, record: Record) -> None:
        seen = seen_of(record, HAND)
        if seen.identity != Identity():
            self._labels[record.number] = seen
            self._typed_ms = record.wall_ms

    @property
    def seen(self) -> list[Seen]:
        """All observations that stand."""
        tags = self._passed.tags | self._now.tags
        return [*tags.values(), *self._scans.values(), *self._labels.values()]

    @property
    def epcs(self) -> Mapping[Identity, str]:
        """The EPC of each tag that was read."""
        return self._passed.epcs | self._now.epcs

    @property
    def tids(self) -> Mapping[Identity, str]:
        """The chip of each tag, where it was read."""
        return self._passed.tids | self._now.tids

    @property
    def remarks(self) -> list[Remark]:
        """What people say of goods."""
        return list(self._remarks.values())

    @property
    def trip(self) -> str:
        """What the proof of the journey says, by the newest word."""
        return self._trips[max(self._trips)] if self._trips else ""

    @property
    def last_ms(self) -> int | None:
        """When something new was seen or typed last."""
        times = [self._passed.last_ms, self._now.last_ms, self._typed_ms]
        return max((time for time in times if time is not None), default=None)

    def seen_with(self, elsewhere: Mapping[Identity, str]) -> list[Seen]:
        """Return the observations; `elsewhere` says where else a tag is read now."""
        if not elsewhere:
            return self.seen
        return [
            replace(each, elsewhere=elsewhere[each.identity])
            if each.identity in elsewhere
            else each
            for each in self.seen
        ]

    def verdict(
        self, known: Known, elsewhere: Mapping[Identity, str], others: Iterable[Seen] = ()
    ) -> Verdict:
        """Return how the check stands; `others` were observed for the same notice elsewhere."""
        seen = self.seen_with(elsewhere)
        if self.delivered is not None:
            return check_returns(self.notice, self.delivered, seen, self.tids, self.remarks)
        mixed = (self._passed.mixed | self._now.mixed).values()
        return check(self.notice, seen, self.remarks, known, mixed, others)

    @property
    def units(self) -> list[str]:
        """The SSCCs that were seen."""
        return sorted({each.identity.sscc for each in self.seen if each.identity.sscc})

    @property
    def doubtful(self) -> int:
        """How many different scans could not be read rightly."""
        return len(self._passed.doubtful | self._now.doubtful)

    @property
    def manual(self) -> int:
        """How many things are known by hand alone: labels that were typed, and nothing else saw."""
        by_devices = {each.identity for each in self.seen if each.source != HAND}
        typed = [each for each in self._labels.values() if each.identity not in by_devices]
        named = {each.identity for each in typed if not has_many(each.identity)}
        return len(named) + sum(each.pieces for each in typed if has_many(each.identity))


def said_by(record: Record) -> str:
    """Return what an entry says, in the words that its undoing repeats."""
    code = text(record, "code")
    named = " ".join(each for each in (code, str(identity_of(record))) if each)
    return f"{text(record, 'what')} {named or text(record, 'text')}".strip()


def remark_of(record: Record) -> Remark:
    """Return the remark that a `dock-entry` is."""
    quantity, photo = record.values.get("quantity", 1), record.values.get("photo", b"")
    return Remark(
        Code(text(record, "code")),
        identity_of(record),
        quantity if isinstance(quantity, int) else 1,
        bool(record.values.get("rejected")),
        text(record, "text"),
        record.number,
        photo if isinstance(photo, bytes) else b"",
    )


def identity_values(identity: Identity) -> dict[str, str]:
    """Return the fields of a record that name a thing."""
    named = {name: getattr(identity, name) for name in ("sscc", "gtin", "serial", "epc")}
    return {name: value for name, value in named.items() if value}
