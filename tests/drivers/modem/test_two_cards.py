"""Two SIM cards in one modem: the second where the first gives no data, and back to the first."""

import itertools
import json

import pytest

from drivers.modem.two_cards import FIRST, GIVES_NO_DATA, SECOND, CardPace, TwoCards
from tests.drivers.modem.test_modem_on_a_pty import bench, keeping

__all__ = ["bench"]
PACE = CardPace()


class World:
    def __init__(self):
        self.cards, self.now, self.bad, self.changes = TwoCards(PACE), 0.0, {}, []

    def passes(self, seconds):
        until = self.now + seconds
        while self.now < until:
            self.now += 10.0
            wanted = self.cards.wanted(self.bad.get(self.cards.used, ""), self.now)
            if wanted != self.cards.used:
                self.cards.changed(wanted, self.now)
                self.changes.append((self.now, wanted))


def test_the_first_is_left_after_five_minutes_without_data_and_tried_again_after_thirty():
    world = World()
    world.passes(3600)
    assert world.changes == []
    world.bad = {FIRST: "modem.refused"}
    world.passes(320)
    assert [card for _, card in world.changes] == [SECOND]
    world.bad = {}
    world.passes(1700)
    assert len(world.changes) == 1
    world.passes(200)
    assert [card for _, card in world.changes] == [SECOND, FIRST]


def test_a_first_card_that_stays_bad_is_tried_ever_more_seldom():
    world = World()
    world.bad = {FIRST: "modem.out-of-data"}
    world.passes(86_400)
    back = [at for at, card in world.changes if card == FIRST]
    gaps = [later - earlier for earlier, later in itertools.pairwise(back)]
    assert gaps == sorted(gaps)
    assert max(gaps) <= PACE.longest + PACE.confirmed + 30
    assert len(world.changes) <= 16


def test_two_bad_cards_are_not_changed_more_often_than_they_are_judged():
    world = World()
    world.bad = {FIRST: "modem.no-sim", SECOND: "modem.no-network"}
    world.passes(3600)
    assert len(world.changes) <= 3600 / PACE.confirmed


@pytest.mark.parametrize("cause", ["modem.searching", "modem.radio-off", "serial.held"])
def test_what_no_other_card_would_heal_changes_none(cause):
    assert cause not in GIVES_NO_DATA
    world = World()
    world.bad = {FIRST: cause}
    world.passes(7200)
    assert world.changes == []


SECOND_CARD = {"first_sim": "AT+QDSIM=0", "second_sim": "AT+QDSIM=1"}


async def test_a_modem_changes_its_card_and_remembers_which(bench, tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.modem.modem.CARD_PACE", CardPace(confirmed=0.3, back=1.0))
    host = keeping(tmp_path)
    async with bench(SECOND_CARD, host, model="EC25", stat=3) as run:
        notes = tmp_path / "notes" / "modem.json"
        await run.until(notes.exists)
        await run.until(lambda: json.loads(notes.read_text()).get("sim_card") == SECOND)
        assert run.emulator.commands.count("AT+QDSIM=1") >= 1
        assert run.driver.health.counters["SIM card changed"] >= 1
        run.emulator.network.stat = 1
        await run.until(lambda: run.emulator.slot == FIRST)  # and back


async def test_with_one_card_nothing_is_changed(bench, tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.modem.modem.CARD_PACE", CardPace(confirmed=0.1, back=0.1))
    async with bench({}, keeping(tmp_path), model="EC25", stat=3) as run:
        for _ in range(5):
            await run.next()
        assert not [each for each in run.emulator.commands if "QDSIM" in each]


async def test_a_modem_that_cannot_change_keeps_its_card_and_radio(bench, tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.modem.modem.CARD_PACE", CardPace(confirmed=0.3, back=1.0))
    options = {"first_sim": "AT+NOSUCH=0", "second_sim": "AT+NOSUCH=1", "second_pin": "1234"}
    async with bench(options, keeping(tmp_path), model="EC25", stat=3) as run:
        await run.until(lambda: run.driver.health.counters.get("SIM card not changed", 0) >= 2)
        assert run.emulator.commands.count("AT+CFUN=1") >= 2
        assert not (tmp_path / "notes" / "modem.json").exists()


def choice(cause, at, used=FIRST):
    """What is wanted of a card in use from 0 s on that gives no data from then on, at a moment."""
    cards = TwoCards(PACE, used)
    cards.wanted(cause, 0.0)
    return cards.wanted(cause, at)


def test_a_card_without_data_is_left_after_five_minutes_to_the_second():
    assert choice("modem.refused", 299.9) == FIRST
    assert choice("modem.refused", 300.0) == SECOND
    assert choice("modem.refused", 299.9, SECOND) == SECOND
    assert choice("modem.refused", 300.0, SECOND) == FIRST
    assert choice("", 1799.9, SECOND) == SECOND
    assert choice("", 1800.0, SECOND) == FIRST
    assert choice("", 1e6) == FIRST


def test_data_in_between_begins_the_five_minutes_anew():
    cards = TwoCards(PACE)
    for at, cause in ((0.0, "modem.refused"), (200.0, ""), (250.0, "modem.refused")):
        assert cards.wanted(cause, at) == FIRST
    assert cards.wanted("modem.refused", 549.0) == FIRST
    assert cards.wanted("modem.refused", 550.0) == SECOND


def test_a_modem_that_kept_its_card_is_asked_again_in_the_same_time():
    cards = TwoCards(PACE)
    cards.wanted("modem.refused", 0.0)
    assert cards.wanted("modem.refused", 300.0) == SECOND
    cards.kept(300.0)
    assert cards.wanted("modem.refused", 310.0) == FIRST
    assert cards.wanted("modem.refused", 609.0) == FIRST
    assert cards.wanted("modem.refused", 610.0) == SECOND
    cards = TwoCards(PACE, SECOND)
    cards.wanted("", 0.0)
    cards.kept(1800.0)
    assert (cards.wanted("", 3599.0), cards.wanted("", 3600.0)) == (SECOND, FIRST)


def stays(cards, since):
    """How long the second card is used from `since` on before the first is tried again."""
    cards.changed(SECOND, since)
    return next(wait for wait in range(0, 30_000, 100) if cards.wanted("", since + wait) == FIRST)


def test_the_first_is_tried_again_after_twice_as_long_each_time_to_six_hours():
    cards, found = TwoCards(PACE), []
    for number in range(6):
        found.append(stays(cards, 100_000.0 * number))
        cards.changed(FIRST, 100_000.0 * number + 50_000.0)
    assert found == [1800, 3600, 7200, 14_400, 21_600, 21_600]


def test_a_first_card_that_gave_data_is_tried_again_as_soon_as_at_first():
    cards = TwoCards(PACE)
    stays(cards, 0.0)
    cards.changed(FIRST, 50_000.0)
    cards.wanted("modem.searching", 50_100.0)  # not yet good
    assert stays(cards, 100_000.0) == 3600
    cards.changed(FIRST, 150_000.0)
    cards.wanted("", 150_100.0)
    assert stays(cards, 200_000.0) == 1800
