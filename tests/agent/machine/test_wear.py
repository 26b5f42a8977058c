"""Bytes written to the card: over reboots, over cards, and how long it lasts; a made-up sysfs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.machine.wear import (
    SAVE_EVERY,
    TERABYTE,
    Card,
    Count,
    Wear,
    WearCounter,
    card_under,
    forecast,
    parse_count,
    resumed,
)
from tests.agent.fakes import FakeTiming, settle

HOUR = 3600.0
SECTORS = 2_000_000


class Machine:
    """A card with a partition, and the agent's counter of this boot."""

    def __init__(self, folder: Path) -> None:
        self.sys, self.state = folder / "sys", folder / "state"
        self.disk = self.sys / "devices/mmc0/block/mmcblk0"
        (self.disk / "mmcblk0p2").mkdir(parents=True)
        (self.disk / "mmcblk0p2/partition").write_text("2\n")
        (self.disk / "device").mkdir()
        self.state.mkdir()
        device = self.state.stat().st_dev
        link = self.sys / f"dev/block/{os.major(device)}:{os.minor(device)}"
        link.parent.mkdir(parents=True)
        link.symlink_to(self.disk / "mmcblk0p2")
        self.timing = FakeTiming()
        self.card("0x1f", 0)

    def card(self, cid: str, sectors: int) -> None:
        (self.disk / "device/cid").write_text(cid + "\n")
        (self.disk / "stat").write_text(f"  10 0 80 5 20 0 {sectors} 9 0 5 14 0 0 0 0 0 0\n")

    def counter(self, boot: str, endurance: int = 30) -> WearCounter:
        return WearCounter(
            self.state,
            self.sys,
            boot,
            endurance_tb=endurance,
            monotonic=self.timing.monotonic,
            sleep=self.timing.sleep,
        )


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_what_is_written_is_counted_and_forecast(machine):
    counter = machine.counter("a")
    counter.look()
    assert (counter.wear.written, counter.wear.per_day) == (0, None)
    machine.timing.now += 12 * HOUR
    machine.card("0x1f", SECTORS)
    counter.look()
    assert counter.wear.written == SECTORS * 512
    assert counter.wear.per_day == 2 * SECTORS * 512
    left = 30 * TERABYTE - SECTORS * 512
    assert counter.wear.years == pytest.approx(left / (2 * SECTORS * 512) / 365.25)


def test_the_sum_goes_on_over_reboots_and_restarts(machine):
    counter = machine.counter("a")
    counter.look()
    machine.card("0x1f", 1000)
    machine.timing.now += SAVE_EVERY
    counter.look()
    machine.card("0x1f", 1500)  # nobody looks: the agent was killed, then started again
    again = machine.counter("a")
    again.look()
    assert again.wear.written == 1500 * 512
    machine.timing.now += SAVE_EVERY
    again.look()
    machine.card("0x1f", 40)  # the machine starts anew, and the kernel counts from 0
    rebooted = machine.counter("b")
    rebooted.look()
    assert rebooted.wear.written == 1540 * 512


def test_another_card_starts_anew(machine):
    counter = machine.counter("a")
    counter.look()
    machine.card("0x1f", 1000)
    machine.timing.now += SAVE_EVERY
    counter.look()
    machine.card("0x2e", 70)
    fresh = machine.counter("b")
    fresh.look()
    assert fresh.wear.written == 0


def test_a_card_is_counted_from_when_it_is_there(machine):
    counter = machine.counter("a")
    counter.look()
    machine.timing.now += 10 * HOUR
    machine.card("0x2e", 70)
    counter.look()
    assert (counter.wear.written, counter.wear.per_day) == (0, None), "an hour of another card"
    machine.timing.now += HOUR
    machine.card("0x2e", 70 + 1000)
    counter.look()
    assert (counter.wear.written, counter.wear.per_day) == (512_000, 24 * 512_000)


def test_the_file_is_written_once_an_hour(machine):
    counter = machine.counter("a")
    counter.look()
    path = machine.state / "wear"
    first = path.read_bytes()
    for _ in range(59):
        machine.timing.now += 60.0
        machine.card("0x1f", round(machine.timing.now))
        counter.look()
    assert path.read_bytes() == first
    machine.timing.now += 60.0
    counter.look()
    assert path.read_bytes() != first


def test_embedded_cards_tell_their_own_wear(machine):
    (machine.disk / "device/life_time").write_text("0x02 0x03\n")
    (machine.disk / "device/pre_eol_info").write_text("0x02\n")
    counter = machine.counter("a")
    counter.look()
    said = "the card says: 30 % of its life is used, four fifths of its spare blocks are used"
    assert counter.wear.own_words == said
    (machine.disk / "device/life_time").write_text("0x00 rubbish 0xzz\n")
    (machine.disk / "device/pre_eol_info").write_text("\n")
    counter.look()
    assert counter.wear.own_words == ""


