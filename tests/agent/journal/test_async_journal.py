"""The journal as the event loop sees it: the same calls, in the journal's thread and in order."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import Rank
from agent.journal.thread import JournalThread


class Noted:
    """Notes each call, and in which thread it came; answers with its name."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.epoch, self.erases, self.opened = b"e" * 16, True, "what was found"

    def __getattr__(self, name: str):
        def call(*args: Any, **options: Any) -> str:
            self.calls.append((name, *args, *options.items(), threading.current_thread().name))
            return f"what {name} says"

        return call


@pytest.fixture
def noted():
    return Noted()


@pytest.fixture
def journal(noted):
    thread = JournalThread()
    yield AsyncJournal(noted, thread)
    thread.close()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("count", ()),
        ("last", ()),
        ("records", (3, 9)),
        ("leaves", (3, 9)),
        ("head", ()),
        ("batch", (4,)),
        ("batches", (4, 7)),
        ("last_urgent", ()),
        ("bodies_owed", (Rank.NEWEST, 4, 9)),
        ("custody_owed", (4, 9)),
        ("counts", ()),
        ("next_number", ()),
        ("make_room", ()),
        ("lost", ()),
        ("undeclared", ()),
    ],
)
async def test_a_question_is_put_in_its_thread_and_answered(journal, noted, name, arguments):
    assert await getattr(journal, name)(*arguments) == f"what {name} says"
    assert noted.calls == [(name, *arguments, "journal")]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("set_custody", ({4: b"receipt"},)),
        ("set_body_taken", ([4, 5], 77)),
        ("set_refused", (4, "gap", "batch 3 is wanted")),
        ("flush", ()),
        ("declared", ()),
    ],
)
async def test_what_is_to_be_written_is_written_in_its_thread(journal, noted, name, arguments):
    assert await getattr(journal, name)(*arguments) is None
    assert noted.calls == [(name, *arguments, "journal")]


async def test_only_who_may_commits_into_the_reserve(journal, noted):
    await journal.commit(["a record"])
    await journal.commit(["an alarm"], reserve=True)
    assert noted.calls == [
        ("commit", ["a record"], ("reserve", False), "journal"),
        ("commit", ["an alarm"], ("reserve", True), "journal"),
    ]


async def test_what_memory_knows_is_answered_here_and_now(journal, noted):
    here = threading.current_thread().name
    assert (journal.newest(), journal.crowded(), journal.roomy()) == (
        "what newest says",
        "what crowded says",
        "what roomy says",
    )
    assert noted.calls == [("newest", here), ("crowded", here), ("roomy", here)]
    assert (journal.epoch, journal.erases, journal.opened) == (b"e" * 16, True, "what was found")


async def test_closing_releases_the_files_then_ends_the_thread():
    noted, thread = Noted(), JournalThread()
    await AsyncJournal(noted, thread).close()
    assert noted.calls == [("close", "journal")]
    with pytest.raises(RuntimeError, match="has ended"):
        await thread.run(lambda: None)
