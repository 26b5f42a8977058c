"""When batches close, and that what they sign is what the journal holds."""

from __future__ import annotations

import asyncio
import itertools
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain import batcher as batcher_module
from agent.chain import building
from agent.chain.batcher import Batcher, Limits, any_urgent
from agent.chain.building import Author, Place, build_batch
from agent.chain.seal_tally import SealTally
from agent.clock.belief import Stamp
from agent.journal.async_journal import AsyncJournal
from agent.journal.pairing import LostRecords
from agent.journal.ring_journal import RingJournal
from agent.signing.file_key import FileKey
from agent.signing.signer import SignerAway
from evidence.body import ROWS, check_body
from evidence.chain import check_link
from evidence.leaf import Record
from evidence.statement import Gap, parse_statement
from tests.agent.log_world import EPOCH, ISSUER, NOW, record


class ManualClock:
    def __init__(self):
        self.monotonic_ms = 0

    def now(self):
        return Stamp(1, self.monotonic_ms, NOW * 1000, "gnss", 500)


@pytest.fixture
def author():
    return Author(ISSUER, EPOCH, FileKey(ec.generate_private_key(ec.SECP256R1())))


class Bench:
    def __init__(self, author, folder, limits):
        self.clock = ManualClock()
        self.cpu = 0.0
        self.sealed = 0
        self.author, self.folder, self.limits = author, folder, limits
        self.entropy = 0

    async def open(self):
        self.journal = await AsyncJournal.open(RingJournal, self.folder / "j.sqlite", EPOCH)
        self.batcher = Batcher(
            self.journal,
            self.author,
            self.clock,
            self.random,
            self.limits,
            self.spent,
        )
        self.batcher.listen(self.on_sealed)

    def spent(self):
        self.cpu += 0.25  # s between any two looks
        return self.cpu

    def random(self, count):
        self.entropy += 1
        return self.entropy.to_bytes(count, "big")

    def on_sealed(self):
        self.sealed += 1

    async def commit(self, count, *, urgent=False):
        first = await self.journal.next_number()
        records = [record(first + i) for i in range(count)]
        await self.journal.commit(records)
        self.batcher.committed(records, urgent=urgent)

    async def sizes(self):
        rows = await self.journal.batches(0, 1000)
        return [row.batch.count for row in rows]

    async def settle(self):
        for _ in range(20):
            await asyncio.sleep(0.005)

    async def reaches(self, sizes, sealed):
        """Wait until there are batches of these sizes, and so many times were told of."""
        async with asyncio.timeout(60):
            while (await self.sizes(), self.sealed) != (sizes, sealed):
                await asyncio.sleep(0.01)

    async def close(self):
        await self.journal.close()


@pytest.fixture
async def bench(author, tmp_path):
    bench = Bench(author, tmp_path, Limits(4, 60))
    await bench.open()
    yield bench
    await bench.close()


@pytest.fixture
async def running(bench):
    task = asyncio.create_task(bench.batcher.run())
    await bench.settle()
    yield bench
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_full_batch_closes_and_the_rest_waits(running):
    await running.commit(9)
    await running.settle()
    assert await running.sizes() == [4, 4]
    await running.commit(3)
    await running.settle()
    assert await running.sizes() == [4, 4, 4]
    assert running.sealed == 2


async def test_an_urgent_record_closes_the_batch_at_once(running):
    await running.commit(1)
    await running.settle()
    assert await running.sizes() == []
    await running.commit(1, urgent=True)
    await running.settle()
    assert await running.sizes() == [2]


async def test_an_old_batch_closes_by_the_monotonic_clock(running):
    await running.commit(1)
    await running.settle()
    running.clock.monotonic_ms = 60_000
    await running.commit(1)  # any wake-up looks at the age
    await running.settle()
    assert await running.sizes() == [2]


async def test_a_token_that_is_away_delays_the_seal_and_loses_nothing(bench, author):
    key = author.signer

    class Away:
        public, algorithm = key.public, key.algorithm

        def sign(self, message):
            raise SignerAway("token 'truck-7' does not sign")

    bench.batcher._authors = Author(ISSUER, EPOCH, Away())
    await bench.commit(3, urgent=True)
    with pytest.raises(SignerAway):
        await bench.batcher.run()  # the supervisor starts it again
    assert await bench.sizes() == []
    bench.batcher._authors = author
    await bench.batcher.seal_all()
    assert await bench.sizes() == [3]


