"""Followers get each record once and in order, old ones first; who is too slow is told so."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from agent.journal.follow import MOST_WAITING, TooSlow, follow, follow_records, read_from
from agent.journal.replay import replay
from tests.agent.fakes import settle
from tests.agent.journal.test_ring_journal import records


class Journal:
    """Records in memory; `missing` ones have gone by retention. Notes how many are asked for."""

    def __init__(self, count: int, missing=()) -> None:
        self.kept = [each for each in records(0, count) if each.number not in missing]
        self.end = count
        self.asked: list[tuple[int, int]] = []
        self.meanwhile = lambda: None

    async def count(self) -> int:
        return self.end

    async def leaves(self, first: int, count: int) -> list[bytes]:
        self.asked.append((first, count))
        self.meanwhile()
        found = [each.to_bytes() for each in self.kept if each.number >= first]
        return found[:count]

    async def records(self, first: int, limit: int):
        self.asked.append((first, limit))
        return [each for each in self.kept if each.number >= first][:limit]


class Recorder:
    """Tells of commits, as the recorder does."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.listeners = []

    def listen(self, listener) -> None:
        self.listeners.append(listener)

    def unlisten(self, listener) -> None:
        self.listeners.remove(listener)

    def commit(self, count: int) -> None:
        made = records(self.journal.end, count)
        self.journal.kept += made
        self.journal.end += count
        for listener in self.listeners:
            listener(made)


@pytest.fixture
def journal():
    return Journal(5)


@pytest.fixture
def recorder(journal):
    return Recorder(journal)


async def taken(following, count: int) -> list[int]:
    return [(await asyncio.wait_for(anext(following), 60)).number for _ in range(count)]


async def test_without_a_number_only_new_ones_are_followed(journal, recorder):
    async with aclosing(follow_records(journal, recorder, None)) as following:
        first = asyncio.create_task(taken(following, 3))
        await settle()
        assert not first.done()
        recorder.commit(2)
        recorder.commit(1)
        assert await first == [5, 6, 7]
        later = asyncio.create_task(taken(following, 1))
        await settle()
        assert not later.done()
        recorder.commit(1)
        assert await later == [8]
    assert journal.asked == []
    assert recorder.listeners == [], "nobody is told any more"


async def test_from_a_number_on_old_ones_come_first_and_none_twice(journal, recorder):
    journal.meanwhile = lambda: recorder.commit(2) if journal.end < 7 else None
    async with aclosing(follow_records(journal, recorder, 2)) as following:
        assert await taken(following, 5) == [2, 3, 4, 5, 6]
        recorder.commit(1)
        assert await taken(following, 1) == [7]


async def test_from_a_number_to_come_nothing_is_told_before_it(journal, recorder):
    async with aclosing(follow_records(journal, recorder, 7)) as following:
        first = asyncio.create_task(taken(following, 2))
        await settle()
        recorder.commit(4)
        assert await first == [7, 8]


async def test_its_bytes_are_those_of_the_record(journal, recorder):
    async with aclosing(follow(journal, recorder, 4)) as following:
        assert await anext(following) == records(4, 1)[0].to_bytes()
    assert recorder.listeners == []


@pytest.mark.parametrize(("waiting", "slow"), [(MOST_WAITING, False), (MOST_WAITING + 1, True)])
async def test_who_falls_too_far_behind_is_told_from_where(journal, recorder, waiting, slow):
    async with aclosing(follow_records(journal, recorder, None)) as following:
        first = asyncio.create_task(taken(following, 1))
        await settle()
        recorder.commit(1)
        assert await first == [5]
        recorder.commit(waiting - 1)
        recorder.commit(1)
        if not slow:
            assert await taken(following, waiting) == list(range(6, 6 + waiting))
            return
        with pytest.raises(TooSlow, match="it missed records from 6 on") as caught:
            await taken(following, 1)
        assert caught.value.advice == "follow again from there with --since"
    assert recorder.listeners == []


async def test_too_much_at_once_is_missed_from_its_first_on(journal, recorder):
    async with aclosing(follow_records(journal, recorder, None)) as following:
        first = asyncio.create_task(taken(following, 1))
        await settle()
        recorder.commit(MOST_WAITING + 1)
        with pytest.raises(TooSlow, match="it missed records from 5 on"):
            await first


async def test_old_ones_are_read_in_pages_and_no_further_than_asked():
    journal = Journal(1000, missing=range(300, 400))
    found = [leaf async for leaf in read_from(journal, 100, 500)]
    assert found == [each.to_bytes() for each in (*records(100, 200), *records(400, 200))]
    assert journal.asked == [(100, 256), (456, 144)]
    journal.asked.clear()
    assert [leaf async for leaf in read_from(journal, 1000, 5)] == []
    assert [leaf async for leaf in read_from(journal, 3, 0)] == []
    assert journal.asked == [(1000, 5)]


@pytest.mark.parametrize(("missing", "found"), [(range(8, 12), [6, 7, 12]), (range(8, 13), [6, 7])])
async def test_what_has_gone_is_not_made_up_for_by_what_comes_behind(missing, found):
    """A page is so many records, wherever their numbers are by then."""
    journal = Journal(20, missing=missing)
    leaves = [leaf async for leaf in read_from(journal, 6, 7)]
    assert leaves == [records(number, 1)[0].to_bytes() for number in found]


async def test_who_catches_up_reads_page_after_page_until_there_is_no_more():
    journal = Journal(2500, missing=range(1000, 1100))
    pages: list[list[int]] = []
    await replay(journal, 10, lambda page: pages.append([each.number for each in page]))
    assert journal.asked == [(10, 1024), (1134, 1024), (2158, 342)]
    assert [number for page in pages for number in page] == [
        *range(10, 1000), *range(1100, 2500)
    ]  # fmt: skip
    journal.kept.clear()
    await replay(journal, 10, pages.clear)
    assert len(pages) == 3, "nothing is handed over of what has gone"
