"""`tallyman where`: who keeps which records, and which custody receipts are missing."""

from __future__ import annotations

import json
import sqlite3

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.cli import where as command
from agent.cli.main import main
from agent.journal.ring_journal import RingJournal
from agent.signing.file_key import FileKey
from tests.agent.log_world import EPOCH, ORIGIN, EdKey, LogWorld, record


@pytest.fixture
def world():
    return LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))


@pytest.fixture
def journal(world, tmp_path, monkeypatch):
    """Six batches of three records: two signed for, one of them gone; one not signed for, one with
    another's signature, one with the receipt of its neighbour, one that no node has. Two records
    more are in no batch.
    """
    (tmp_path / "policy.txt").write_text(world.policy_text)
    file = tmp_path / "tallyman.toml"
    file.write_text('[gateway]\nname = "g"\nstate_dir = "state"\n[ledger]\npolicy = "policy.txt"\n')
    monkeypatch.setenv("TALLYMAN_CONFIG", str(file))
    (tmp_path / "state").mkdir()
    path = tmp_path / "state" / "journal.sqlite"
    journal = RingJournal(path, EPOCH)
    for seq in range(6):
        records = [record(3 * seq + at) for at in range(3)]
        journal.commit(records)
        journal.seal(world.seal(records))
    journal.commit([record(18), record(19)])
    bodies = [batch.body for batch in world.batches]
    receipts = {
        0: world.custody(0, bodies[0]),
        1: world.custody(1, bodies[1]),
        3: world.custody(3, bodies[3], key=EdKey()),
        4: world.custody(3, bodies[3]),
    }
    journal.set_custody(receipts)
    journal.close()
    changed = sqlite3.connect(path)
    changed.execute("UPDATE batch SET body_ms = 1 WHERE seq < 5")
    changed.execute("UPDATE batch SET body = x'' WHERE seq = 0")
    changed.commit()
    changed.close()


@pytest.fixture
def where(journal, capsys):
    """Run `tallyman where`; return what it printed."""

    def where(*argv):
        capsys.readouterr()
        assert main(["where", *argv]) == 0
        return capsys.readouterr().out

    return where


def test_however_many_are_read_at_once_all_are_told(where, monkeypatch):
    whole = where("--json")
    for chunk in (2, 5):
        monkeypatch.setattr(command, "CHUNK", chunk)
        assert where("--json") == whole


def test_what_is_kept_by_whom_and_which_receipts_are_missing(where):
    said = json.loads(where("--json"))
    custody = [(each["first_batch"], each["here"], each["custody"]) for each in said["batches"]]
    assert custody == [
        (0, False, "signed"),
        (1, True, "signed"),
        (2, True, "missing"),
        (3, True, "false"),
        (4, True, "false"),
        (5, True, "alone"),
    ]
    assert said["missing"] == 3
    assert said["unsealed"] == {"first_record": 18, "records": 2}
    assert said["batches"][0]["by"] == ORIGIN


def test_in_plain_words(where):
    text = where("--utc")
    kept = f"  kept by {ORIGIN}: signed on 2027-01-15 08:00:00.000 UTC\n"
    assert text.startswith(
        f"batch 0, records 0 to 2\n  no longer on this gateway\n{kept}"
        f"batch 1, records 3 to 5\n  on this gateway\n{kept}batch 2, "
    )
    assert "batch 5, records 15 to 17\n  on this gateway\n  with no node yet\nrecords" in text
    assert (text.count("  no receipt: "), text.count("  no valid receipt: ")) == (1, 2)
    assert "no receipt: a node took them and has not signed for them" in text
    assert "no longer on this gateway" in text
    assert "missing: the receipts of 3 batches" in text
    assert "records 18 to 19\n  only on this gateway, in no batch yet" in text
    assert max(map(len, text.splitlines())) <= 80


def test_one_record(where):
    (place,) = json.loads(where("4", "--json"))["batches"]
    assert (place["first_record"], place["records"], place["custody"]) == (3, 3, "signed")
    assert place["signed"].startswith("2027-01-15"), "the node's clock"
    assert "in no batch" not in where("4")
    assert where("19") == "record 19\n  only on this gateway, in no batch yet\n"
    assert json.loads(where("18", "--json"))["unsealed"] == {"first_record": 18, "records": 1}
    assert json.loads(where("17", "--json"))["unsealed"] is None


def test_a_record_that_is_not(journal, capsys):
    assert main(["where", "20"]) == 2
    assert "there is no record 20" in capsys.readouterr().err
