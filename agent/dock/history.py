"""The history of all checks: which are open, and the receipts of those before. Pure.

A fold over records, so that a restart knows what was received before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agent.observe.presence import text
from evidence.leaf import Record
from foundation.dataclass import dataclass

OPEN, CHECK, NOTICE, PAPER = "dock-open", "dock-check", "dock-notice", "dock-paper"
CANCELLED = "cancelled"
ACCEPTED = "accepted"
DECISIONS = (ACCEPTED, "rejected", CANCELLED)

RETURNS = "returns"
"""The `purpose` of a check of what comes back; receiving and handing over have none."""

SPANS_REMEMBERED = 2000  # receipts, newest: half a year of ten a day
REMEMBERED = 20_000  # notices and units received, newest; a year of a busy door
SSCC_BYTES = 9  # 18 digits, two a byte


@dataclass(frozen=True, slots=True)
class Opened:
    """A check that is open since record `number`; `operator` began it at `opened_ms`, if known."""

    check: str
    notice: str
    digest: str
    read_point: str
    number: int
    returns: bool = False
    operator: str = ""
    opened_ms: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """The records of a decided check, from its beginning to its receipt.

    `found` of `expected` pieces came; -1 where an older version did not keep it.
    """

    receipt: str
    read_point: str
    first: int
    last: int
    notice: str = ""
    digest: str = ""
    decision: str = ACCEPTED
    returns: bool = False
    found: int = -1
    expected: int = -1
    order: str = ""

    @property
    def received(self) -> bool:
        """Whether goods came in under it."""
        return self.decision == ACCEPTED and not self.returns


class CheckHistory:
    """Open checks, and those before: `received` by notice or SSCC, `spans` by receipt.

    `notices` came by a partner's folder: their digest by number. `owed` are the papers by receipt
    that are to go there.
    """

    def __init__(self) -> None:
        self.open: dict[str, Opened] = {}
        self.received: dict[str, str] = {}
        self.spans: dict[str, Span] = {}
        self.notices: dict[str, str] = {}
        self.owed: dict[str, list[str]] = {}
        self.count = 0

    def apply(self, record: Record) -> None:
        """Fold one more record in; records come in order, each once."""
        if record.kind == OPEN:
            self._begin(record)
        elif record.kind == CHECK:
            self._end(record)
        elif record.kind == NOTICE:
            self.notices[text(record, "notice")] = _hex(record, "digest")
            _forget(self.notices, REMEMBERED)
        elif record.kind == PAPER:
            self._given(text(record, "check"), text(record, "form"))

    def _given(self, check: str, form: str) -> None:
        left = [each for each in self.owed.pop(check, []) if each != form]
        if left:
            self.owed[check] = left

    def _begin(self, record: Record) -> None:
        self.count += 1
        name = text(record, "check")
        self.open[name] = Opened(
            name,
            text(record, "notice"),
            _hex(record, "digest"),
            text(record, "read_point"),
            record.number,
            text(record, "purpose") == RETURNS,
            text(record, "operator"),
            record.wall_ms,
        )

    def _end(self, record: Record) -> None:
        opened = self.open.pop(text(record, "check"), None)
        span = Span(
            text(record, "check"),
            text(record, "read_point"),
            record.number if opened is None else opened.number,
            record.number,
            text(record, "notice"),
            _hex(record, "digest"),
            text(record, "decision"),
            text(record, "purpose") == RETURNS,
            _count(record, "found"),
            _count(record, "expected"),
            text(record, "order"),
        )
        self.spans[span.receipt] = span
        _forget(self.spans, SPANS_REMEMBERED)
        if text(record, "papers"):
            self.owed[span.receipt] = text(record, "papers").split()
        if span.received:
            self._receive(record, span)

    def _receive(self, record: Record, span: Span) -> None:
        """Note the units that came; the notice itself once all of it did."""
        if self.came_of(span.notice) >= span.expected:
            self.received[span.notice] = span.receipt
        units = record.values.get("units", b"")
        for sscc in unpacked(units if isinstance(units, bytes) else b""):
            self.received[sscc] = span.receipt
        _forget(self.received, REMEMBERED)

    def came_of(self, notice: str) -> int:
        """Return how many pieces came under a notice, on all its receipts."""
        return sum(max(0, span.found) for span in self.receipts_of(notice))

    def receipts_of(self, notice: str) -> list[Span]:
        """Return the receipts on which goods of a notice came in, oldest first."""
        return [span for span in self.spans.values() if span.received and span.notice == notice]

    def last_at(self, read_point: str) -> int:
        """Return the record of the newest receipt at a read point, -1 where there is none."""
        return max(
            (span.last for span in self.spans.values() if span.read_point == read_point), default=-1
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON object."""
        return {
            "count": self.count,
            "received": self.received,
            "spans": {receipt: _plain(span) for receipt, span in self.spans.items()},
            "open": [_plain(each) for each in self.open.values()],
            "notices": self.notices,
            "owed": self.owed,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> CheckHistory:
        """Read what `to_json` wrote; ValueError, KeyError or TypeError for anything else.

        An older version kept spans by notice, the newest of each.
        """
        history = cls()
        history.open = {each["check"]: Opened(**each) for each in plain["open"]}
        history.received = dict(plain["received"])
        for name, each in dict(plain.get("spans", {})).items():
            span = Span(**({"notice": name} | each))
            history.spans[span.receipt] = span
        history.count = int(plain["count"])
        history.notices = dict(plain.get("notices", {}))
        history.owed = {check: list(forms) for check, forms in plain.get("owed", {}).items()}
        return history


def _plain(each: Opened | Span) -> dict[str, Any]:
    return {name: getattr(each, name) for name in each.__slots__}


def _hex(record: Record, name: str) -> str:
    value = record.values.get(name, b"")
    return value.hex() if isinstance(value, bytes) else ""


def _count(record: Record, name: str) -> int:
    value = record.values.get(name, -1)
    return value if isinstance(value, int) else -1


def _forget(kept: dict[str, Any], most: int) -> None:
    """Let the oldest go."""
    while len(kept) > most:
        del kept[next(iter(kept))]


def packed(ssccs: Iterable[str]) -> bytes:
    """Return SSCCs as bytes, two digits each."""
    return b"".join(bytes.fromhex(sscc) for sscc in ssccs)


def unpacked(data: bytes) -> list[str]:
    """Return the SSCCs that `packed` packed."""
    return [data[at : at + SSCC_BYTES].hex() for at in range(0, len(data), SSCC_BYTES)]
