"""What the devices of one read point saw: a fold over records into observations. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agent.dock.differences import BARCODE, HAND, Disposition, Mixed, Seen
from agent.dock.goods_identity import Identity, of_uri
from agent.observe.presence import ENTER, Present, text
from drivers.reading import Quality
from evidence.leaf import Record

SCAN, TAG_STATE, BOX = "barcode", "tag-state", "box-check"
MIXED = {
    "mismatch_class": Disposition.CLASS,
    "mismatch_instance": Disposition.INSTANCE,
}
"""Verdicts of a `box-check` that are a difference."""

HUNDREDTHS = 100  # of a gram: the scale of `net_weight` in records is 10^-5 kg


class Observed:
    """What the devices of one read point saw: tags, the newest word of each, scans, and boxes."""

    def __init__(self, read_point: str, scanners: Collection[str]) -> None:
        self._read_point = read_point
        self._scanners = scanners
        self.tags: dict[Identity, Seen] = {}
        self.scans: dict[int, Seen] = {}
        self.epcs: dict[Identity, str] = {}
        self.tids: dict[Identity, str] = {}
        self.mixed: dict[Identity, Mixed] = {}
        self.doubtful: set[str] = set()
        self.first: dict[Identity, int] = {}
        self.last_ms: int | None = None

    def present(self, tags: Iterable[Present]) -> None:
        """Take what is there already."""
        for tag in tags:
            identity = of_uri(tag.uri, tag.epc)
            self.tags[identity] = Seen(
                identity, number=tag.number, by=tag.device, at_ms=tag.since_ms
            )
            self.epcs[identity] = tag.epc
            self.tids[identity] = tag.tid

    def apply(self, record: Record) -> None:
        """Fold one more record in."""
        here = text(record, "read_point") == self._read_point
        if record.kind == TAG_STATE and here:
            self._tag(record)
        elif record.kind == SCAN and record.device in self._scanners:
            self._scan(record)
        elif record.kind == BOX and here and text(record, "verdict") in MIXED:
            self._box(record)

    def _tag(self, record: Record) -> None:
        """A tag that leaves was here, too, since before the check began; a stray never was."""
        identity = of_uri(text(record, "uri"), text(record, "epc"))
        if record.values.get("stray"):
            self.tags.pop(identity, None)
            return
        self.epcs[identity] = text(record, "epc")
        self.tids[identity] = text(record, "tid") or self.tids.get(identity, "")
        rssi, reads = record.values.get("rssi"), record.values.get("reads", 0)
        self.first.setdefault(identity, record.number)
        if identity not in self.tags:
            self.last_ms = record.wall_ms
        self.tags[identity] = Seen(
            identity,
            rssi=float(rssi) if isinstance(rssi, int) else None,
            reads=reads if isinstance(reads, int) and text(record, "state") != ENTER else 0,
            number=record.number,
            by=record.device,
            at_ms=record.wall_ms,
        )

    def _scan(self, record: Record) -> None:
        """Take a clean scan; a doubtful one counts only as something to be scanned again."""
        if record.quality != Quality.OK:
            self.doubtful.add(text(record, "text"))
            return
        seen = seen_of(record, BARCODE)
        if seen.identity != Identity():
            self.scans[record.number] = seen
            self.last_ms = record.wall_ms

    def _box(self, record: Record) -> None:
        identity = of_uri(text(record, "uri"), text(record, "epc"))
        words = f"barcode and tag differ: {text(record, 'text')}"
        self.mixed[identity] = Mixed(identity, words, MIXED[text(record, "verdict")])


def identity_of(record: Record) -> Identity:
    """Return what a `barcode` or a label's `dock-entry` names; nothing where it names nothing."""
    if text(record, "sscc"):
        return Identity(sscc=text(record, "sscc"))
    if text(record, "gtin"):
        return Identity(gtin=text(record, "gtin"), serial=text(record, "serial"))
    return Identity(epc=text(record, "epc"))


def has_many(identity: Identity) -> bool:
    """Whether several things may have that name: pieces of an article without serial number."""
    return bool(identity.gtin and not identity.serial)


def seen_of(record: Record, source: str) -> Seen:
    """Return the observation that a scan or a label typed in is."""
    weight, pieces = record.values.get("net_weight", 0), record.values.get("quantity", 1)
    identity = identity_of(record)
    typed = source == HAND and has_many(identity) and isinstance(pieces, int)
    return Seen(
        identity,
        source,
        text(record, "lot"),
        text(record, "expiry"),
        pieces=int(pieces) if typed else 1,
        best_before=text(record, "best_before"),
        weight_g=weight // HUNDREDTHS if isinstance(weight, int) else 0,
        number=record.number,
        by=text(record, "operator") if source == HAND else record.device,
        at_ms=record.wall_ms,
    )
