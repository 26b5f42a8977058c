"""`tallyman report` on a machine without an agent: what it writes, and what it refuses."""

from __future__ import annotations

import json

import pytest

from agent.cli.main import main
from tests.agent.report import trip
from tests.agent.report.reading import read


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    world = trip.sealed(trip.records())
    (folder / "trip.bundle").write_bytes(trip.bundled(world))
    (folder / "policy.txt").write_text(world.policy_text())
    return folder


def asked(given, *more, what="trip.bundle"):
    return main(
        ["report", str(given / what), "--policy", str(given / "policy.txt"), *map(str, more)]
    )


def test_one_file_is_written_and_told(given, tmp_path, capsys):
    page = tmp_path / "trip.html"
    assert asked(given, "-o", page, "--lang", "it", "--utc") == 0
    assert f"wrote {page}: authentic, {page.stat().st_size} bytes" in capsys.readouterr().out
    root = read(page.read_text())
    assert root.one("html").attributes["lang"] == "it"
    assert not [each for each in root.all("small") if "UTC" in each.text]
    assert [each.name for each in tmp_path.iterdir()] == ["trip.html"]


def test_programs_are_told_the_verdict(given, tmp_path, capsys):
    assert asked(given, "-o", tmp_path / "x.html", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["exit"], told["lang"]) == ("authentic", 0, "en")


@pytest.mark.parametrize("name", ["trip.bundle", "policy.txt"])
def test_it_never_writes_over_what_it_is_made_from(given, capsys, name):
    before = (given / name).read_bytes()
    assert asked(given, "-o", given / name) == 2
    assert "the page is to be made from" in capsys.readouterr().err
    assert (given / name).read_bytes() == before


def test_without_a_policy_it_asks_whose_signatures_count(given, tmp_path, capsys):
    assert main(["report", str(given / "trip.bundle"), "-o", str(tmp_path / "x.html")]) == 2
    assert "--policy policy.txt" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_is_no_bundle_makes_no_page(given, tmp_path, capsys):
    assert asked(given, "-o", tmp_path / "x.html", what="policy.txt") == 2
    assert "is no bundle" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trip.bundle", "--zone", ""), "there is no time zone ''"),
        (("trip.bundle", "--zone", "Europe/Rome", "--utc"), "--zone and --utc exclude"),
        (("R-20261122-0001",), "--policy is for a bundle"),
        (("R-20261122-1\u0661",), "there is no file"),
        (("x" * 300,), "there is no file"),
    ],
)
def test_what_cannot_be_meant_is_said_and_makes_no_page(
    given, tmp_path, capsys, monkeypatch, words, said
):
    monkeypatch.chdir(given)
    page = tmp_path / "x.html"
    assert main(["report", *words, "--policy", "policy.txt", "-o", str(page)]) == 2
    told = capsys.readouterr().err
    assert (said in told, "\nnext: " in told, page.exists()) == (True, True, False)
