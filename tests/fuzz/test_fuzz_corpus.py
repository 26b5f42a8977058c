"""The kept inputs break nothing, and what finds breakage finds it."""

from __future__ import annotations

import random

import pytest

from evidence import cbor
from evidence.errors import MalformedError
from tests.fuzz import minute
from tests.fuzz.corpus import FOLDER, Hang, hangs_are_found, kept
from tests.fuzz.mutations import mutate
from tests.fuzz.targets import TARGETS, signatures_hold

LARGEST_CORPUS = 1024 * 1024


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks_and_something_is_taken(name):
    inputs = kept(name)
    with signatures_hold(), hangs_are_found():
        taken = [data for data in inputs if minute.run(name, TARGETS[name], data)]
    assert taken
    assert len(taken) < len(inputs)


def test_the_corpus_is_small_and_has_no_strangers():
    assert {path.name for path in FOLDER.iterdir()} <= set(TARGETS)
    assert sum(path.stat().st_size for path in FOLDER.rglob("*")) < LARGEST_CORPUS


@pytest.mark.parametrize("name", ["cbor", "checkpoint"])
def test_a_minute_makes_many_inputs_and_some_are_taken(name):
    with signatures_hold(), hangs_are_found():
        ran, taken = minute.spend(name, 0.2, 0)
    assert ran > len(kept(name))
    assert taken > 0


def test_mutations_follow_from_their_seed_and_keep_the_encoding_strict():
    data = cbor.encode({1: (b"\x83\x01\x02\x03", "text"), 2: {-1: 7}})
    made = [mutate(data, [data], random.Random(seed)) for seed in range(300)]
    assert made == [mutate(data, [data], random.Random(seed)) for seed in range(300)]
    assert len(set(made)) > 200
    assert sum(map(strict, made)) > 100


def strict(data):
    try:
        cbor.decode(data, tags=frozenset({18}))
    except MalformedError:
        return False
    return True


def test_a_crash_is_raised_and_its_input_written_down(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(minute, "FOUND", tmp_path)

    def broken(data):
        raise KeyError(data)

    with hangs_are_found(), pytest.raises(KeyError):
        minute.run("cbor", broken, b"input")
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [b"input"]
    assert "broken by" in capsys.readouterr().err


def test_a_hang_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(minute, "FOUND", tmp_path)
    monkeypatch.setattr("tests.fuzz.corpus.CPU_SECONDS", 0.05)

    def endless(_):
        while True:
            pass

    with hangs_are_found(), pytest.raises(Hang):
        minute.run("cbor", endless, b"input")