async def test_a_crowded_journal_closes_a_batch_before_its_time(author, tmp_path):
    bench = Bench(author, tmp_path, Limits(65536, 86400))
    await bench.open()
    task = asyncio.create_task(bench.batcher.run())
    await bench.settle()
    bench.journal.crowded = lambda: False
    await bench.commit(3)
    await bench.settle()
    assert await bench.sizes() == []
    bench.journal.crowded = lambda: True
    await bench.commit(1)
    await bench.reaches([4], 1)
    await bench.settle()
    looks = bench.cpu
    await bench.settle()
    assert bench.cpu == looks, "where nothing is left to be sealed nobody looks for it"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bench.close()


async def test_what_a_full_batch_left_behind_gets_old_too(running):
    running.clock.monotonic_ms = 1000
    await running.commit(5)
    await running.reaches([4], 1)
    running.clock.monotonic_ms = 60_999
    running.batcher.committed([], urgent=False)  # any wake-up looks at the age
    await running.settle()
    assert await running.sizes() == [4]
    running.clock.monotonic_ms = 61_000
    running.batcher.committed([], urgent=False)
    await running.reaches([4, 1], 2)


async def test_age_counts_from_the_first_record_and_not_from_the_batch_before(running):
    running.clock.monotonic_ms = 50_000
    await running.commit(1)
    await running.settle()
    running.clock.monotonic_ms = 109_999
    running.batcher.committed([], urgent=False)  # any wake-up looks at the age
    await running.settle()
    assert await running.sizes() == []
    running.clock.monotonic_ms = 110_000
    running.batcher.committed([], urgent=False)
    await running.reaches([1], 1)


async def test_nothing_is_sealed_where_nothing_is_committed(running):
    running.clock.monotonic_ms = 99_000
    running.batcher.committed([], urgent=True)
    await running.settle()
    assert (await running.sizes(), running.sealed) == ([], 0)


async def test_what_sealing_takes_is_counted(bench):
    await bench.commit(6)
    await bench.batcher.seal_all()
    batches = [row.batch for row in await bench.journal.batches(0, 9)]
    assert bench.batcher.tally == SealTally(
        batches=2,
        records=6,
        cpu_seconds=0.5,
        statement_bytes=sum(len(each.statement) for each in batches),
        body_bytes=sum(len(each.body) for each in batches),
    )
    assert SealTally() == SealTally(0, 0, 0.0, 0, 0)


@pytest.mark.parametrize(("commits", "read"), [(1, 0), (2, 0), (3, 4), (4, 8)])
async def test_what_two_batches_hold_is_at_hand_and_later_ones_are_read_back(
    bench, monkeypatch, commits, read
):
    """A record that is at hand needs no reading when its batch is sealed."""
    parsed = []

    def from_bytes(data):
        parsed.append(data)
        return Record.from_bytes(data)

    for module in (batcher_module, building):
        monkeypatch.setattr(module, "Record", SimpleNamespace(from_bytes=from_bytes))
    for _ in range(commits):
        await bench.commit(4)
    await bench.batcher.seal_all()
    assert len(parsed) == read
    del parsed[:]
    await bench.commit(4)
    await bench.batcher.seal_all()
    assert parsed == []
    assert await bench.sizes() == [4] * (commits + 1)


async def test_what_is_heard_of_when_it_was_sealed_already_is_not_kept_at_hand(bench, monkeypatch):
    early = [record(number) for number in range(4)]
    await bench.journal.commit(early)
    await bench.batcher.seal_all()
    for _ in range(3):  # a commit is told of behind the seal that took it along
        bench.batcher.committed(early, urgent=False)
        await bench.commit(4)
        await bench.batcher.seal_all()
    parsed = []
    spy = SimpleNamespace(from_bytes=lambda data: parsed.append(data) or Record.from_bytes(data))
    monkeypatch.setattr(batcher_module, "Record", spy)
    for _ in range(2):
        await bench.commit(4)
    await bench.batcher.seal_all()
    assert parsed == []


class Torn:
    """A journal in memory whose ring lost the numbers 6 to 8, so that `later` ones follow 5."""

    def __init__(self, *later):
        shock = record(5, kind="shock", values={"peak": 900})
        kept = [*(record(number) for number in range(5)), shock, *map(record, later)]
        self.records = {each.number: each.to_bytes() for each in kept}
        self.sealed = []

    async def run(self, work, **how):
        return work(self, **how)

    def lost(self):
        declared = any(not batch.seed for batch in self.sealed)
        return None if declared else LostRecords(6, 9, "gone")

    def head(self):
        return self.sealed[-1] if self.sealed else None

    def leaves(self, first, count):
        numbers = range(first, first + count)
        return [self.records[n] for n in itertools.takewhile(self.records.__contains__, numbers)]

    def seal(self, batch):
        self.sealed.append(batch)