@pytest.mark.parametrize(
    ("life_time", "pre_eol", "words"),
    [
        ("0x01 0x01", "0x01", "10 % of its life is used"),
        ("0x09 0x02", "0x00", "90 % of its life is used"),
        ("0x0a 0x0a", "0x01", "100 % of its life is used"),
        ("0x0b 0x01", "0x03", "100 % of its life is used, its spare blocks run out"),
        ("0x00 0x04", "0x01", "40 % of its life is used"),
        ("0x0c 0x00", "0x02", "four fifths of its spare blocks are used"),
    ],
)
def test_its_own_words_are_those_of_the_standard(machine, life_time, pre_eol, words):
    """JEDEC JESD84-B51, 7.4: steps of ten per cent, 11 is beyond, others are reserved."""
    (machine.disk / "device/life_time").write_text(f"{life_time}\n")
    (machine.disk / "device/pre_eol_info").write_text(f"{pre_eol}\n")
    assert Card(machine.disk, "").own_words() == f"the card says: {words}"


def test_a_card_is_known_by_its_number_be_it_whole_or_a_part_of_it(machine):
    assert card_under(machine.state, machine.sys) == Card(machine.disk, "0x1f")
    (machine.disk / "device/cid").unlink()
    (machine.disk / "device/serial").write_text(" 0xabc \n")
    assert card_under(machine.state, machine.sys) == Card(machine.disk, "0xabc")
    (machine.disk / "device/serial").unlink()
    assert card_under(machine.state, machine.sys) == Card(machine.disk, "")
    (machine.disk / "mmcblk0p2/partition").unlink()
    whole = card_under(machine.state, machine.sys)
    assert whole == Card(machine.disk / "mmcblk0p2", ""), "a file system on the disk itself"


def test_of_a_line_without_the_seventh_field_nothing_is_counted(machine):
    card = Card(machine.disk, "")
    for text, written in (
        ("1 2 3 4 5 6 7", 7 * 512),
        ("1 2 3 4 5 6", None),
        ("1 2 3 4 5 6 x", None),
    ):
        (machine.disk / "stat").write_text(text)
        assert card.written() == written


async def test_it_is_looked_at_once_a_minute_and_before_that_nothing_is_known(machine):
    counter = machine.counter("a")
    assert counter.wear == Wear(problem="not looked at yet")
    looks = []
    counter.look = lambda: looks.append(machine.timing.now)
    task = asyncio.create_task(counter.run())
    await settle()
    await machine.timing.advance(120.0)
    task.cancel()
    assert looks == [100.0, 160.0, 220.0]


def test_a_disk_that_refuses_the_sum_is_asked_again_at_the_next_look(machine):
    counter = machine.counter("a")
    counter.look()
    first = (machine.state / "wear").read_bytes()
    assert first == b"0x1f a 0 0 0\n"
    (machine.state / ".wear.tmp").mkdir()
    machine.card("0x1f", 1000)
    machine.timing.now += 3600.0
    counter.look()
    assert (machine.state / "wear").read_bytes() == first
    assert counter.wear.written == 512_000, "it goes on counting"
    (machine.state / ".wear.tmp").rmdir()
    machine.timing.now += 60.0
    counter.look()
    assert (machine.state / "wear").read_bytes() == b"0x1f a 512000 512000 3660\n"


def test_the_file_says_card_boot_and_counts():
    count = Count("", "a-b", 7, 3584, 3599.6)
    assert count.to_bytes() == b"- a-b 7 3584 3600\n"
    assert parse_count("- a-b 7 3584 3600\n") == Count("", "a-b", 7, 3584, 3600.0)
    assert [parse_count(text) for text in ("", "0x1f a 1 2", "0x1f a x 2 3", "1 2 3 4 5 6")] == [
        None
    ] * 4


def test_an_hour_of_counting_is_enough_for_a_forecast():
    assert forecast(Count("s", "b", 0, 9000, 3599.9), 30, "its words") == Wear(
        9000, None, None, 30, "its words"
    )
    found = forecast(Count("s", "b", 0, 9000, 3600.0), 30, "its words")
    left = (30 * 10**12 - 9000) / (24 * 9000) / 365.25
    assert found == Wear(9000, 24 * 9000, pytest.approx(left), 30, "its words")


def test_no_disk_is_said_plainly(machine, tmp_path):
    assert card_under(tmp_path, tmp_path / "none") is None
    counter = machine.counter("a")
    (machine.disk / "stat").write_text("nonsense\n")
    counter.look()
    assert counter.wear.problem == "the disk of the state folder does not count what is written"


def test_an_unknown_endurance_gives_no_years():
    wear = forecast(Count("s", "b", 0, 10**9, 7200.0), 0, "")
    assert (wear.per_day, wear.years) == (12 * 10**9, None)
    assert forecast(Count("s", "b", 0, 31 * TERABYTE, 7200.0), 30, "").years == 0.0
    assert forecast(Count("s", "b", 0, 0, 7200.0), 30, "").years is None


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    count = parse_count(text)
    assert count is None or parse_count(count.to_bytes().decode()) is not None


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 10**9)), min_size=1, max_size=20),
)
def test_whatever_order_of_boots_the_sum_is_what_was_written(steps):
    """Each step writes some and stops; then the agent starts again, or the machine does."""
    count, boot, seen, total = Count("s", "0", 0), 0, 0, 0
    for reboots, written in steps:
        if reboots:
            boot, seen = boot + 1, 0
        seen += written
        total += written
        count = resumed(parse_count(count.to_bytes().decode()), "s", str(boot), seen)
    assert count.written == total
