"""`python -m hil noise`: what it finds, and that it would find what is wrong."""

from __future__ import annotations

import random

import pytest

from drivers.gnss import epoch, fix, sense
from hil.noise.epochs import tally
from hil.noise.models import MODELS
from hil.noise.mutants import FORMS, feed, mutants, sentences
from tests.hil.rig.test_hil_commands import hil

FEW = 6000  # epochs; `python -m hil noise` drives through 280,000
SEED = 3


@pytest.mark.parametrize("name", MODELS)
async def test_no_wrong_position_is_called_ok(name):
    found = await tally(MODELS[name], FEW, SEED)
    assert found.wrong_ok == []
    assert found.right_ok > 0.85 * FEW
    assert found.right_suspect < 0.01 * FEW


async def test_without_the_comparison_of_sentences_wrong_positions_pass(monkeypatch):
    """The noise is strong enough to show what the driver must find."""
    monkeypatch.setattr(epoch, "AGREE", 360.0)
    monkeypatch.setattr(fix.Track, "doubt", lambda *_, **__: "")
    found = await tally(MODELS["bits flip, 3 of 1,000 bytes"], FEW, SEED)
    assert found.wrong_ok != []


async def test_a_model_damages_what_it_says():
    rng = random.Random(1)
    whole = bytes(100_000)
    flipped = MODELS["bits flip, 3 of 1,000 bytes"].damage(whole, rng)
    assert len(flipped) == len(whole)
    assert 250 < sum(map(bool, flipped)) < 350
    assert all(byte.bit_count() <= 1 for byte in flipped)
    for name, longest in (("1 to 30 bytes", 30), ("1 to 200 bytes", 200)):
        damage = MODELS[f"{name} lost each second"].damage
        lost = [500 - len(damage(bytes(500), rng)) for _ in range(2000)]
        assert min(lost) >= 1
        assert 0.9 * longest < max(lost) <= longest


async def test_no_mutant_ends_the_driver():
    found = await feed(sentences(None), 20_000, SEED)
    assert found.fed == 20_000
    assert found.positions > 100
    assert found.broke == []


async def test_what_ends_a_driver_is_named_and_another_one_goes_on(monkeypatch):
    def breaks(_):
        raise ZeroDivisionError("a mistake of ours")
        yield

    monkeypatch.setattr(fix, "nonsense", breaks)
    found = await feed(FORMS, 2000, SEED)
    assert found.fed == 2000
    assert found.broke[0].startswith("ZeroDivisionError: a mistake of ours: b'$")
    assert sense.nonsense is not breaks


def test_mutants_have_right_checksums_and_are_not_all_the_same():
    made = [next(stream) for stream in [mutants(FORMS, random.Random(2))] for _ in range(500)]
    for each in made:
        text, _, digits = each[1:].rstrip(b"\r\n").rpartition(b"*")
        check = 0
        for byte in text:
            check ^= byte
        assert int(digits, 16) == check
    assert len(set(made)) > 450


def test_the_command_prints_what_became_of_them():
    done = hil("noise", "--epochs", "700", "--mutants", "2000", "--seed", "5")
    assert done.returncode == 0, done.stdout + done.stderr
    *_, models, mutated = done.stdout.splitlines()
    assert models.startswith("1 to 30 bytes lost each second")
    assert models.split()[-1] == "0"
    assert mutated.startswith("2000 mutants of ")
    assert "0 drivers ended" in mutated
