"""`tallyman bundle`: into a file, in parts, into a pipe; and the files that are attached."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.cli import bundle as command
from agent.cli.bundle import FileDamaged, kept_in, part_path
from agent.cli.bundle_policies import Stretch, changed
from agent.cli.main import main
from agent.desks.control_client import NotAllowed
from tests.agent.cli.test_bundle_policies import Card
from tests.independent.verify import exit_code as stranger_verifies


@pytest.fixture
def card(tmp_path, monkeypatch):
    """A gateway's folder with six confirmed records in two batches."""
    monkeypatch.setenv("TALLYMAN_CONFIG", str(tmp_path / "tallyman.toml"))
    monkeypatch.chdir(tmp_path)
    card = Card(tmp_path)
    card.confirm(2)
    card.journal.close()
    return card


def test_what_was_made_is_told_to_people_and_programs(card, capsys):
    assert main(["bundle", "-o", "a.bundle"]) == 0
    data = Path("a.bundle").read_bytes()
    assert stranger_verifies(data, card.world.policy_text) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"bundle    a.bundle: {len(data)} bytes",
        "          records 0 to 5 in 2 batches, all of them shown",
        "          no record of it was made: the agent is not running",
    ]
    assert main(["bundle", "-o", "a.bundle", "--json", "--until", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    data = Path("a.bundle").read_bytes()
    assert told == {
        "file": "a.bundle", "bytes": len(data), "batches": 1, "first": 0, "last": 2,
        "not_confirmed": 0, "shown": 3, "hidden": 0, "erased": 0, "files": 0,
        "policy": card.world.policy.digest.hex(), "sha256": hashlib.sha256(data).hexdigest(),
        "recorded": False,
    }  # fmt: skip


def test_a_bundle_into_a_pipe_is_told_beside_it(card, capsysbinary):
    assert main(["bundle", "-o", "-"]) == 0
    shown = capsysbinary.readouterr()
    assert stranger_verifies(shown.out, card.world.policy_text) == 0
    assert shown.err.startswith(f"bundle    -: {len(shown.out)} bytes\n".encode())
    assert not Path("-").exists()


@pytest.mark.parametrize("more", ["--json", "--parts"])
def test_a_pipe_takes_one_bundle_and_nothing_else(card, capsys, more):
    assert main(["bundle", "-o", "-", more]) == 2
    assert "-o - writes one bundle and nothing else" in capsys.readouterr().err


def test_a_terminal_is_no_pipe(card, capsys, monkeypatch):
    monkeypatch.setattr(command.sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["bundle", "-o", "-"]) == 2
    assert "a bundle is no text for a terminal" in capsys.readouterr().err
    assert main(["bundle", "-o", "a.bundle"]) == 0


def test_what_cannot_be_meant_is_refused_before_anything_is_read(tmp_path, monkeypatch, capsys):
    (tmp_path / "tallyman.toml").write_text('[gateway]\nname = "g"\nstate_dir = "state"\n')
    monkeypatch.setenv("TALLYMAN_CONFIG", str(tmp_path / "tallyman.toml"))
    for words, said in (
        (["--kind", "temprature"], "did you mean 'temperature'?"),
        (["--since", "5", "--until", "4"], "--until lies before --since"),
        (["--shipment", ""], "--shipment or --owner names nobody"),
    ):
        assert main(["bundle", "-o", str(tmp_path / "x"), *words]) == 2
        assert said in capsys.readouterr().err


def test_where_nothing_was_chosen_no_file_is_made(card, capsys):
    assert main(["bundle", "-o", "a.bundle", "--kind", "shock"]) == 1
    assert "no confirmed record there is what was chosen: " in capsys.readouterr().err
    assert not Path("a.bundle").exists()


def test_an_authority_wants_a_timestamp(card, capsys):
    assert main(["bundle", "-o", "a.bundle", "--authority", "x.pem"]) == 2
    assert "--authority is for a --timestamp" in capsys.readouterr().err


def batch(first):
    return SimpleNamespace(row=SimpleNamespace(batch=SimpleNamespace(first=first)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([[batch(0)]], [[batch(9)]], "the witnesses changed behind record 8:"),
        ([[batch(0)], [batch(0)]], [[], [batch(9)]], "the witnesses changed behind record 8:"),
        ([[batch(0)], []], [[], [batch(0)]], "the witnesses changed since the epochs before:"),
        ([[batch(0)], [batch(0)]], [[batch(5)], []], "changed since the epochs before:"),
    ],
)  # fmt: skip
def test_where_the_witnesses_changed_is_said(before, after, said):
    """The last of the parts is the present epoch; a cut is named where it lies in that."""
    error = changed([Stretch(before, None), Stretch(after, None)])
    assert said in str(error)
    cut = "--until 8, one with --since 9" in error.advice
    assert cut == ("behind" in said)
    assert "--parts" in error.advice


@pytest.mark.parametrize(
    ("name", "number", "part"),
    [("trip.bundle", 1, "trip.1.bundle"), ("trip", 12, "trip.12"), ("a/b.c.bundle", 2, "a/b.c.2.bundle")],
)  # fmt: skip
def test_the_names_of_parts(name, number, part):
    assert part_path(Path(name), number) == Path(part)


def test_attached_files_are_found_by_their_digest(tmp_path, monkeypatch):
    digest = hashlib.sha256(b"paper").digest()
    kept = kept_in(tmp_path)
    assert kept(digest) is None
    (tmp_path / digest.hex()).write_bytes(b"paper")
    assert kept(digest) == b"paper"
    (tmp_path / digest.hex()).write_bytes(b"another")
    with pytest.raises(FileDamaged, match="is not the file that was attached"):
        kept(digest)

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(NotAllowed, match="not allowed to read"):
        kept(digest)
