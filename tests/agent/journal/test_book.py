"""A book is what the records say, whatever became of its snapshot."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from pathlib import Path

import pytest

from agent.desks.checks import history_book
from agent.desks.shipment import shipments_book
from agent.intake.tag_watch import presence_book
from agent.journal import book as book_module
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import Book, KeptBook
from agent.journal.follow import read_from
from agent.journal.journal import JournalUnavailable
from agent.journal.ring_journal import RingJournal
from evidence.leaf import Record
from foundation.durable import WriteFailed
from tests.agent.journal.test_ring_journal import EPOCH, RING, batch, records

OTHER_EPOCH = bytes(reversed(EPOCH))


class Numbers:
    """The numbers of all records, in the order in which they came."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def apply(self, record: Record) -> None:
        self.seen.append(record.number)

    def to_json(self):
        return {"seen": self.seen}

    @classmethod
    def from_json(cls, plain):
        numbers = cls()
        numbers.seen = [int(each) for each in plain["seen"]]
        return numbers


class Run:
    """One run of an agent: a journal, what tells of commits as the recorder does, and a book."""

    def __init__(self, folder: Path, epoch: bytes = EPOCH, most: int = 10_000) -> None:
        self.folder, self.epoch, self.most = folder, epoch, most
        self.read: list[int] = []
        self._listeners = []

    async def __aenter__(self) -> Run:
        path = self.folder / f"{self.epoch.hex()}.sqlite"
        self.journal = await AsyncJournal.open(RingJournal, path, self.epoch, RING)
        self.book = KeptBook(
            self.folder / "book.json", Numbers, self, self.journal, replay_most=self.most
        )
        read = self.journal.records

        async def noted(first, limit):
            found = await read(first, limit)
            self.read += [each.number for each in found]
            return found

        self.journal.records = noted
        return self

    async def __aexit__(self, *_) -> None:
        await self.journal.close()

    def listen(self, listener) -> None:
        self._listeners.append(listener)

    async def commit(self, count: int) -> None:
        made = records(await self.journal.count(), count)
        await self.journal.commit(made)
        for listener in self._listeners:
            listener(made)

    @property
    def seen(self) -> list[int]:
        return self.book.content.seen


@pytest.fixture
async def before(tmp_path):
    """Ten records, of which a snapshot holds the first seven."""
    async with Run(tmp_path) as run:
        await run.book.open()
        await run.commit(7)
        await run.book.save()
        await run.commit(3)
    return tmp_path


async def test_it_follows_the_records_and_a_start_reads_those_behind_the_snapshot_alone(before):
    async with Run(before) as run:
        waiting = asyncio.create_task(run.book.opened())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        await run.book.open()
        await waiting
        assert run.read == [7, 8, 9]
        await run.commit(2)
        assert run.seen == list(range(12))
        await run.book.open()  # its task was started again
        await run.commit(1)
        assert run.seen == list(range(13))


async def test_a_snapshot_torn_anywhere_costs_reading_and_nothing_else(before, caplog):
    file = before / "book.json"
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        async with Run(before) as run:
            await run.book.open()
            assert run.seen == list(range(10)), whole[:length]
    assert caplog.text.count("book.json is unreadable") == len(whole)
    assert "the records are read instead" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "7",
        "{}",
        '{"upto": 3}',
        '{"upto": "x", "seen": []}',
        '{"upto": 3, "seen": ["x"]}',
        '{"upto": -4, "seen": []}',
        "\xff",
    ],
)
async def test_a_snapshot_that_is_something_else_counts_for_nothing(before, text):
    (before / "book.json").write_bytes(text.encode("latin-1"))
    async with Run(before) as run:
        await run.book.open()
        assert run.seen == list(range(10))


@pytest.mark.parametrize("length", [4, 7, 12])
async def test_a_snapshot_of_another_journal_counts_for_nothing(before, length):
    """Whether that one is shorter or longer by now: their numbers say nothing of each other."""
    async with Run(before, OTHER_EPOCH) as run:
        await run.commit(length)
    async with Run(before, OTHER_EPOCH) as run:
        await run.book.open()
        assert (run.seen, run.book.upto) == (list(range(length)), length)
        await run.book.save()
    async with Run(before, OTHER_EPOCH) as run:
        await run.book.open()
        assert (run.seen, run.read) == (list(range(length)), [])


async def test_a_snapshot_from_the_future_counts_for_nothing(before):
    """A card that lied about its writes, or an older copy of it, has fewer records."""
    file = before / "book.json"
    file.write_text(json.dumps({"upto": 11, "epoch": EPOCH.hex(), "seen": [*range(11)]}))
    async with Run(before) as run:
        await run.book.open()
        assert run.seen == list(range(10))


