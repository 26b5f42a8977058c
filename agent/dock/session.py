"""One check in progress, and the history of all checks: folds over records. Pure.

Whatever counts for a check is a record of its own, so that a restart resumes it where it was: the
goods that entered the read point, barcodes scanned there, and what a person typed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent.dock.check import check
from agent.dock.differences import (
    Code,
    Disposition,
    Known,
    Mixed,
    Remark,
    Seen,
    Verdict,
)
from agent.dock.goods_identity import Identity, of_uri
from agent.dock.notice import Notice
from agent.dock.returns import Delivered, check_returns
from agent.observe.presence import ENTER, Present, text
from drivers.reading import Quality
from evidence.leaf import Record

OPEN, ENTRY, CHECK = "dock-open", "dock-entry", "dock-check"
BARCODE, TAG_STATE, BOX = "barcode", "tag-state", "box-check"
MIXED = {
    "mismatch_class": Disposition.CLASS,
    "mismatch_instance": Disposition.INSTANCE,
}
"""Verdicts of a `box-check` that are a difference."""

LABEL, REMARK, TRIP = "label", "remark", "trip"
"""What a `dock-entry` is: a label read by eye, what a person says of goods, or what the proof of
their journey says."""

CANCELLED = "cancelled"
ACCEPTED = "accepted"
DECISIONS = (ACCEPTED, "rejected", CANCELLED)

RETURNS = "returns"
"""The `purpose` of a check of what comes back; receiving and handing over have none."""

SPANS_REMEMBERED = 2000  # notices handed over, newest: half a year of ten a day
REMEMBERED = 20_000  # notices and units received, newest; a year of a busy door
SSCC_BYTES = 9  # 18 digits, two a byte


@dataclass(frozen=True, slots=True)
class Opened:
    """A check that is open since record `number`."""

    check: str
    notice: str
    digest: str
    read_point: str
    number: int
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """The records of an accepted check, from its beginning to its receipt."""

    receipt: str
    read_point: str
    first: int
    last: int


class CheckHistory:
    """Open checks, and the receipts of those before."""

    def __init__(self) -> None:
        self.open: dict[str, Opened] = {}
        self.received: dict[str, str] = {}
        self.spans: dict[str, Span] = {}
        self.count = 0

    def apply(self, record: Record) -> None:
        """Fold one more record in; records come in order, each once."""
        if record.kind == OPEN:
            self.count += 1
            name = text(record, "check")
            digest = record.values.get("digest", b"")
            assert isinstance(digest, bytes)
            self.open[name] = Opened(
                name,
                text(record, "notice"),
                digest.hex(),
                text(record, "read_point"),
                record.number,
                text(record, "purpose") == RETURNS,
            )
        elif record.kind == CHECK:
            opened = self.open.pop(text(record, "check"), None)
            returned = text(record, "purpose") == RETURNS
            if record.values.get("decision") == ACCEPTED and not returned:
                self._receive(record, opened)

    def _receive(self, record: Record, opened: Opened | None) -> None:
        receipt = text(record, "check")
        if opened is not None:
            span = Span(receipt, opened.read_point, opened.number, record.number)
            self.spans[opened.notice] = span
        while len(self.spans) > SPANS_REMEMBERED:
            del self.spans[next(iter(self.spans))]
        self.received[text(record, "notice")] = receipt
        units = record.values.get("units", b"")
        if isinstance(units, bytes):
            for sscc in unpacked(units):
                self.received[sscc] = receipt
        while len(self.received) > REMEMBERED:
            del self.received[next(iter(self.received))]

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON object."""
        opened = [_plain(each) for each in self.open.values()]
        return {
            "count": self.count,
            "received": self.received,
            "spans": {notice: _plain(span) for notice, span in self.spans.items()},
            "open": opened,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> CheckHistory:
        """Read what `to_json` wrote; ValueError, KeyError or TypeError for anything else."""
        history = cls()
        history.open = {each["check"]: Opened(**each) for each in plain["open"]}
        history.received = dict(plain["received"])
        spans = dict(plain.get("spans", {}))
        history.spans = {notice: Span(**each) for notice, each in spans.items()}
        history.count = int(plain["count"])
        return history


def _plain(each: Opened | Span) -> dict[str, Any]:
    return {name: getattr(each, name) for name in each.__slots__}


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
        self._tids: dict[Identity, str] = {}
        self.opened = opened
        self.notice = notice
        self._scanners = scanners
        self._seen: dict[Identity, Seen] = {}
        self.epcs: dict[Identity, str] = {}
        self.remarks: list[Remark] = []
        self.mixed: dict[Identity, Mixed] = {}
        self._doubtful: set[str] = set()
        self.trip = ""
        self.last_ms: int | None = None
        for tag in present:
            identity = of_uri(tag.uri, tag.epc)
            self._seen[identity] = Seen(identity)
            self.epcs[identity] = tag.epc
            self._tids[identity] = tag.tid

    def apply(self, record: Record) -> None:
        """Fold one more record in."""
        if record.number < self.opened.number:
            return
        here = text(record, "read_point") == self.opened.read_point
        if record.kind == TAG_STATE and here:
            self._tag(record)
        elif record.kind == BARCODE and record.device in self._scanners:
            self._barcode(record)
        elif record.kind == BOX and here and text(record, "verdict") in MIXED:
            self._box(record)
        elif record.kind == ENTRY and text(record, "check") == self.opened.check:
            self._entry(record)

    def apply_all(self, records: Iterable[Record]) -> None:
        """Fold records in, in their order."""
        for record in records:
            self.apply(record)

    def _tag(self, record: Record) -> None:
        """A tag that leaves was here, too, since before the check began; a stray never was."""
        identity = of_uri(text(record, "uri"), text(record, "epc"))
        if record.values.get("stray"):
            self._seen.pop(identity, None)
            return
        self.epcs[identity] = text(record, "epc")
        self._tids[identity] = text(record, "tid") or self._tids.get(identity, "")
        rssi, reads = record.values.get("rssi"), record.values.get("reads", 0)
        self._note(
            Seen(
                identity,
                rssi=float(rssi) if isinstance(rssi, int) else None,
                reads=reads if isinstance(reads, int) and text(record, "state") != ENTER else 0,
            ),
            record,
        )

    def _entry(self, record: Record) -> None:
        what = text(record, "what")
        if what == LABEL:
            self._label(record, "manual")
        elif what == REMARK:
            self.remarks.append(remark_of(record))
        elif what == TRIP:
            self.trip = text(record, "text")

    def _barcode(self, record: Record) -> None:
        """Take a clean scan; a doubtful one counts only as something to be scanned again."""
        if record.quality == Quality.OK:
            self._label(record, "barcode")
        else:
            self._doubtful.add(text(record, "text"))

    def _box(self, record: Record) -> None:
        identity = of_uri(text(record, "uri"), text(record, "epc"))
        words = f"barcode and tag differ: {text(record, 'text')}"
        self.mixed[identity] = Mixed(identity, words, MIXED[text(record, "verdict")])

    def _label(self, record: Record, source: str) -> None:
        """A label without serial number is one more piece of its article each time."""
        identity = identity_of(record)
        if identity == Identity():
            return
        before = self._seen.get(identity)
        counted = bool(before and identity.gtin and not identity.serial)
        pieces = before.pieces + 1 if before and counted else 1
        lot, expiry = text(record, "lot"), text(record, "expiry")
        self._note(Seen(identity, source, lot, expiry, pieces=pieces), record)

    def _note(self, seen: Seen, record: Record) -> None:
        """Keep the newest word, with the batch and date of an earlier label."""
        before = self._seen.get(seen.identity)
        if before is not None and before.lot + before.expiry and not seen.lot + seen.expiry:
            seen = replace(seen, lot=before.lot, expiry=before.expiry)
        if before is None or before.pieces != seen.pieces:
            self.last_ms = record.wall_ms
        self._seen[seen.identity] = seen

    def verdict(self, known: Known, elsewhere: Mapping[Identity, str]) -> Verdict:
        """Return how the check stands; `elsewhere` says where else a tag is read now."""
        seen = [
            replace(each, elsewhere=elsewhere[each.identity])
            if each.identity in elsewhere
            else each
            for each in self._seen.values()
        ]
        if self.delivered is not None:
            return check_returns(self.notice, self.delivered, seen, self._tids, self.remarks)
        return check(self.notice, seen, self.remarks, known, self.mixed.values())

    @property
    def pieces(self) -> dict[str, int]:
        """How many pieces of each article were seen."""
        found: Counter[str] = Counter()
        for each in self._seen.values():
            found[each.identity.gtin] += each.pieces
        del found[""]
        return dict(found)

    @property
    def units(self) -> list[str]:
        """The SSCCs that were seen."""
        return sorted(each.sscc for each in self._seen if each.sscc)

    @property
    def doubtful(self) -> int:
        """How many different scans could not be read rightly."""
        return len(self._doubtful)

    @property
    def manual(self) -> int:
        """How many things are known by hand alone."""
        return sum(each.source == "manual" for each in self._seen.values())


def identity_of(record: Record) -> Identity:
    """Return what a `barcode` or a label's `dock-entry` names; nothing where it names nothing."""
    if text(record, "sscc"):
        return Identity(sscc=text(record, "sscc"))
    if text(record, "gtin"):
        return Identity(gtin=text(record, "gtin"), serial=text(record, "serial"))
    return Identity(epc=text(record, "epc"))


def remark_of(record: Record) -> Remark:
    """Return the remark that a `dock-entry` is."""
    quantity = record.values.get("quantity", 1)
    return Remark(
        Code(text(record, "code")),
        identity_of(record),
        quantity if isinstance(quantity, int) else 1,
        bool(record.values.get("rejected")),
        text(record, "text"),
    )


def identity_values(identity: Identity) -> dict[str, str]:
    """Return the fields of a record that name a thing."""
    named = {name: getattr(identity, name) for name in ("sscc", "gtin", "serial", "epc")}
    return {name: value for name, value in named.items() if value}


def packed(ssccs: Iterable[str]) -> bytes:
    """Return SSCCs as bytes, two digits each."""
    return b"".join(bytes.fromhex(sscc) for sscc in ssccs)


def unpacked(data: bytes) -> list[str]:
    """Return the SSCCs that `packed` packed."""
    return [data[at : at + SSCC_BYTES].hex() for at in range(0, len(data), SSCC_BYTES)]
