"""The worlds agree, each quirk is seen in them, and a verifier that reads the page otherwise is caught."""

from __future__ import annotations

import pytest

from evidence import anchor, chain, policy, verify
from tests.fuzz.worlds.__main__ import tally
from tests.fuzz.worlds.compare import Differs, compare
from tests.fuzz.worlds.quirks import QUIRKS, Chance
from tests.fuzz.worlds.shown import world


def test_five_hundred_worlds_agree_and_end_in_all_ways():
    whole = tally(range(500))
    assert whole.differing == []
    assert set(whole.codes) == {0, 1, 2, 3, 4}
    assert whole.codes[0] < 350
    assert len(whole.reasons) > 30


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_world_shows_its_quirk_and_all_say_the_same_of_it(quirk):
    for seed in range(200):
        chance = Chance(b"%d" % seed, [quirk])
        compare(world(chance))
        if chance.shown:
            return
    pytest.fail("no world shows it")


def test_a_world_follows_from_its_seed():
    one, again, other = (world(Chance(seed)) for seed in (b"1", b"1", b"2"))
    assert (one.policy, one.bundle) == (again.policy, again.bundle)
    assert one.bundle != other.bundle


def misread_follows(follows, before):
    """As it was: a gap goes by its last number alone."""
    if before.last == follows.seq and before.digest != follows.digest:
        raise chain.ChainError("chain", "another")
    if follows.lost is None or before.last > follows.lost:
        raise chain.ChainError("order", "too")


MISREADINGS = {
    "a gap goes by its last number alone": [
        (chain, "check_follows", misread_follows),
        (chain.EarlierStatements, "check_epoch", lambda *_: None),
    ],
    "what stands further up is not compared": [
        (chain.EarlierStatements, "check_epoch", lambda *_: None)
    ],
    "an epoch may begin with any record": [(verify, "check_start", lambda _: None)],
    "the latest witness's time counts": [
        (anchor, "seen_at", lambda times: max(times, default=None))
    ],
    "a key is not held against its end": [
        (policy.GatewayKey, "check", lambda *_: None),
    ],
}


@pytest.mark.parametrize("misread", MISREADINGS)
def test_another_reading_of_the_page_is_caught(misread, monkeypatch):
    for where, name, other in MISREADINGS[misread]:
        monkeypatch.setattr(where, name, other)
    quirks = {"follows another digest", "epoch begins again", "epoch begins late", "key revoked",
              "key early", "a clock years ahead"}  # fmt: skip
    for seed in range(1500):
        try:
            compare(world(Chance(b"%d" % seed, quirks)))
        except Differs:
            return
    pytest.fail("no world tells them apart")