async def test_a_snapshot_that_names_no_epoch_is_believed_where_the_journal_is_long_enough(before):
    """As those of before did: they still open."""
    for upto, read in ((10, []), (6, [6, 7, 8, 9]), (11, list(range(10)))):
        plain = {"upto": upto, "seen": [*range(upto)]}
        (before / "book.json").write_text(json.dumps(plain))
        async with Run(before) as run:
            await run.book.open()
            assert (run.seen, run.read) == (list(range(10)), read)


async def test_no_more_is_read_than_it_may_take(before):
    (before / "book.json").unlink()
    async with Run(before, most=4) as run:
        await run.book.open()
        assert (run.seen, run.book.upto) == ([6, 7, 8, 9], 10)
        assert run.book.missed == 6
    async with Run(before, most=4) as run:
        await run.book.open()
        await run.book.save()
        await run.commit(9)
    async with Run(before, most=4) as run:
        await run.book.open()
        assert run.seen == [6, 7, 8, 9, 15, 16, 17, 18], "what lay between is not known any more"
        assert run.book.missed == 5
        await run.book.save()
    async with Run(before, most=4) as run:
        await run.book.open()
        assert (run.read, run.book.missed) == ([], 0)


async def test_a_book_holds_nothing_before_it_is_opened_and_of_nothing_nothing(tmp_path):
    async with Run(tmp_path) as run:
        assert (run.seen, run.book.upto, run.book.missed) == ([], 0, 0)
        await run.book.open()
        await run.book.save()
        await run.commit(2)
        assert (run.seen, run.book.missed) == ([0, 1], 0)
    assert json.loads((tmp_path / "book.json").read_bytes())["upto"] == 0
    async with Run(tmp_path) as run:
        (tmp_path / "book.json").write_text(
            json.dumps({"upto": 0, "epoch": EPOCH.hex(), "seen": [77]})
        )
        await run.book.open()
        assert run.seen == [77, 0, 1], "a snapshot of no record is one"


async def test_a_snapshot_older_than_what_the_journal_keeps(before):
    """Retention let bodies go that the snapshot does not hold: the others are folded in, once."""
    async with Run(before) as run:
        await run.commit(3000 - 10)
        for seq in range(3):
            await run.journal.run(RingJournal.seal, batch(seq, seq * 1000, 1000))
    connection = sqlite3.connect(before / f"{EPOCH.hex()}.sqlite")
    connection.execute("UPDATE batch SET body = x'' WHERE seq < 2")
    connection.commit()
    connection.close()
    async with Run(before) as run:
        await run.book.open()
        assert run.seen == [*range(7), *range(2000, 3000)]
        assert run.read == list(range(2000, 3000)), "no page is read twice"
        kept = [Record.from_bytes(leaf).number async for leaf in read_from(run.journal, 0, 2500)]
        assert kept == list(range(2000, 2500)), "nor is more handed out than was asked for"


async def test_a_crash_between_record_and_save_loses_nothing(before):
    async with Run(before) as run:
        await run.book.open()
        await run.commit(1)  # durable; the agent dies before it saves
    async with Run(before) as run:
        await run.book.open()
        assert run.seen == list(range(11))


async def test_a_crash_between_save_and_the_next_record_repeats_nothing(before):
    async with Run(before) as run:
        await run.book.open()
        await run.book.save()
    async with Run(before) as run:
        await run.book.open()
        assert (run.seen, run.read) == (list(range(10)), [])


@pytest.mark.parametrize("written", [0, 1, 20])
async def test_a_crash_within_a_save_leaves_the_one_before(before, written):
    """`write_file` writes beside: what a power cut leaves there is no snapshot."""
    whole = (before / "book.json").read_bytes()
    (before / ".book.json.tmp").write_bytes(whole[:written])
    async with Run(before) as run:
        await run.book.open()
        assert (run.seen, run.read) == (list(range(10)), [7, 8, 9])
        await run.book.save()
    assert not (before / ".book.json.tmp").exists()


async def test_a_disk_that_takes_no_snapshot_is_told_of_and_the_book_goes_on(
    before, monkeypatch, caplog
):
    def refuse(path, data, mode):
        raise WriteFailed(f"cannot write {path}: No space left on device")

    monkeypatch.setattr(book_module, "write_file", refuse)
    async with Run(before) as run:
        await run.book.open()
        await run.book.save()
        await run.commit(1)
        assert run.seen == list(range(11))
    assert "book.json was not written: cannot write" in caplog.text
    assert json.loads((before / "book.json").read_bytes())["upto"] == 7


