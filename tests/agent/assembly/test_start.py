"""What a start says first, in the log and on record."""

from __future__ import annotations

import logging
import os
from types import SimpleNamespace

import pytest

from agent.assembly.start import (
    declare_loss,
    declare_predecessor,
    declare_torn_tail,
    note_start,
    tell,
    tell_of_blocks,
)
from agent.journal.pairing import LostRecords
from agent.journal.ring import Opened
from agent.journal.torn_tail import TornTail
from agent.machine.version import VERSION

LAST = SimpleNamespace(wall_ms=1_790_000_000_000)
LOST = LostRecords(40, 100, "blank")
LOSS = (
    "the journal's ring was blank; how many of these there were is unknown: records from 40 on may "
    "be lost; the order goes on with record 100, and a signed gap declares the numbers between"
)
CUT = (
    "a write of the last run was cut short: 2 blocks with records from 5 on are dropped; "
    "none of them was acknowledged"
)


class Recorder:
    def __init__(self) -> None:
        self.noted = []

    async def note(self, kind, values):
        self.noted.append((kind, dict(values)))


@pytest.fixture
def recorder():
    return Recorder()


@pytest.mark.parametrize(
    ("opened", "level", "said"),
    [
        (Opened(False, 5, 0, 5), None, ""),
        (Opened(True, 0, 0, 7), logging.INFO, "made the journal's ring; record 7 is next"),
        (
            Opened(True, 0, 0, 100, LOST),
            logging.ERROR,
            LOSS,
        ),
        (
            Opened(False, 5, 2, 5),
            logging.WARNING,
            CUT,
        ),
    ],
)
def test_the_log_says_what_opening_found_that_is_not_everyday(caplog, opened, level, said):
    with caplog.at_level(logging.INFO):
        tell(opened)
    found = [(each.levelno, each.getMessage()) for each in caplog.records]
    assert found == ([] if level is None else [(level, said)])


@pytest.mark.parametrize(("size", "told"), [(1024, True), (4095, True), (4096, False)])
def test_a_disk_of_small_blocks_is_told_of(tmp_path, monkeypatch, caplog, size, told):
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bsize=size))
    tell_of_blocks(tmp_path)
    assert (f"has blocks of {size} bytes" in caplog.text) is told
    assert ("mkfs.ext4 -b 4096" in caplog.text) is told


@pytest.mark.parametrize(
    ("new", "previous", "values"),
    [
        (True, None, {"cause": "first start"}),
        (False, None, {"cause": "first start"}),
        (True, "orderly", {"cause": "machine start", "previous": "orderly"}),
        (False, "unexpectedly", {"cause": "agent restart", "previous": "unexpectedly"}),
    ],
)
async def test_a_run_begins_with_why_it_started_and_its_configuration(
    recorder, new, previous, values
):
    config = SimpleNamespace(digest=b"digest", devices=["a", "b"])
    await note_start(recorder, config, SimpleNamespace(new=new), previous)
    assert recorder.noted == [
        ("boot", {"version": VERSION} | values),
        ("config", {"digest": b"digest", "devices": 2}),
    ]


@pytest.mark.parametrize(("last", "since"), [(None, {}), (LAST, {"from_ms": LAST.wall_ms})])
async def test_what_a_power_cut_left_is_declared_since_the_last_record(recorder, last, since):
    tail = TornTail(2, 7)

    async def undeclared():
        return tail

    await declare_torn_tail(SimpleNamespace(undeclared=undeclared), recorder, last)
    assert recorder.noted == [("gap", tail.values() | since)]


async def test_where_nothing_was_left_nothing_is_declared(recorder):
    async def undeclared():
        return None

    await declare_torn_tail(SimpleNamespace(undeclared=undeclared), recorder, LAST)
    await declare_loss(Opened(False, 5, 0, 5), recorder, LAST)
    assert recorder.noted == []


@pytest.mark.parametrize(("last", "since"), [(None, {}), (LAST, {"from_ms": LAST.wall_ms})])
async def test_what_a_damaged_ring_may_have_held_is_declared(recorder, last, since):
    await declare_loss(Opened(True, 0, 0, 100, LOST), recorder, last)
    assert recorder.noted == [("gap", {"state": "closed", "reason": LOST.reason} | since)]


async def test_of_a_gateway_that_took_another_s_place_it_is_declared_what_is_unknown(
    recorder, tmp_path
):
    follows = SimpleNamespace(epoch=bytes(16), reason="the card was lost")
    for identity in (SimpleNamespace(follows=None), SimpleNamespace(follows=follows)):
        await declare_predecessor(tmp_path, identity, recorder)
    reason = "the card was lost; what the previous gateway had recorded and not sent is missing"
    assert recorder.noted == [("gap", {"state": "closed", "reason": reason})]
    (tmp_path / "epochs" / bytes(16).hex()).mkdir(parents=True)
    await declare_predecessor(tmp_path, SimpleNamespace(follows=follows), recorder)
    assert len(recorder.noted) == 1, "its files are here: a list of its batches tells"
