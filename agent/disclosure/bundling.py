"""From confirmed batches in the journal to one bundle."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from agent.chain.gaps import DeclaredGap
from agent.disclosure.selection import Selection
from agent.journal.journal import BatchRow, BatchState, JournalReader, Proof, SealedBatch, naming
from agent.shipments.legs import Leg, all_legs
from evidence.body import check_body
from evidence.bundle import MAX_FILE_BYTES, Bundle, BundledBatch, Voucher
from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.cut_body import CutBody, parse_cut_body, show_left
from evidence.disclose import show_some
from evidence.errors import EvidenceError, MalformedError
from evidence.kinds import ATTACHMENT_KIND, GAP_KIND
from evidence.leaf import Record
from evidence.log_set import LogSet
from evidence.receipt import parse_receipt
from evidence.statement import Follows, parse_statement
from foundation.errors import Damaged, Fatal, Retry
from foundation.progress import Progress, unheard

PAGE = 64
"""Batches read from the journal at once."""


class NothingConfirmed(Fatal):
    """There is no confirmed batch to show."""

    exit_code = Retry.exit_code  # wait

    advice = "wait until `tallyman status` shows confirmed batches, or choose other records"


class TooFewLogs(NothingConfirmed):
    """Fewer logs vouch for a batch than the policy wants: it was changed, or one was caught."""

    advice = (
        "run the agent with this policy until the other logs have answered, or choose other records"
    )


class BodyGone(Damaged):
    """A batch's records are no longer here, none of them: retention let them go."""

    advice = "ask the ledger node that keeps the bodies, or choose newer records"


class TooLarge(Fatal):
    """A bundle has a limit, so that whoever checks it can hold it in memory."""

    advice = "choose a shorter period with --since and --until, or leave files out: --no-files"


def shipment_legs(reader: JournalReader) -> dict[str, tuple[Leg, ...]]:
    """Return how each shipment was bound, as the sealed records tell.

    Their records seal their batches at once, so only batches that were urgent are opened.
    """
    return all_legs(record for row in _pages(reader) for record in _urgent_records(row))


def _urgent_records(row: BatchRow) -> Iterator[Record]:
    if row.batch.urgent:
        yield from _records(row)


def _records(row: BatchRow) -> Iterator[Record]:
    with naming(row.batch):
        records = list(map(Record.from_bytes, _leaves(row.batch)))
    yield from records


def _leaves(batch: SealedBatch) -> list[bytes]:
    """Return the records that are here, held against the signed root."""
    if batch.body:
        return check_body(batch.body, parse_statement(batch.statement).batch)
    return [item.record for item in _cut(batch).left] if batch.cut else []


def _cut(batch: SealedBatch) -> CutBody:
    cut = parse_cut_body(batch.cut)
    cut.check(parse_statement(batch.statement).batch)
    return cut


def devices_in(rows: Iterable[BatchRow]) -> set[str]:
    """Return the devices whose records are in these batches, as far as they are here."""
    return {record.device for row in rows for record in _records(row) if record.device}


def numbers_between(
    reader: JournalReader, since_ms: int | None, until_ms: int | None
) -> tuple[int, int | None] | None:
    """Return the first and last number of the batches that overlap a stretch of time.

    None where none does. The wall clock may have been set back, so every statement is looked at.
    """
    found: tuple[SealedBatch, SealedBatch] | None = None
    for row in _pages(reader):
        with naming(row.batch):
            batch = parse_statement(row.batch.statement).batch
        early = since_ms is not None and batch.last_ms < since_ms
        late = until_ms is not None and batch.first_ms > until_ms
        if not early and not late:
            found = found[0] if found else row.batch, row.batch
    if found is None:
        return None
    first, last = found
    return first.first, last.first + last.count - 1


def _pages(reader: JournalReader) -> Iterator[BatchRow]:
    head = reader.head()
    for at in range(0, head.seq + 1 if head else 0, PAGE):
        yield from reader.batches(at, at + PAGE - 1)


