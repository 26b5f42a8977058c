"""The journal's thread: calls in order, errors where they are awaited, nothing left half-known."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import JournalDamaged
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from evidence.statement import EPOCH_BYTES


@pytest.fixture
def thread():
    thread = JournalThread()
    yield thread
    thread.close()


def journal_threads() -> int:
    return sum(each.name == "journal" for each in threading.enumerate())


async def test_calls_run_in_one_thread_in_the_order_they_were_asked_for(thread):
    done: list[tuple[int, int]] = []

    def call(number: int) -> int:
        done.append((number, threading.get_ident()))
        return number

    assert await asyncio.gather(*(thread.run(call, n) for n in range(50))) == list(range(50))
    assert [number for number, _ in done] == list(range(50))
    assert {ident for _, ident in done} != {threading.get_ident()}
    assert len({ident for _, ident in done}) == 1


async def test_what_a_call_raises_is_raised_where_it_is_awaited_and_the_thread_goes_on(thread):
    with pytest.raises(ZeroDivisionError):
        await thread.run(lambda: 1 // 0)
    assert await thread.run(int, "7", base=8) == 7


def test_without_a_loop_who_asks_waits_for_the_thread():
    thread = JournalThread(blocks=True)

    def done_at_once(asked):
        with pytest.raises(StopIteration) as done:
            asked.send(None)
        return done.value.value

    assert done_at_once(thread.run(int, "7", base=8)) == 7
    assert done_at_once(thread.run(threading.get_ident)) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        thread.run(lambda: 1 // 0).send(None)
    thread.unblock()
    assert asyncio.run(thread.run(int, "7")) == 7
    thread.close()


async def test_a_cancelled_caller_leaves_its_call_to_its_end(thread):
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def commit() -> None:
        begun.set()
        go_on.wait()
        ended.set()

    caller = asyncio.create_task(thread.run(commit))
    await asyncio.to_thread(begun.wait)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert not ended.is_set()
    go_on.set()
    await thread.run(lambda: None)
    assert ended.is_set()


async def test_closing_waits_for_the_calls_under_way():
    thread = JournalThread()
    go_on, done = threading.Event(), []

    def call(number: int) -> None:
        go_on.wait()
        done.append(number)

    callers = [asyncio.create_task(thread.run(call, n)) for n in range(3)]
    await asyncio.sleep(0)
    go_on.set()
    thread.close()
    assert done == [0, 1, 2]
    await asyncio.gather(*callers)
    with pytest.raises(RuntimeError, match="has ended"):
        await thread.run(call, 3)  # it must not wait for ever


async def test_it_keeps_nothing_of_a_call_in_memory(thread):
    class Records(list):
        pass

    records = Records([1])
    kept = weakref.ref(records)
    assert await thread.run(len, records) == 1
    del records
    await asyncio.sleep(0.01)  # until the thread waits for the next call
    gc.collect()
    assert kept() is None


def test_a_call_that_outlives_its_loop_does_no_harm(thread):
    begun, go_on = threading.Event(), threading.Event()

    async def ask_and_leave() -> None:
        asked = asyncio.ensure_future(thread.run(lambda: (begun.set(), go_on.wait())))
        await asyncio.to_thread(begun.wait)
        asked.cancel()

    asyncio.run(ask_and_leave())
    go_on.set()
    assert asyncio.run(thread.run(int, "7")) == 7


async def test_a_journal_that_cannot_be_opened_leaves_no_thread(tmp_path):
    before = journal_threads()
    (tmp_path / "j.sqlite").write_bytes(b"no database" * 500)
    with pytest.raises(JournalDamaged):
        await AsyncJournal.open(RingJournal, tmp_path / "j.sqlite", bytes(EPOCH_BYTES))
    assert journal_threads() == before


async def test_several_steps_are_one_turn_and_see_no_other_call_between(tmp_path):
    journal = await AsyncJournal.open(RingJournal, tmp_path / "j.sqlite", bytes(EPOCH_BYTES))
    asked = []

    def steps(blocking: RingJournal, *, said: str) -> tuple[int, str]:
        asked.append("begun")
        count = blocking.count()
        asked.append("ended")
        return count, said

    results = await asyncio.gather(
        *(journal.run(steps, said=name) for name in ("one", "two")), journal.count()
    )
    assert results == [(0, "one"), (0, "two"), 0]
    assert asked == ["begun", "ended"] * 2
    await journal.close()
