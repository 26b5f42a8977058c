"""A start on a disk that opens no journal: it goes on, and every call says why it cannot."""

from __future__ import annotations

from functools import partial

import pytest

from agent.journal.journal import JournalUnavailable
from agent.journal.ring import Opened
from agent.journal.ring_journal import RingJournal
from agent.journal.shut_journal import ShutJournal
from agent.journal.storage_state import StorageState

WHY = JournalUnavailable("the card is gone", advice="look at dmesg", state=StorageState.READ_ONLY)


@pytest.fixture
def shut():
    return ShutJournal(b"e" * 16, WHY)


def test_it_answers_a_start_as_an_empty_journal_would(shut):
    assert (shut.epoch, shut.next_number()) == (b"e" * 16, 0)
    assert shut.opened == Opened(made=False, records=0, torn=0, next_number=0)
    assert [shut.last(), shut.undeclared(), shut.lost(), shut.declared(), shut.close()] == [
        None
    ] * 5


def test_it_asks_for_no_batch_takes_no_telemetry_again_and_erases_nothing(shut):
    assert (shut.crowded(), shut.roomy(), shut.erases) == (False, False, False)


def test_all_else_says_why_each_time_anew(shut):
    of_its_class = partial(RingJournal.erasures, shut, 0, 9), partial(RingJournal.untold, shut)
    for call in (partial(shut.commit, [], reserve=True), shut.count, shut.head, *of_its_class):
        with pytest.raises(JournalUnavailable, match=r"^the card is gone$") as caught:
            call()
        assert (caught.value.advice, caught.value.state) == (WHY.advice, WHY.state)
        assert caught.value is not WHY, "a traceback would grow with each try"