def confirmed_rows(
    reader: JournalReader, first: int, last: int | None, gaps: Iterable[DeclaredGap] = ()
) -> list[BatchRow]:
    """Return the unbroken run of confirmed batches that starts with the one of record `first`.

    It ends with the batch of record `last`, or before the first batch that is not confirmed. Where
    batches are lost, the statement that declares so stands in their place.
    """
    start, head = reader.batch_of(first), reader.head()
    rows: list[BatchRow] = []
    if start is None or head is None:
        return _some(rows)
    lost = [gap.row() for gap in gaps if gap.seq > start.batch.seq]
    for at in range(start.batch.seq, head.seq + 1, PAGE):
        within = [row for row in lost if at <= row.batch.seq < at + PAGE]
        page = sorted([*reader.batches(at, at + PAGE - 1), *within], key=lambda row: row.batch.seq)
        for row in page:
            beyond = last is not None and row.batch.first > last
            if row.state is not BatchState.CONFIRMED or beyond:
                return _some(rows)
            rows.append(row)
    return _some(rows)


def _some(rows: list[BatchRow]) -> list[BatchRow]:
    if not rows:
        raise NothingConfirmed("no batch with these records is confirmed by the ledger")
    return rows


def earlier_rows(
    reader: JournalReader, follows: Follows, gaps: Iterable[DeclaredGap]
) -> list[BatchRow]:
    """Return the confirmed batches of an epoch up to where the next one goes on from it."""
    if follows.seq is None:
        return []
    return [row for row in confirmed_rows(reader, 0, None, gaps) if row.batch.seq <= follows.seq]


Files = Callable[[bytes], bytes | None]
"""Returns the file with a SHA-256, or None where it is not kept."""

EVERYTHING, NOTHING = Selection(), Selection(last=-1)


@dataclass(frozen=True, slots=True)
class _Shows:
    """Tells of a record's bytes whether it is shown: as chosen, or by its number."""

    selection: Selection
    numbers: frozenset[int]

    def __call__(self, leaf: bytes) -> bool:
        record = Record.from_bytes(leaf)
        return record.number in self.numbers or self.selection.shows(record)


@dataclass(frozen=True, slots=True)
class Vouched:
    """A batch to be shown, and by log what vouches for it."""

    row: BatchRow
    proofs: Mapping[str, Proof]


def vouched_rows(
    reader: JournalReader, rows: Iterable[BatchRow], logs: LogSet, frozen: Collection[str] = ()
) -> list[Vouched]:
    """Return batches with what the logs vouch with; TooFewLogs where that is not enough.

    Logs that are `frozen` here, or that the policy does not name, vouch for nothing.
    """
    found = []
    for row in rows:
        with naming(row.batch):
            leaf = parse_statement(row.batch.statement).leaf
            told = {_origin(leaf, proof): proof for proof in reader.proofs(row)}
        counted = {
            origin: proof
            for origin, proof in told.items()
            if origin in logs.logs and origin not in frozen
        }
        if len(counted) < logs.threshold:
            raise TooFewLogs(
                f"{len(counted)} of {len(logs.logs)} logs vouch for batch {row.batch.seq}, "
                f"{logs.threshold} must"
            )
        found.append(Vouched(row, counted))
    return found


def _origin(leaf: bytes, proof: Proof) -> str:
    """Return whose receipt it is; MalformedError where it does not lead to its checkpoint."""
    receipt = parse_receipt(proof.receipt)
    proven = Checkpoint(receipt.origin, receipt.size, receipt.root(leaf))
    if proven != parse_checkpoint(proof.checkpoint).checkpoint:
        raise MalformedError("receipt-root", "statement, receipt and checkpoint do not fit")
    return receipt.origin


@dataclass(frozen=True, slots=True)
class Erased:
    """What tells of records of one epoch that a rule erased, `count` of those to be shown.

    `numbers` are the records that say so, shown whatever is chosen; `outside` are batches with some
    of them that are not among those to be shown.
    """

    outside: tuple[Vouched, ...] = ()
    numbers: frozenset[int] = frozenset()
    count: int = 0