@pytest.mark.parametrize("later", [(), (9, 10)])
async def test_numbers_that_were_given_up_are_declared_between_what_is_left(author, later):
    journal, told, randoms = Torn(*later), [], itertools.count(1)
    entropy = lambda count: next(randoms).to_bytes(count, "big")  # noqa: E731
    batcher = Batcher(journal, author, ManualClock(), entropy, Limits(4, 60))
    batcher.listen(lambda: told.append(len(journal.sealed)))
    await batcher.seal_all()
    found = [(each.seq, each.first, each.count, each.urgent) for each in journal.sealed]
    behind = [(3, 9, 2, False)] if later else []
    assert found == [(0, 0, 4, False), (1, 4, 2, True), (2, 6, 3, True), *behind]
    assert told == [len(found)], "who sends is told, also where nothing is behind the loss"
    said = [parse_statement(each.statement) for each in journal.sealed]
    assert said[2].gap == Gap(2, 6, 3, None, LostRecords(6, 9, "gone").reason)
    assert {each.claims.issued_at for each in said} == {NOW}
    for one, other in itertools.pairwise(said):
        check_link(one, other)
    for batch, statement in zip(journal.sealed, said, strict=True):
        statement.verify(author.signer.public)
        if statement.gap is None:
            kept = journal.leaves(batch.first, batch.count)
            assert check_body(batch.body, statement.batch) == kept
    assert len({each.seed for each in journal.sealed}) == len(found)


@pytest.mark.parametrize(("wall_ms", "issued"), [(NOW * 1000 + 999, NOW), (999, 0), (-5000, 0)])
async def test_a_statement_is_dated_in_whole_seconds_since_1970(bench, wall_ms, issued):
    """A clock without a battery may begin anywhere."""
    bench.clock.now = lambda: Stamp(1, 0, wall_ms, "none", None)
    await bench.commit(1)
    await bench.batcher.seal_all()
    row = await bench.journal.batch(0)
    assert parse_statement(row.batch.statement).claims.issued_at == issued


async def test_an_alarm_is_one_at_the_next_try_too(bench, author):
    class Away:
        public, algorithm = author.signer.public, author.signer.algorithm

        def sign(self, message):
            raise SignerAway("token 'truck-7' does not sign")

    bench.batcher._authors = Author(ISSUER, EPOCH, Away())
    await bench.commit(1, urgent=True)
    with pytest.raises(SignerAway):
        await bench.batcher.seal_all()
    bench.batcher._authors = author
    task = asyncio.create_task(bench.batcher.run())
    await bench.reaches([1], 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("kinds", "urgent"), [([], False), (["temperature"], False), (["temperature", "shock"], True)]
)
def test_one_alarm_makes_its_batch_urgent(kinds, urgent):
    assert any_urgent([record(n, kind=kind) for n, kind in enumerate(kinds)]) is urgent


async def test_age_alone_closes_a_batch(author, tmp_path):
    bench = Bench(author, tmp_path, Limits(4, 0.01))
    await bench.open()
    task = asyncio.create_task(bench.batcher.run())
    await bench.settle()
    await bench.commit(1)
    async with asyncio.timeout(60):
        while not await bench.sizes():
            bench.clock.monotonic_ms += 10
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bench.close()


async def test_what_a_former_run_left_is_sealed_first(bench):
    await bench.commit(5)
    task = asyncio.create_task(bench.batcher.run())
    await bench.settle()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await bench.sizes() == [4, 1]


async def test_batches_chain_and_sign_what_the_journal_holds(bench, author):
    for count in (4, 2, 3):
        await bench.commit(count)
        await bench.batcher.seal_all()
    rows = await bench.journal.batches(0, 10)
    previous, first = None, 0
    for seq, row in enumerate(rows):
        statement = parse_statement(row.batch.statement)
        statement.verify(author.signer.public)
        assert (statement.claims.issuer, statement.claims.epoch) == (ISSUER, EPOCH)
        assert (statement.claims.seq, statement.claims.previous) == (seq, previous)
        assert statement.batch.first == first
        leaves = await bench.journal.leaves(first, row.batch.count)
        assert check_body(row.batch.body, statement.batch) == leaves
        previous, first = statement.digest, first + row.batch.count
    assert first == 9


