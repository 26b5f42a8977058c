"""Records that a rule erases: gone from every file, their batches still prove, power cuts or not."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from agent.chain.batcher import Place, build_batch
from agent.config.privacy import DRIVER, POSITION
from agent.journal import erasing, erasure_rule, retention, wiping
from agent.journal.batches import _prepare, connect
from agent.journal.erasure_rule import Rule
from agent.journal.journal import Confirmation, JournalDamaged, JournalUnavailable
from agent.journal.retention import Limits
from agent.journal.ring_journal import RingJournal
from agent.journal.ring_reader import open_reader
from evidence.custody import Kept, sign_custody
from evidence.cut_body import parse_cut_body
from evidence.keys import EDDSA
from evidence.leaf import Record
from evidence.statement import parse_statement
from foundation.durable import Disk
from tests.agent.journal.test_ring_journal import AUTHOR, EPOCH, RING
from tests.agent.journal.test_torn_tail import FailingDisk
from tests.evidence.building import EdSigner

BATCH = 8
DAY = 86_400_000
BEGIN = 1_790_000_000_000
NOW = BEGIN + 40 * DAY
POSITIONS = Rule("position", POSITION, 30)
DRIVERS = Rule("driver", DRIVER, 35)
KINDS = ("position", "temperature", "position", "delivery")


def told(number: int) -> bytes:
    """What record `number` says: bytes that no packer makes smaller or other."""
    return random.Random(number).randbytes(160)


def record(
    number: int, kind: str = "", wall_ms: int | None = None, bound: int | None = 50
) -> Record:
    when = BEGIN + number * 3_600_000 if wall_ms is None else wall_ms
    chosen = kind or KINDS[number % len(KINDS)]
    values = {"text": told(number)}
    return Record(number, "d", chosen, 1, number, when, "gnss", bound, "ok", values)


def opened(
    folder: Path, disk: Disk | None = None, open_archive=connect, *, erases: bool = True
) -> RingJournal:
    path = folder / "journal.sqlite"
    return RingJournal(path, EPOCH, RING, connect=open_archive, disk=disk or Disk(), erases=erases)


def seal(journal: RingJournal, records: list[Record]) -> None:
    journal.commit(records)
    place = Place.after(journal.head())
    seed = random.Random(f"seed {place.seq}").randbytes(32)
    leaves = [each.to_bytes() for each in records]
    journal.seal(build_batch(AUTHOR, place, leaves, seed, 1, urgent=False))


def custody(at_ms: int) -> bytes:
    """A node's receipt for a body, made at that time."""
    kept = Kept(bytes(32), bytes(32))
    signer = EdSigner("node")
    return sign_custody("log.example.com", at_ms // 1000, kept, signer.public, EDDSA, signer)


def sign_for(journal: RingJournal, *seqs: int, at_ms: int = NOW + 5 * DAY) -> None:
    journal.set_accepted(seqs, 1)
    journal.set_confirmed([Confirmation(seq, seq, b"receipt", 9) for seq in seqs], b"note", 2)
    journal.set_custody(dict.fromkeys(seqs, custody(at_ms)))


def fill(journal: RingJournal, batches: int, **changes: object) -> None:
    for seq in range(batches):
        seal(journal, [record(seq * BATCH + at, **changes) for at in range(BATCH)])
    sign_for(journal, *range(batches))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[RingJournal]:
    journal = opened(tmp_path)
    yield journal
    journal.close()


def erase(journal: RingJournal, rule: Rule = POSITIONS, now: int = NOW) -> int:
    """Erase all that is due by a rule; return how many records went."""
    count = 0
    while (gone := journal.erase(rule, now - rule.days * DAY, now)) is not None:
        count += gone
    return count


def wipe(journal: RingJournal) -> None:
    while journal.wipe():
        pass


def left_in(folder: Path, those: Iterable[int]) -> set[int]:
    """Return of which of those records the files still hold a piece."""
    data = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    return {n for n in those if any(told(n)[at : at + 16] in data for at in range(0, 160, 40))}


def numbers(journal: RingJournal) -> list[int]:
    return [each.number for each in journal.records(0, 10_000)]


def check_proofs(journal: RingJournal) -> None:
    """Hold what is left of each batch against its statement."""
    for row in journal.batches(0, 1000):
        if row.batch.cut:
            assert not row.batch.body
            parse_cut_body(row.batch.cut).check(parse_statement(row.batch.statement).batch)


def test_what_is_due_is_gone_from_every_file_and_the_rest_still_proves(journal, tmp_path):
    fill(journal, 30)
    due = 10 * 24 + 1  # the newest batch that has nothing younger than 30 days ends before it
    positions = {n for n in range(240) if KINDS[n % 4] == "position"}
    assert left_in(tmp_path, range(240)) == set(range(240))
    gone = {n for n in positions if n // BATCH < min(due // BATCH, 29)}
    assert erase(journal) == len(gone)
    wipe(journal)
    assert left_in(tmp_path, gone) == set()
    assert numbers(journal) == sorted(set(range(240)) - gone)
    check_proofs(journal)
    (found,) = journal.erasures(0, 240)
    assert (found.what, found.days, found.count) == ("position", 30, len(gone))
    assert (found.first, found.last) == (min(gone), max(gone))
    assert journal.erased_count(0, 240) == len(gone)
    assert journal.erased_count(1, 4) == 1
    with pytest.raises(KeyError):
        journal.batch(30)


def test_a_second_rule_takes_more_of_the_same_batches(journal, tmp_path):
    fill(journal, 20)
    erase(journal)
    wipe(journal)
    journal.set_told([each.id for each in journal.untold()])
    count = erase(journal, DRIVERS)
    wipe(journal)
    gone = {n for n in range(19 * BATCH) if KINDS[n % 4] == "position"}
    drivers = {n for n in range(120) if KINDS[n % 4] == "delivery"}
    assert count == len(drivers)
    assert left_in(tmp_path, gone | drivers) == set()
    assert numbers(journal) == sorted(set(range(160)) - gone - drivers)
    check_proofs(journal)
    assert [each.what for each in journal.erasures(0, 160)] == ["position", "driver"]


def test_nothing_goes_before_a_node_has_signed_for_it_and_then_it_goes(journal):
    for seq in range(4):
        seal(journal, [record(seq * BATCH + at) for at in range(BATCH)])
    assert erase(journal) == 0
    assert journal.overdue("position") == 3, "the newest batch stays whole"
    sign_for(journal, 1)
    assert erase(journal) == 4
    assert journal.overdue("position") == 2
    sign_for(journal, 0, 2)
    assert erase(journal) == 8
    assert journal.overdue("position") == 0
    assert erase(journal) == 0


def test_a_clock_that_lies_ahead_erases_nothing_early(journal):
    """A receiver's spoofer says that years have passed; the node's receipts know better."""
    fill(journal, 30)  # the node signed for all of it after 45 days
    years = NOW + 3650 * DAY
    due = {n for n in range(29 * BATCH) if KINDS[n % 4] == "position"}
    assert erase(journal, now=years) == len(due), "those are thirty days old by both clocks"
    for seq in range(30, 40):
        when = NOW + 4 * DAY
        seal(journal, [record(seq * BATCH + at, wall_ms=when) for at in range(BATCH)])
    sign_for(journal, *range(30, 40))
    assert erase(journal, now=years) == BATCH // 2, "the batch that was the newest"
    assert journal.overdue("position") == 9, "due by the gateway's clock alone"
    seal(journal, [record(40 * BATCH, wall_ms=NOW + 35 * DAY)])
    sign_for(journal, 40, at_ms=NOW + 35 * DAY)
    assert erase(journal, now=NOW + 35 * DAY) == 10 * BATCH // 2
    assert journal.overdue("position") == 0
    check_proofs(journal)


def test_a_receipt_that_is_hours_old_makes_nothing_overdue(journal):
    for seq in range(3):
        seal(journal, [record(seq * BATCH + at, wall_ms=BEGIN) for at in range(BATCH)])
    now = BEGIN + 30 * DAY + 3_600_000
    sign_for(journal, *range(3), at_ms=now - 2 * 3_600_000)
    assert erase(journal, now=now) == 0
    assert journal.overdue("position") == 0
    sign_for(journal, *range(3))
    seal(journal, [record(3 * BATCH, wall_ms=now)])
    sign_for(journal, 3, at_ms=now)
    assert erase(journal, now=now) == 3 * BATCH // 2


@pytest.mark.parametrize(("late_ms", "overdue"), [(0, 0), (1, 2)])
def test_a_receipt_is_waited_for_a_day_and_then_it_is_told_what_is_overdue(
    journal, late_ms, overdue
):
    for seq in range(3):
        seal(journal, [record(seq * BATCH + at, wall_ms=BEGIN) for at in range(BATCH)])
    signed = BEGIN + 29 * DAY + 3_600_000
    sign_for(journal, *range(3), at_ms=signed)
    assert erase(journal, now=signed + DAY + late_ms) == 0
    assert journal.overdue("position") == overdue


def test_what_was_overdue_by_a_shorter_rule_stays_as_long_as_the_new_one_says(journal):
    for seq in range(4):
        seal(journal, [record(seq * BATCH + at) for at in range(BATCH)])
    assert erase(journal) == 0
    assert journal.overdue("position") == 3
    sign_for(journal, *range(4), at_ms=NOW)
    longer = Rule("position", POSITION, 60)
    assert erase(journal, longer) == 0
    assert numbers(journal) == list(range(4 * BATCH))
    later = NOW + 40 * DAY
    seal(journal, [record(4 * BATCH, wall_ms=later)])
    sign_for(journal, 4, at_ms=later)
    assert erase(journal, longer, now=later) == 4 * BATCH // 2


def test_a_batch_is_due_when_all_of_it_is_and_the_clock_was_vouched_for(journal):
    edge = NOW - 30 * DAY
    for seq, changes in enumerate(
        (
            {"wall_ms": edge - 1},
            {"wall_ms": 5, "bound": None},  # a start in 1970: no time at all
            {"wall_ms": NOW + DAY},  # a wrong clock; what follows is older
            {"wall_ms": edge - 1},
            {"wall_ms": 5, "bound": None},
            {"wall_ms": edge},
            {"wall_ms": NOW},
        )
    ):
        seal(journal, [record(seq * BATCH + at, "position", **changes) for at in range(BATCH)])
    sign_for(journal, *range(7))
    assert erase(journal) == 4 * BATCH
    assert numbers(journal) == list(range(4 * BATCH, 7 * BATCH))


def test_what_is_on_record_is_told_once(journal):
    fill(journal, 4)
    erase(journal)
    (found,) = journal.untold()
    assert not found.told
    journal.set_told([found.id + 1])
    assert journal.untold() == [found], "that was another one"
    journal.set_told([found.id])
    assert journal.untold() == []
    assert journal.erasures(0, 99) == [replace(found, told=True)]
    assert journal.erasures(found.last + 1, 99) == []
    assert journal.erasures(0, found.first) == []
    assert journal.erasures(found.last, 99) == journal.erasures(0, found.first + 1) != []


def test_a_batch_that_cannot_be_read_any_more_goes_whole_and_the_others_as_they_should(
    journal, tmp_path
):
    fill(journal, 4)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as other, other:
        other.execute("UPDATE batch SET body = x'ff' WHERE seq = 1")
    assert erase(journal) > 0
    assert not journal.batch(1).batch.body
    assert [journal.batch(seq).batch.cut != b"" for seq in range(3)] == [True, False, True]
    (left,) = journal.bodies(1, 1)
    assert not left.here


def test_what_a_rule_left_and_nobody_can_read_is_named(journal, tmp_path):
    fill(journal, 4)
    erase(journal)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as other, other:
        other.execute("UPDATE cut SET rest = x'ff' WHERE seq = 1")
    with pytest.raises(JournalDamaged, match=r"what a rule left of a batch in .* cannot be read"):
        journal.erased_count(0, 99)


def test_retention_lets_what_is_left_go_too(journal):
    fill(journal, 6)
    erase(journal)
    journal._limits = Limits(archive=1)
    journal.make_room()
    assert not any(row.batch.cut or row.batch.body for row in journal.batches(0, 4))
    assert journal.batch(5).batch.body
    assert numbers(journal) == list(range(40, 48))


@pytest.mark.parametrize("made", range(5))
def test_a_reader_of_a_file_where_power_went_while_the_tables_were_made(tmp_path, made):
    plain = opened(tmp_path, erases=False)
    fill(plain, 2)
    plain.close()
    with closing(connect(tmp_path / "journal.sqlite")) as database:
        for statement in erasure_rule.SCHEMA[:made]:
            database.execute(statement)
    reader = open_reader(tmp_path / "journal.sqlite")
    assert (reader.erasures(0, 16), reader.erased_count(0, 16)) == ([], 0)
    assert len(reader.records(0, 100)) == 16
    reader.close()
    again = opened(tmp_path)
    assert erase(again) == BATCH // 2
    again.close()


def test_a_reader_beside_the_agent_and_one_of_before_there_was_a_rule(journal, tmp_path):
    fill(journal, 3)
    reader = open_reader(tmp_path / "journal.sqlite")
    erase(journal)
    assert [each.number for each in reader.records(0, 100)] == numbers(journal)
    assert reader.erasures(0, 24)
    reader.close()
    other = tmp_path / "other"
    other.mkdir()
    plain = RingJournal(other / "journal.sqlite", EPOCH, RING)
    fill(plain, 2)
    assert plain.erasures(0, 99) == []
    assert plain.erased_count(0, 99) == 0
    plain.close()


@pytest.mark.parametrize("limit", [1, 70_000])
def test_bodies_that_were_free_before_there_was_a_rule_are_wiped_too(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(retention, "AT_ONCE", 5)
    before = RingJournal(tmp_path / "journal.sqlite", EPOCH, RING)
    fill(before, 40)
    before._limits = Limits(archive=limit)
    before.make_room()
    before.close()
    journal = opened(tmp_path)
    erase(journal)
    assert journal.unwiped()
    wipe(journal)
    assert not journal.unwiped()
    gone = {n for n in range(320) if KINDS[n % 4] == "position"} - set(numbers(journal))
    assert left_in(tmp_path, gone) == set()
    journal.close()


def test_a_reader_in_the_way_is_no_reason_to_say_that_it_is_gone(journal, tmp_path):
    fill(journal, 3)
    other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM batch").fetchall()
    erase(journal)
    with pytest.raises(JournalUnavailable, match="another program"):
        wipe(journal)
    other.close()
    wipe(journal)
    assert left_in(tmp_path, set(range(24)) - set(numbers(journal))) == set()


class Failing(sqlite3.Connection):
    """Fails at the nth statement that it is given, and power is gone."""

    left = 0

    def _count(self) -> None:
        Failing.left -= 1
        if Failing.left == 0:
            raise sqlite3.OperationalError("disk I/O error")

    def execute(self, *args):
        self._count()
        return super().execute(*args)

    def executemany(self, *args):
        self._count()
        return super().executemany(*args)


def failing(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, factory=Failing)
    _prepare(connection)
    return connection


def run(folder: Path, disk: Disk, open_archive=connect, nth: int = 0) -> None:
    """Erase and wipe as one start of the agent does; the nth statement from then on fails."""
    journal = opened(folder, disk, open_archive)
    Failing.left = nth
    try:
        erase(journal)
        if journal.untold():
            wipe(journal)
    finally:
        journal.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    journal = opened(folder)
    fill(journal, 4)
    journal.close()
    return folder


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


@pytest.mark.parametrize("nth", range(1, 9))
def test_a_ring_that_could_not_be_made_anew_keeps_what_comes_next(filled, tmp_path, nth):
    """The agent goes on after a failure, with whichever ring is in use."""
    folder = copied(filled, tmp_path / "it")
    journal = opened(folder)
    erase(journal)
    journal._ring._file.disk = FailingDisk(nth)
    with suppress(JournalUnavailable):
        wipe(journal)
    for number in range(32, 36):
        with suppress(JournalUnavailable):
            journal.commit([record(number)])
        journal.commit([record(number)])  # asked again, as the recorder does
    assert numbers(journal)[-4:] == [32, 33, 34, 35]
    wipe(journal)
    journal.close()
    journal = opened(folder)
    assert numbers(journal)[-4:] == [32, 33, 34, 35]
    assert journal.opened.lost is None
    journal.close()


EACH = {"archive": 5, "ring": 1}
"""Of some sixty statements each fifth fails in turn: they come in groups of less."""


@pytest.mark.parametrize("what", EACH)
def test_whatever_call_fails_the_next_start_finishes_it(filled, tmp_path, what, monkeypatch):
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    monkeypatch.setattr(wiping, "AT_ONCE", 2)
    for nth in range(1, 500, EACH[what]):
        folder = copied(filled, tmp_path / str(nth))
        Failing.left = 0
        disk = FailingDisk(nth if what == "ring" else 0)
        with suppress(JournalUnavailable, sqlite3.Error):
            run(folder, disk, failing, nth if what == "archive" else 0)
        done = max(Failing.left, disk.left) > 0
        journal = opened(folder)
        erase(journal)
        wipe(journal)
        gone = {n for n in range(24) if KINDS[n % 4] == "position"}
        assert numbers(journal) == sorted(set(range(32)) - gone), nth
        assert left_in(folder, gone) == set(), nth
        (found,) = journal.untold()
        assert found.count == len(gone), nth
        check_proofs(journal)
        journal.close()
        if done:
            assert nth > 5 * EACH[what]
            return
    raise AssertionError("it never got through")