def make_bundle(
    parts: Sequence[Sequence[Vouched]],
    logs: LogSet,
    selections: Sequence[Selection] = (),
    files: Files = lambda _: None,
    progress: Progress = unheard,
    *,
    erased: Sequence[Erased] = (),
) -> Bundle:
    """Return the bundle of `parts`, which stand in the order of the chain.

    It shows what each part's selection chooses, everything without one, and commits to the rest. It
    carries each checkpoint once, with exactly the cosignatures that the quorum needs, and the files
    that records shown name. `progress` counts batches. `erased`, by part, is what tells of records
    that went by a rule: they are committed to like those that are not chosen.

    BodyGone where retention let some of the records go.
    """
    everything = [vouched for part in parts for vouched in part]
    _check_bodies([vouched.row for vouched in everything])
    chosen = selections or [EVERYTHING] * len(parts)
    told = erased or [Erased()] * len(parts)
    beside = [[v for v in each.outside if _stands_under(v, logs)] for each in told]
    notes, places = _checkpoints([*everything, *chain.from_iterable(beside)], logs)
    batches: list[BundledBatch] = []
    for part, selection, each in zip(parts, chosen, told, strict=True):
        for vouched in part:
            progress(len(batches), len(everything))
            batches.append(_bundled(vouched, places, _Shows(selection, each.numbers)))
    shown = [Record.from_bytes(item.record) for batch in batches for item in batch.disclosed]
    gaps = tuple(record.number for record in shown if record.kind == GAP_KIND)
    erasures = tuple(
        _bundled(vouched, places, _Shows(NOTHING, each.numbers))
        for each, outside in zip(told, beside, strict=True)
        for vouched in outside
    )
    attached = _files(shown, files)
    return Bundle(logs.digest, notes, tuple(batches), gaps, attached, logs.several, erasures)


def _stands_under(vouched: Vouched, logs: LogSet) -> bool:
    """Tell whether these logs' policies take what vouches for a batch."""
    try:
        for origin, proof in vouched.proofs.items():
            logs.log(origin).minimal(parse_checkpoint(proof.checkpoint))
    except EvidenceError:
        return False
    return True


Told = tuple[str, bytes]
"""A log's origin and a checkpoint as it was kept."""


def _checkpoints(
    everything: Sequence[Vouched], logs: LogSet
) -> tuple[tuple[bytes, ...], dict[Told, int]]:
    """Return each checkpoint once, in a bundle's order, and which of them is whose."""
    signed = {}
    for vouched in everything:
        for origin, proof in vouched.proofs.items():
            if (origin, proof.checkpoint) not in signed:
                with naming(vouched.row.batch):
                    note = parse_checkpoint(proof.checkpoint)
                    signed[origin, proof.checkpoint] = logs.log(origin).minimal(note)
    # Origins sort by their bytes, and two epochs may hold one checkpoint in two ways.
    keys = {told: (told[0].encode(), note.checkpoint.size) for told, note in signed.items()}
    notes = {keys[told]: note.to_bytes() for told, note in signed.items()}
    order = sorted(notes)
    return tuple(notes[key] for key in order), {told: order.index(keys[told]) for told in signed}


def packed(bundle: Bundle) -> bytes:
    """Return the file; TooLarge where nobody could read it."""
    data = bundle.to_bytes()
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"the bundle would have {len(data)} bytes; the limit is {MAX_FILE_BYTES}")
    return data


def _files(shown: Sequence[Record], files: Files) -> tuple[bytes, ...]:
    """Return the files that attachment records name and that are kept, in a bundle's order."""
    named = {record.values.get("digest") for record in shown if record.kind == ATTACHMENT_KIND}
    digests = sorted(digest for digest in named if isinstance(digest, bytes))
    return tuple(file for file in map(files, digests) if file is not None)


def _check_bodies(rows: Sequence[BatchRow]) -> None:
    for batch in (row.batch for row in rows):
        if batch.seed and not (batch.body or batch.cut):  # a declared gap has no seed
            last = batch.first + batch.count - 1
            raise BodyGone(f"records {batch.first} to {last} are no longer on this gateway")


def _bundled(vouched: Vouched, places: Mapping[Told, int], shows: _Shows) -> BundledBatch:
    with naming(vouched.row.batch):
        return _shown(vouched, places, shows)


def _shown(vouched: Vouched, places: Mapping[Told, int], shows: _Shows) -> BundledBatch:
    batch = vouched.row.batch
    pairs = sorted(
        (places[origin, proof.checkpoint], proof.receipt)
        for origin, proof in vouched.proofs.items()
    )
    first, *further = (Voucher(receipt, place) for place, receipt in pairs)
    anchor = first.receipt, first.checkpoint
    if batch.body:
        shown = show_some(batch.statement, batch.body, *anchor, shows)
    elif batch.cut:
        shown = show_left(batch.statement, _cut(batch), *anchor, shows)
    else:  # a gap has nothing to show
        shown = BundledBatch(batch.statement, *anchor, ())
    return replace(shown, further=tuple(further))
