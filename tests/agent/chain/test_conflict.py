"""Proof that the log holds another history: only the gateway's own two words make one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.conflict import (
    CONFLICT_FILE,
    Conflict,
    ConflictDamaged,
    Conflicts,
    keep_conflict,
    proven,
    read_conflict,
)
from agent.signing.file_key import FileKey
from tests.agent.log_world import EPOCH, LogWorld, record

KEY = FileKey(ec.derive_private_key(5, ec.SECP256R1()))
OURS = LogWorld(KEY).seal().statement
THEIRS = LogWorld(KEY).seal([record(n, values={"temperature": 7}) for n in range(3)]).statement


def test_the_proof_is_durable_before_anybody_acts_on_it(tmp_path):
    conflicts = Conflicts(tmp_path, EPOCH, lambda: KEY.public)
    assert conflicts.known is None
    found = conflicts.learn("harbour", OURS, THEIRS, 9)
    assert found == conflicts.known == Conflict("harbour", OURS, THEIRS, 9)
    assert Conflicts(tmp_path, EPOCH, lambda: KEY.public).known == found
    assert Conflicts(tmp_path, bytes(16), lambda: KEY.public).known is None


def test_the_log_has_what_it_shows_whatever_the_node_says_of_its_newest(tmp_path):
    conflicts = Conflicts(tmp_path, EPOCH, lambda: KEY.public)
    assert conflicts.learn("harbour", OURS, THEIRS, -1).newest == 0


@pytest.mark.parametrize("theirs", [OURS, b"", THEIRS[:-1], THEIRS[:-1] + b"\0"])
def test_what_proves_nothing_changes_nothing(tmp_path, theirs):
    conflicts = Conflicts(tmp_path, EPOCH, lambda: KEY.public)
    assert conflicts.learn("harbour", OURS, theirs, 9) is None
    assert conflicts.known is None
    assert not (tmp_path / CONFLICT_FILE).exists()


def test_another_epoch_s_statement_is_no_other_history():
    world = LogWorld(KEY)
    world.author = type(world.author)(world.author.issuer, bytes(16), KEY)
    elsewhere = world.seal().statement
    assert proven(OURS, THEIRS, KEY.public)
    assert not proven(OURS, elsewhere, KEY.public)
    assert proven(OURS, b"rubbish", KEY.public) is False


def test_people_are_told_what_is_not_sent_and_that_nothing_is_lost():
    assert Conflict("harbour", OURS, THEIRS, 9).text() == (
        "this journal is an old copy: the log at harbour holds other batches of this gateway from 0 "
        "to 9 than the journal; nothing more is sent in this epoch, collecting goes on and nothing "
        "is lost"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("node =", "nod ="), ("newest = 9", 'newest = "x"'), ('ours = "', 'ours = "x'), ("", "[")],
)
def test_a_file_that_is_not_as_it_was_written_is_told(tmp_path, old, new):
    keep_conflict(tmp_path, Conflict("harbour", OURS, THEIRS, 9))
    path = tmp_path / CONFLICT_FILE
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ConflictDamaged, match=f"cannot read {path}") as caught:
        read_conflict(tmp_path, EPOCH)
    assert "move it away" in caught.value.advice
    assert caught.value.exit_code == 1
