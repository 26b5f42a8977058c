"""`tallyman export` as its user types it."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from agent.cli.export import checked
from agent.cli.main import main
from agent.exports.forms import FORMS
from evidence.report import Outcome
from tests.agent.exports.days import bundled, truck, warehouse
from tests.evidence.building import record


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder in which a user stands: two bundles, their policy, and rubbish."""
    world, data = bundled(warehouse())
    (tmp_path / "morning.bundle").write_bytes(data)
    (tmp_path / "policy.txt").write_text(world.policy_text())
    _, data = bundled(truck(), indexes=(0, 1, 5, 8))
    (tmp_path / "trip.bundle").write_bytes(data)
    (tmp_path / "rubbish").write_bytes(b"\x82rubbish")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(*words):
    return main(["export", *words])


@pytest.mark.parametrize("form", FORMS)
def test_each_form_says_what_it_left_out(folder, capsys, form):
    assert export(form, "morning.bundle", "trip.bundle", "-o", "out") == 0
    told = capsys.readouterr().out
    assert f"written   out: {told.split()[2]}" in told
    assert (folder / "out").stat().st_size == int(told.split()[4])
    assert "checked   no: give --policy" in told
    assert "left out  " in told
    assert "8 records: the bundle hides it" in told
    assert max(map(len, told.splitlines())) <= 79


def test_what_holds_under_a_policy(folder, capsys):
    assert (
        export("epcis", "morning.bundle", "-o", "out.jsonld", "--policy", "policy.txt", "--json")
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["form"], told["holds"], told["records"], told["checked"]) == (
        "epcis",
        11,
        17,
        "authentic",
    )
    events = json.loads((folder / "out.jsonld").read_text())["epcisBody"]["eventList"]
    assert len(events) == told["holds"]
    assert told["left_out"]["EPCIS has no word for boot"] == 1


def test_what_is_missing_is_said(folder, capsys):
    world, _ = bundled(warehouse(), [record(17)], [record(18)])
    first, _, last = world.sealed
    data = world.bundle((world.bundled(first), world.bundled(last))).to_bytes()
    (folder / "hole.bundle").write_bytes(data)
    assert export("csv", "hole.bundle", "-o", "out.csv", "--policy", "policy.txt") == 0
    assert "INCOMPLETE: no gap was declared" in capsys.readouterr().out
    assert export("csv", "morning.bundle", "-o", "out.csv", "--policy", "policy.txt") == 0
    assert "checked   authentic and complete under this policy\n" in capsys.readouterr().out


def test_what_was_altered_is_not_written(folder, capsys):
    data = bytearray((folder / "morning.bundle").read_bytes())
    data[-1] ^= 1
    (folder / "morning.bundle").write_bytes(data)
    for policy in ((), ("--policy", "policy.txt")):
        assert export("csv", "morning.bundle", "-o", "out.csv", *policy) == 2
        assert "closing digest" in capsys.readouterr().err
    assert not (folder / "out.csv").exists()


def test_under_another_policy_nothing_is_written(folder, capsys):
    other = (folder / "policy.txt").read_text().replace("group q 3", "group q 2")
    (folder / "other.txt").write_text(other)
    assert export("csv", "morning.bundle", "-o", "out.csv", "--policy", "other.txt") == 2
    assert "does not hold" in capsys.readouterr().err
    assert not (folder / "out.csv").exists()


def test_senml_in_cbor(folder, capsys):
    assert export("senml", "trip.bundle", "-o", "out.senmlc", "--cbor") == 0
    assert (folder / "out.senmlc").read_bytes()[0] >> 5 == 4  # an array


WRONG = [
    (("csv", "rubbish", "-o", "o"), "rubbish is no bundle"),
    (("csv", "missing", "-o", "o"), "cannot read missing"),
    (("csv", "trip.bundle", "-o", "o", "--cbor"), "--cbor is of senml alone"),
    (("senml", "trip.bundle", "-o", "o", "--lot", "L"), "--lot is of fsma204 alone"),
    (("senml", "trip.bundle", "-o", "o", "--post", "https://x"), "only epcis can be posted"),
    (("epcis", "trip.bundle", "-o", "o", "--post", "ftp://x"), "is no web address"),
    (("epcis", "trip.bundle", "-o", "o", "--post", "https://"), "is no web address"),
    (("epcis", "trip.bundle", "-o", "o", "--post", "http://x", "--token", "t"), "does not go over http"),
    (("xml", "trip.bundle", "-o", "o"), "xml"),
    (("csv", "trip.bundle", "-o", "./trip.bundle"), "-o would replace trip.bundle"),
    (("csv", "trip.bundle", "-o", "policy.txt", "--policy", "policy.txt"), "-o would replace policy.txt"),
    (("csv", "-o", "o"), "BUNDLE"),
    (("csv", "trip.bundle"), "--output"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "text"), WRONG)
def test_mistakes_are_told_and_nothing_is_written(folder, capsys, words, text):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert export(*words) == 2
    assert text in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_what_tells_of_nothing_makes_an_empty_document(folder, capsys):
    _, data = bundled([record(0, "boot", values={})])
    (folder / "boot.bundle").write_bytes(data)
    assert export("epcis", "boot.bundle", "-o", "out") == 0
    told = capsys.readouterr().out
    assert told.startswith("written   out: 0 events, ")
    assert "1 record: EPCIS has no word for boot" in told


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ([None, None], None),
        ([Outcome.AUTHENTIC, Outcome.AUTHENTIC], Outcome.AUTHENTIC),
        ([Outcome.AUTHENTIC, Outcome.INCOMPLETE, Outcome.AUTHENTIC], Outcome.INCOMPLETE),
        ([Outcome.INCOMPLETE, None], Outcome.INCOMPLETE),
    ],
)
def test_of_several_bundles_the_worst_verdict_counts(verdicts, worst):
    assert checked([SimpleNamespace(verdict=verdict) for verdict in verdicts]) is worst


def test_what_was_left_out_is_told_below_one_label(folder, capsys):
    assert export("epcis", "morning.bundle", "-o", "out") == 0
    lines = capsys.readouterr().out.splitlines()
    labels = [line[:10].strip() for line in lines]
    assert labels[:3] == ["written", "checked", "left out"]
    assert set(labels[3:]) <= {"", "note"}
    assert labels.count("note") <= 1
    assert "" in labels
