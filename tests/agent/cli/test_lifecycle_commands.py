"""`tallyman keys rotate | new-epoch` and `tallyman gap`, on a gateway whose agent is stopped."""

from __future__ import annotations

import json
import os
import sqlite3

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_batch, build_gap
from agent.chain.gaps import Gaps
from agent.cli import place
from agent.cli.main import main
from agent.journal.ring_journal import RingJournal
from agent.signing.file_key import FileKey
from agent.signing.identity import load
from foundation.durable import LOCK_NAME, lock_file
from tests.agent.log_world import NOW, record


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A gateway's state folder; commands find its configuration."""
    file = tmp_path / "tallyman.toml"
    file.write_text('[gateway]\nname = "g"\nstate_dir = "state"\n')
    monkeypatch.setenv("TALLYMAN_CONFIG", str(file))
    assert main(["keys"]) == 0
    return tmp_path / "state"


@pytest.fixture
def run(capsys):
    """Run a command; return its exit code and what it printed."""

    def run(*argv):
        capsys.readouterr()
        code = main(list(argv))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def seal(folder, count):
    identity = load(folder / "identity.toml")
    journal = RingJournal(folder / "journal.sqlite", identity.epoch)
    author = Author(
        identity.gateway, identity.epoch, FileKey(ec.derive_private_key(3, ec.SECP256R1()))
    )
    for _ in range(count):
        place = Place.after(journal.head())
        made = record(place.first)
        journal.commit([made])
        journal.seal(build_batch(author, place, [made.to_bytes()], bytes(32), NOW, urgent=False))
    journal.close()


def lose(folder, *seqs):
    journal = sqlite3.connect(folder / "journal.sqlite")
    journal.executemany("DELETE FROM batch WHERE seq = ?", [(seq,) for seq in seqs])
    journal.commit()
    journal.close()


def test_rotate_says_what_happens_next_and_is_asked_once(folder, run):
    code, text = run("keys", "rotate")
    assert code == 0
    assert "the next batch names it" in text
    code, again = run("keys", "rotate")
    assert "already waiting" in again
    assert again.split()[1] == text.split()[1]
    assert "next  " in run("keys")[1]
    assert max(map(len, (text + again).splitlines())) <= 80


def test_new_epoch_wants_a_reason_and_a_stopped_agent(folder, run):
    code, text = run("keys", "new-epoch")
    assert (code, "--reason" in text) == (2, True)
    with lock_file(folder / LOCK_NAME):
        code, text = run("keys", "new-epoch", "--reason", "lost-key")
    assert code == 1
    assert "stop that process" in text


def test_new_epoch_tells_what_it_carried(folder, run):
    seal(folder, 3)
    before = load(folder / "identity.toml")
    code, text = run("keys", "new-epoch", "--reason", "lost-key", "--lost", "1")
    assert code == 0, text
    after = load(folder / "identity.toml")
    assert after.gateway == before.gateway
    assert after.follows.epoch == before.epoch
    assert "carried    3 records" in text
    assert "lost here  2 batches" in text
    assert max(map(len, text.splitlines())) <= 80


def test_gap_lists_what_is_lost_and_declares_it(folder, run):
    seal(folder, 6)
    assert "no batch is lost" in run("gap")[1]
    lose(folder, 1, 2, 4)
    code, text = run("gap")
    assert code == 0
    assert "batches 1 to 2, records 1 to 2: not declared" in text
    assert max(map(len, text.splitlines())) <= 80
    code, text = run("gap", "--declare")
    assert (code, "needs a reason" in text) == (2, True)
    code, text = run("gap", "--declare", "--reason", "disk damage")
    assert code == 0
    assert "declared   batch 4, record 4: disk damage" in text
    shown = json.loads(run("gap", "--json")[1])
    assert [gap["first_batch"] for gap in shown["declared"]] == [1, 4]
    assert shown["undeclared"] == []
    kept = [gap.statement for gap in Gaps(folder, load(folder / "identity.toml").epoch)]
    run("gap", "--declare", "--reason", "again")
    assert [gap.statement for gap in Gaps(folder, load(folder / "identity.toml").epoch)] == kept


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--note", "x"], "of which device?"),
        (["--record", "0"], "of which device?"),
        (["cold", "--declare"], "a device's gap is noted"),
        (["cold", "--reason", "x"], "a device's gap is noted"),
    ],
)
def test_what_cannot_be_meant_of_a_gap_is_refused(run, words, said):
    code, text = run("gap", *words)
    assert (code, said in text) == (2, True)


def test_a_declaration_is_the_gateways_alone(folder, run, monkeypatch):
    seal(folder, 3)
    lose(folder, 1)
    with monkeypatch.context() as patch:
        patch.setattr(place, "owner_of", lambda _: 999)
        patch.setattr(place.os, "geteuid", lambda: 0)
        assert run("gap")[0] == 0
        code, text = run("gap", "--declare", "--reason", "x")
        assert (code, "belongs to user 999" in text) == (2, True)
    umask = os.umask(0o022)
    try:
        assert run("gap", "--declare", "--reason", "x")[0] == 0
    finally:
        os.umask(umask)
    kept = list((folder / "gaps").iterdir())
    assert kept
    assert not any(path.stat().st_mode & 0o077 for path in (folder / "gaps", *kept))


def test_gap_lists_what_the_agent_declared_itself(folder, run):
    seal(folder, 2)
    (folder / "journal.ring").unlink()
    identity = load(folder / "identity.toml")
    journal = RingJournal(folder / "journal.sqlite", identity.epoch)
    author = Author(
        identity.gateway, identity.epoch, FileKey(ec.generate_private_key(ec.SECP256R1()))
    )
    journal.seal(build_gap(author, Place.after(journal.head()), journal.lost(), 1_790_000_000))
    journal.close()
    text = run("gap")[1]
    assert "declared   batch 2, records 2 to " in text
    assert "the journal's ring was gone" in text
    assert json.loads(run("gap", "--json")[1])["declared"][0]["first_record"] == 2


def test_a_damaged_gap_is_named(folder, run):
    (folder / "gaps").mkdir()
    (folder / "gaps" / "x.toml").write_text("statement = 7\n")
    code, text = run("gap")
    assert code == 1
    assert "x.toml" in text
