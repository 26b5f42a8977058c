"""A short run of `python -m hil mutants`; `make campaign` has the long one."""

import random

import pytest

from hil.mutants.campaign import campaign
from hil.mutants.damage import WOUNDS, damaged
from hil.mutants.verb import STREAMS, attempt_of

FEW = {"llrp-codec": 2000}
SEED = 7


@pytest.mark.parametrize("what", STREAMS)
def test_nothing_breaks_hangs_grows_or_is_invented(what):
    outcome = campaign(attempt_of(what), FEW.get(what, 200), SEED)
    assert outcome.failures == []
    assert 0 < outcome.read < outcome.streams


@pytest.mark.parametrize("what", STREAMS)
def test_a_stream_is_known_by_its_seed(what):
    attempt = attempt_of(what)
    assert attempt(random.Random("7-3")) == attempt(random.Random("7-3"))


@pytest.mark.parametrize("wound", WOUNDS)
def test_every_wound_changes_something(wound):
    whole = bytes(range(1, 200))
    for seed in range(9):
        data = bytearray(whole)
        wound(data, random.Random(seed))
        assert data != whole


def test_a_stream_is_damaged_to_nothing_and_no_further():
    assert damaged(b"", random.Random(1)) == b""


def test_what_goes_wrong_is_found():
    """An exception ends the campaign; what it finds otherwise is kept with its seed."""
    found = campaign(lambda rng: (1, "no tag" if rng.random() < 0.5 else ""), 20, SEED).failures
    assert 0 < len(found) < 20
    assert found[0].startswith("seed 7-")
    with pytest.raises(KeyError):
        campaign(lambda rng: {}[rng], 1, SEED)
    assert campaign(lambda _: (5000, ""), 1, SEED).failures == ["seed 7-0: 5000 readings"]