def test_the_worst_clock_and_the_whole_span_are_signed(author):
    records = [
        record(0, wall_ms=5_000, clock_bound_ms=300),
        record(1, wall_ms=1_000, clock_source="none", clock_bound_ms=None),
        record(2, wall_ms=9_000, clock_bound_ms=20),
    ]
    leaves = [item.to_bytes() for item in records]
    sealed = build_batch(author, Place.after(None), leaves, bytes(32), NOW, urgent=False)
    batch = parse_statement(sealed.statement).batch
    assert (batch.first_ms, batch.last_ms) == (1_000, 9_000)
    assert (batch.clock_source, batch.clock_bound_ms) == ("none", None)
    known = build_batch(
        author, Place(3, 7, bytes(32)), leaves[::2], bytes(32), NOW, urgent=True, codec=ROWS
    )
    batch = parse_statement(known.statement).batch
    assert (batch.clock_source, batch.clock_bound_ms, batch.codec) == ("gnss", 300, ROWS)
    assert (known.epoch, known.seq, known.first, known.count) == (EPOCH, 3, 7, 2)
    assert (known.seed, known.urgent, sealed.urgent) == (bytes(32), True, False)


def test_sealing_twice_gives_the_same_bytes(author):
    """A repeat after a power cut is no second signature (RFC 6979)."""
    leaves = [record(0).to_bytes()]
    twice = [
        build_batch(author, Place.after(None), leaves, bytes(32), NOW, urgent=False)
        for _ in range(2)
    ]
    assert twice[0] == twice[1]
    assert len(twice[0].statement) < 400


async def test_a_codec_that_fails_costs_bytes_and_no_record(bench, monkeypatch):
    """The journal reads each body back before the ring lets its records go."""
    broken = building.encode_body(bytes(32), [record(99).to_bytes()])
    monkeypatch.setattr(building, "encode_body", lambda *_: broken)
    await bench.commit(3)
    await bench.batcher.seal_all()
    row = await bench.journal.batch(0)
    batch = parse_statement(row.batch.statement).batch
    assert batch.codec == ROWS
    assert check_body(row.batch.body, batch) == [record(n).to_bytes() for n in range(3)]


class Damaged:
    """A journal whose records from 6 to 99 were given up; what is sealed is noted."""

    def __init__(self, kinds) -> None:
        self.kept = {number: record(number, kind=kind) for number, kind in kinds.items()}
        self.sealed = []

    async def run(self, work, **named):
        return work(self, **named)

    def crowded(self):
        return False

    def lost(self):
        known = any(each.first == 6 for each in self.sealed)
        return None if known else LostRecords(6, 100, "blank")

    def head(self):
        return self.sealed[-1] if self.sealed else None

    def leaves(self, first, count):
        return [each.to_bytes() for n, each in self.kept.items() if n >= first][:count]

    def seal(self, batch):
        self.sealed.append(batch)


async def test_numbers_that_were_given_up_are_declared_behind_the_records_before_them(
    author, monkeypatch
):
    kinds = dict.fromkeys((0, 1, 2, 3, 4, 5, 100, 101), "temperature") | {5: "shock"}
    journal, read, sealed = Damaged(kinds), [], []
    batcher = Batcher(journal, author, ManualClock(), bytes, Limits(4, 60), lambda: 0.0)
    batcher.listen(lambda: sealed.append(len(journal.sealed)))
    batcher.committed(list(journal.kept.values()), urgent=False)

    def from_bytes(data):
        read.append(Record.from_bytes(data).number)
        return Record.from_bytes(data)

    await batcher.seal_all()
    assert [(each.first, each.count, each.urgent) for each in journal.sealed] == [
        (0, 4, False),
        (4, 2, True),
        (6, 94, True),
        (100, 2, False),
    ]
    gap = parse_statement(journal.sealed[2].statement)
    assert (gap.gap.reason, journal.sealed[2].body) == (LostRecords(6, 100, "blank").reason, b"")
    assert [parse_statement(each.statement).claims.issued_at for each in journal.sealed] == [
        NOW
    ] * 4
    assert sealed == [4]
    monkeypatch.setattr(batcher_module, "Record", SimpleNamespace(from_bytes=from_bytes))
    more = {number: record(number) for number in range(102, 110)}
    journal.kept |= more
    batcher.committed(list(more.values()), urgent=False)
    await batcher.seal_all()
    assert len(journal.sealed) == 6
    assert read == [], "what was sealed as part of the loss is at hand no longer, these are"
