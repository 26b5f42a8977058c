"""What is inherited counts as proven by its receipts, not by where the new gateway goes on."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from agent.chain import inheritance
from agent.chain.inheritance import Inherited, NotItsOwn, counted_in, inherit
from agent.cli.inherit import tell
from agent.signing.identity import Identity
from evidence.statement import Follows
from foundation.durable import WriteFailed
from tests.agent.chain.test_epochs import Card


@pytest.fixture
def journal(tmp_path):
    """Four batches of four records: one proven, one that a node took, two that it never saw."""
    card = Card(tmp_path)
    card.seal(4)
    card.confirm(0)
    card.accept(1)
    return tmp_path / "journal.sqlite"


def test_what_has_no_receipt_is_not_proven(journal):
    found = counted_in(journal, 1, lambda _statement, _proofs: True)
    assert found == Inherited(records=16, before=8, proven=4)


def test_a_receipt_that_proves_nothing_any_more_does_not_count(journal):
    found = counted_in(journal, 1, lambda _statement, _proofs: False)
    assert found == Inherited(records=16, before=8, proven=0)


def test_from_none_of_its_batches_nothing_is_proven(journal):
    found = counted_in(journal, None, lambda _statement, _proofs: True)
    assert found == Inherited(records=16, before=0, proven=0)


@pytest.mark.parametrize(
    ("found", "missing", "lines"),
    [
        (Inherited(16, 8, 8), 0, ["16 records of the previous gateway, 8 proven", "8 records that no ledger node has"]),
        (Inherited(8, 8, 4), 1, ["4 proven", "receipts of 1 batch: run this again"]),
        (Inherited(8, 8, 4), 0, ["4 records whose receipts no policy here accepts", "ask the consortium"]),
        (Inherited(1, 1, 1), 0, ["1 record of the previous gateway, 1 proven"]),
    ],
)  # fmt: skip
def test_what_is_said_of_it(capsys, found, missing, lines):
    tell(found, missing)
    said = capsys.readouterr().out
    for line in lines:
        assert line in said
    assert (
        said.count("\n")
        == 1 + 1 + ("unproven" in said) * 2 + ("missing" in said) + ("refused" in said) * 2
    )
    assert max(map(len, said.splitlines())) < 80


@pytest.mark.parametrize("page", [1, 2, 256])
def test_it_is_counted_up_to_the_batch_that_is_named(journal, monkeypatch, page):
    monkeypatch.setattr(inheritance, "PAGE", page)
    found = counted_in(journal, 2, lambda _statement, _proofs: True)
    assert found == Inherited(records=16, before=12, proven=4)
    asked = []
    counted_in(journal, 0, lambda statement, proofs: asked.append((statement, proofs)) or True)
    assert len(asked) == 1


OTHER = "urn:uuid:00000000-0000-4000-8000-000000000001"


@pytest.fixture
def cards(tmp_path):
    """An old card with two epochs and a declared gap, and the state folder of who replaces it."""
    old = Card(tmp_path / "old")
    old.folder.mkdir()
    old.seal(2)
    old.begin()
    old.seal(1)
    (old.folder / "gaps").mkdir()
    (old.folder / "gaps" / "0-1.toml").write_bytes(b"a gap")
    new = tmp_path / "new"
    new.mkdir()
    identity = old.identity()
    follows = Follows(identity.epoch, None, None, None, "lost card")
    return old.folder, new, Identity(identity.gateway, bytes(16), follows)


def files_in(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_old_card_s_journal_is_copied_whole_and_stays_as_it_is(cards):
    old, new, identity = cards
    os.truncate(old / "journal.ring", 2_500_000)
    before, heard = files_in(old), []
    (new / "epochs" / "inherited").mkdir(parents=True)
    (new / "epochs" / "inherited" / "half").write_bytes(b"of a try before")
    path = inherit(new, identity, old, lambda done, whole: heard.append((done, whole)))
    (earlier,) = (old / "epochs").iterdir()
    copy = new / "epochs" / identity.follows.epoch.hex()
    assert path == copy / "journal.sqlite"
    names = ["journal.sqlite", "journal.ring", "identity.toml"]
    assert files_in(copy) == {name: before[name] for name in names}
    assert files_in(new / "epochs" / earlier.name) == files_in(earlier)
    assert files_in(new / "gaps") == {"0-1.toml": b"a gap"}
    assert sorted(each.name for each in (new / "epochs").iterdir()) == sorted(
        [copy.name, earlier.name]
    )
    assert files_in(old) == before
    for private in (copy / "journal.ring", new / "gaps" / "0-1.toml"):
        assert private.stat().st_mode & 0o777 == 0o600
    assert (copy.stat().st_mode | (new / "gaps").stat().st_mode) & 0o777 == 0o700
    whole = sum(len(before[name]) for name in names)
    assert heard[-1] == (whole, whole)
    assert heard == sorted(heard)
    assert {each for _, each in heard} == {whole}
    steps = [after - before for (before, _), (after, _) in pairwise([(0, 0), *heard])]
    assert max(steps) == 1_048_576, "a line of progress must not stand still for long"


def test_doing_it_again_changes_nothing(cards):
    old, new, identity = cards
    path = inherit(new, identity, old)
    path.write_bytes(b"what went on since")
    heard = []
    assert inherit(new, identity, old, lambda *said: heard.append(said)) == path
    assert (path.read_bytes(), heard) == (b"what went on since", [])


def test_what_is_here_already_of_earlier_epochs_and_what_is_rolled_up_goes_along(cards):
    old, new, identity = cards
    (earlier,) = (old / "epochs").iterdir()
    (new / "epochs" / earlier.name).mkdir(parents=True)
    (new / "epochs" / earlier.name / "mine").write_bytes(b"stays")
    (new / "gaps").mkdir()
    (old / "journal.sqlite-wal").write_bytes(b"wal")
    (old / "journal.lost").write_bytes(b"lost")
    copy = inherit(new, identity, old).parent
    assert files_in(new / "epochs" / earlier.name) == {"mine": b"stays"}
    assert (copy / "journal.sqlite-wal").read_bytes() == b"wal"
    assert (copy / "journal.lost").read_bytes() == b"lost"


def test_all_of_it_is_flushed_before_it_has_its_name(cards, monkeypatch):
    old, new, identity = cards
    flushed, sizes, real = [], {}, os.fsync

    def fsync(fd):
        path = Path(f"/proc/self/fd/{fd}").readlink()
        there = (new / "epochs" / identity.follows.epoch.hex()).exists()
        flushed.append((str(path.relative_to(new)), there))
        sizes[path.name] = os.fstat(fd).st_size
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    inherit(new, identity, old)
    draft = "epochs/inherited"
    assert flushed == [
        (f"{draft}/journal.sqlite", False),
        (f"{draft}/journal.ring", False),
        (f"{draft}/identity.toml", False),
        ("gaps/0-1.toml", False),
        ("gaps", False),
        (draft, False),
        ("epochs", True),
    ]
    for name in ("journal.sqlite", "journal.ring", "identity.toml"):
        assert sizes[name] == (old / name).stat().st_size, "all of it was written by then"


def test_a_disk_that_takes_no_more_leaves_no_epoch_and_says_what_to_do(cards, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    old, new, identity = cards
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WriteFailed) as caught:
            inherit(new, identity, old)
    assert str(caught.value) == f"cannot copy {old}: No space left on device"
    assert "free space" in caught.value.advice
    assert not (new / "epochs" / identity.follows.epoch.hex()).exists()
    assert inherit(new, identity, old).exists()


def test_only_its_own_journal_is_taken(cards, tmp_path):
    old, new, identity = cards
    with pytest.raises(NotItsOwn, match="is not the state folder of a gateway") as caught:
        inherit(new, identity, tmp_path)
    assert "identity.toml" in caught.value.advice
    with pytest.raises(NotItsOwn, match="replaces no other one") as caught:
        inherit(new, replace(identity, follows=None), old)
    assert "tallyman-ledger replace" in caught.value.advice
    for stranger in (
        replace(identity, gateway=OTHER),
        replace(identity, follows=replace(identity.follows, epoch=bytes(16))),
    ):
        with pytest.raises(NotItsOwn, match=f"{old} belongs to {identity.gateway}, epoch "):
            inherit(new, stranger, old)
    assert files_in(new) == {}