async def test_what_is_saved_last_stays(before, monkeypatch):
    """Two people close a check at once: the second save waits, and holds both."""
    go_on, write = threading.Event(), book_module.write_file

    def slow(*args, **named):
        go_on.wait()
        write(*args, **named)

    monkeypatch.setattr(book_module, "write_file", slow)
    async with Run(before) as run:
        await run.book.open()
        first = asyncio.create_task(run.book.save())
        await asyncio.sleep(0.01)
        await run.commit(1)
        second = asyncio.create_task(run.book.save())
        await asyncio.sleep(0.01)
        go_on.set()
        await asyncio.gather(first, second)
    assert json.loads((before / "book.json").read_bytes())["upto"] == 11


async def test_a_journal_that_fails_while_it_opens_is_asked_again(before):
    async with Run(before) as run:
        await run.commit(3000)
        read, failures = run.journal.records, iter([False, True])

        async def failing(first, limit):
            if next(failures, False):
                raise JournalUnavailable("the card is gone")
            return await read(first, limit)

        run.journal.records = failing
        with pytest.raises(JournalUnavailable):
            await run.book.open()
        await run.commit(1)
        await run.book.open()
        await run.commit(1)
        assert run.seen == list(range(3012)), "each once"


async def test_a_book_without_a_snapshot_reads_what_it_may_and_writes_nothing(before):
    async with Run(before) as run:
        book = Book(Numbers, run, run.journal, replay_most=5)
        names = set(before.iterdir())
        await book.open()
        await run.commit(1)
        assert book.content.seen == [5, 6, 7, 8, 9, 10]
        assert set(before.iterdir()) == names


OF_BEFORE = {
    "presence.json": (
        '{"upto": 5, "tags": [{"epc": "30A1", "point": "shelf A", "device": "shelves", '
        '"uri": "urn:epc:id:sgtin:0614141.812345.11", "tid": "E280", "since_ms": 1796005564919, '
        '"number": 3}]}'
    ),
    "dock.json": (
        '{"upto": 5, "count": 2, "received": {"ASN1": "R-1", "106141412345678908": "R-1"}, '
        '"spans": {"ASN1": {"receipt": "R-1", "read_point": "door 2", "first": 1, "last": 3}}, '
        '"open": [{"check": "R-2", "notice": "ASN2", "digest": "74ab", "read_point": "door 3", '
        '"number": 4, "returns": false}]}'
    ),
    "shipments.json": (
        '{"upto": 5, "shipments": [{"name": "WB-77", "notice": "", "digest": "", '
        '"vehicle": "TO 123 AB", "seals": ["S1"], "devices": [], "destination": "", '
        '"started_ms": 1796005597370, "ended_ms": null, "bound": 1, "due": ""}]}'
    ),
}
"""Snapshots as version 0.1.0 wrote them."""

WRITTEN_NOW = OF_BEFORE | {
    "dock.json": (
        '{"upto": 5, "count": 2, "received": {"ASN1": "R-1", "106141412345678908": "R-1"}, '
        '"spans": {"R-1": {"receipt": "R-1", "read_point": "door 2", "first": 1, "last": 3, '
        '"notice": "ASN1", "digest": "", "decision": "accepted", "returns": false, "found": -1, '
        '"expected": -1, "order": ""}}, '
        '"open": [{"check": "R-2", "notice": "ASN2", "digest": "74ab", "read_point": "door 3", '
        '"number": 4, "returns": false, "operator": "", "opened_ms": 0}], '
        '"notices": {}, "owed": {}}'
    ),
    "shipments.json": (
        '{"upto": 5, "shipments": [{"name": "WB-77", "notice": "", "digest": "", '
        '"vehicle": "TO 123 AB", "seals": ["S1"], "devices": [], "destination": "", '
        '"started_ms": 1796005597370, "ended_ms": null, "bound": 1, "due": "", "owner": "", '
        '"custodian": "", "papers": [], "model": "", "parents": [], "vouched": null}], '
        '"papers": []}'
    ),
}
"""The same, by receipt and not by notice; what was not kept then is unknown, not zero."""


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("presence.json", presence_book),
        ("dock.json", history_book),
        ("shipments.json", shipments_book),
    ],
)
async def test_snapshots_of_before_still_open_and_say_the_same(before, caplog, name, make):
    (before / name).write_text(OF_BEFORE[name])
    async with Run(before) as run:
        book = make(before, run, run.journal)
        await book.open()
        assert run.read == [5, 6, 7, 8, 9]
        await book.save()
    assert caplog.text == ""
    plain = json.loads((before / name).read_bytes())
    assert plain.pop("epoch") == EPOCH.hex()
    assert plain == json.loads(WRITTEN_NOW[name]) | {"upto": 10}
