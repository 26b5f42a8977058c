"""A new epoch holds at once or not at all, names the old one, and loses no record."""

from __future__ import annotations

import itertools
from contextlib import closing

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain import epochs
from agent.chain.building import Author, Place, build_batch
from agent.chain.conflict import (
    CONFLICT_FILE,
    Conflict,
    keep_conflict,
    proven,
    read_conflict,
)
from agent.journal.journal import BatchState, Confirmation, JournalDamaged, MixedGateways
from agent.journal.ring_journal import RingJournal
from agent.signing.file_key import FileKey
from agent.signing.identity import load_or_make
from evidence.chain import HoleError, check_link
from evidence.statement import parse_statement
from foundation import durable
from foundation.errors import Retry
from tests.agent.log_world import NOW, record

RING = 1 << 20
KEY = FileKey(ec.derive_private_key(5, ec.SECP256R1()))


class Card:
    """A gateway's state folder."""

    def __init__(self, folder):
        self.folder = folder
        self.random = (bytes([n]) * 64 for n in itertools.count(1))

    def entropy(self, count):
        return next(self.random)[:count]

    def identity(self):
        return load_or_make(self.folder, self.entropy)

    def open(self):
        return RingJournal(self.folder / "journal.sqlite", self.identity().epoch, RING)

    def seal(self, count=1, *, per=4, mark=0):
        """Seal batches of `per` records; return their statements."""
        journal, identity = self.open(), self.identity()
        author = Author(identity.gateway, identity.epoch, KEY, None, identity.follows)
        made = []
        for _ in range(count):
            first = journal.count()
            records = [record(first + n, values={"temperature": mark}) for n in range(per)]
            journal.commit(records)
            leaves = [item.to_bytes() for item in records]
            place = Place.after(journal.head())
            batch = build_batch(author, place, leaves, bytes(32), NOW, urgent=False)
            journal.seal(batch)
            made.append(parse_statement(batch.statement))
        journal.close()
        return made

    def commit(self, count):
        journal = self.open()
        journal.commit([record(journal.count() + n) for n in range(count)])
        journal.close()

    def accept(self, *seqs):
        journal = self.open()
        journal.set_accepted(seqs, NOW)
        journal.close()

    def confirm(self, *seqs):
        journal = self.open()
        journal.set_confirmed([Confirmation(seq, seq + 1, b"", 9) for seq in seqs], b"", NOW)
        journal.close()

    def begin(self, reason="restored-card", lost=None, proven=lambda _statement, _proofs: True):
        return epochs.begin(self.folder, RING, reason, lost, KEY, self.entropy, NOW, proven)


@pytest.fixture
def card(tmp_path):
    return Card(tmp_path)


def test_what_no_node_has_goes_into_the_new_epoch(card):
    said = card.seal(3)
    card.confirm(0, 1)
    card.commit(2)
    old = card.identity()
    change = card.begin()
    assert change.carried == 6
    follows = card.identity().follows
    assert (follows.epoch, follows.seq, follows.digest) == (old.epoch, 1, said[1].digest)
    assert follows.lost_count == 0
    journal = card.open()
    (row,) = journal.batches(0, 9)
    assert row.state is BatchState.SEALED
    first = parse_statement(row.batch.statement)
    check_link(said[1], first)
    with pytest.raises(HoleError):
        check_link(said[0], first)
    assert [item.wall_ms for item in journal.records(0, 9)] == [
        record(n).wall_ms for n in range(8, 14)
    ]
    journal.close()
    ((kept, path),) = epochs.archives(card.folder, card.identity())
    assert kept == old
    assert path.exists()


def test_it_goes_on_from_what_is_proven_and_says_what_a_node_has_already(card):
    """Batch 1 is called confirmed, and its receipt proves nothing any more; a node has 2, too."""
    said = card.seal(4)
    card.confirm(0, 1)
    card.accept(2)
    change = card.begin(proven=lambda statement, _proofs: statement == said[0].encoded)
    follows = card.identity().follows
    assert (follows.seq, follows.digest, follows.lost) == (0, said[0].digest, 2)
    assert (change.carried, change.again) == (12, 8)


def test_an_epoch_that_no_node_saw_is_skipped(card):
    card.seal(2)
    card.confirm(0, 1)
    card.begin()
    first = card.identity().follows
    card.seal(1)
    assert card.begin("again").carried == 4
    second = card.identity().follows
    assert (second.epoch, second.seq, second.reason) == (first.epoch, first.seq, "again")


def test_the_first_epoch_of_all_may_have_reached_nobody(card):
    card.seal(2)
    assert card.begin().carried == 8
    follows = card.identity().follows
    assert (follows.seq, follows.digest, follows.lost) == (None, None, None)


def test_what_a_node_has_and_did_not_prove_is_declared_lost_and_carried_over(card):
    card.seal(4)
    card.confirm(0, 1)
    card.accept(2)
    assert card.begin().carried == 8
    follows = card.identity().follows
    assert (follows.seq, follows.lost) == (1, 2)


def test_the_operator_may_know_of_more(card):
    card.seal(3)
    card.confirm(0, 1, 2)
    card.begin(lost=7)
    assert card.identity().follows.lost_count == 5


@pytest.mark.parametrize(("lost", "last"), [(None, 1), (0, 1), (7, 7)])
def test_the_operator_may_know_of_more_than_the_ring_and_never_of_less(card, lost, last):
    card.seal(2)
    card.commit(1)
    damaged_archive(card, "gone")
    card.begin("lost-journal", lost)
    assert card.identity().follows.lost == last


def test_what_was_ready_before_comes_first(card, monkeypatch):
    """The power went when the first new epoch was whole; its operator asks for another."""
    card.seal(1)
    card.confirm(0)
    first = card.identity()
    with monkeypatch.context() as patch:
        patch.setattr(epochs, "finish", lambda _: None)
        card.begin("one")
    ready = card.folder / "epochs" / "ready"
    assert ready.stat().st_mode & 0o777 == 0o700
    card.begin("two")
    assert not ready.exists()
    assert (card.identity().follows.reason, card.identity().follows.epoch) == ("two", first.epoch)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_batches_are_looked_at_page_by_page(card, monkeypatch, page):
    monkeypatch.setattr(epochs, "PAGE", page)
    card.seal(6)
    card.confirm(0, 1, 2, 3)
    card.accept(4)
    change = card.begin(proven=lambda statement, _: parse_statement(statement).claims.seq < 2)
    assert (change.carried, change.again) == (16, 12)
    follows = card.identity().follows
    assert (follows.seq, follows.lost) == (1, 4)


def conflicting(card, other):
    """One history of two batches, then another third batch on the card than in the log."""
    card.seal(2)
    card.confirm(0, 1)
    card.seal(1, mark=1)
    other.mkdir()
    clone = Card(other)
    (other / "identity.toml").write_bytes((card.folder / "identity.toml").read_bytes())
    clone.seal(2)
    return clone.seal(1, mark=2)[0]


def test_a_proven_conflict_says_where_the_new_epoch_goes_on(card, tmp_path):
    theirs = conflicting(card, tmp_path / "other")
    journal = card.open()
    ours, kept = journal.batch(2).batch.statement, parse_statement(journal.batch(1).batch.statement)
    journal.close()
    assert proven(ours, theirs.encoded, KEY.public)
    assert not proven(ours, ours, KEY.public)
    assert not proven(kept.encoded, theirs.encoded, KEY.public)
    stranger = FileKey(ec.derive_private_key(6, ec.SECP256R1()))
    assert not proven(ours, theirs.encoded, stranger.public)
    conflict = Conflict("harbour", ours, theirs.encoded, 9)
    keep_conflict(card.folder, conflict)
    assert read_conflict(card.folder, card.identity().epoch) == conflict
    assert "nothing is lost" in conflict.text()
    assert card.begin().carried == 4
    follows = card.identity().follows
    assert (follows.seq, follows.digest, follows.lost) == (1, kept.digest, 9)
    assert read_conflict(card.folder, card.identity().epoch) is None
    assert not (card.folder / CONFLICT_FILE).exists()


def test_a_power_cut_at_any_moment_leaves_the_old_epoch_or_the_new(card, monkeypatch, tmp_path):
    """The cut is before each rename and write in turn; the next start is what finds it."""
    whole = {}
    for at in itertools.count():
        folder = tmp_path / f"cut-{at}"
        folder.mkdir()
        fresh = Card(folder)
        fresh.seal(2)
        fresh.confirm(0)
        fresh.commit(1)
        old = fresh.identity()
        left = itertools.count()

        def failing(self, source, target, left=left, at=at):
            if next(left) == at:
                raise OSError(5, "cut")
            source.replace(target)

        with monkeypatch.context() as patched:
            patched.setattr(durable.Disk, "replace", failing)
            try:
                fresh.begin()
                done = True
            except Retry:
                done = False
        epochs.finish(folder)
        identity = fresh.identity()
        journal = fresh.open()
        whole.setdefault(identity.epoch == old.epoch, []).append(at)
        assert journal.count() == (9 if identity.epoch == old.epoch else 5)
        journal.close()
        if done:
            break
    assert whole[True], "the old epoch was never left"
    assert len(whole[False]) > 3, "the new epoch was never finished by a later start"
    assert max(whole[True]) < min(whole[False])


def damaged_archive(card, how):
    path = card.folder / "journal.sqlite"
    path.unlink()
    if how == "empty":
        path.touch()
    if how == "garbage":
        path.write_bytes(b"noise" * 1000)


@pytest.mark.parametrize("how", ["gone", "empty", "garbage"])
def test_a_new_epoch_goes_on_from_what_the_ring_still_holds(card, how):
    """The archive is lost: its batches are declared, as many as the ring knew of."""
    card.seal(2)
    card.commit(3)
    old = card.identity()
    damaged_archive(card, how)
    with pytest.raises(JournalDamaged):
        card.open()
    change = card.begin("lost-journal")
    follows = card.identity().follows
    assert (follows.epoch, follows.seq, follows.lost) == (old.epoch, None, 1)
    assert change.carried == 11, "all of its eleven records were in the ring yet"
    journal = card.open()
    assert [item.number for item in journal.records(0, 99)] == list(range(11))
    journal.close()


def test_a_new_epoch_goes_on_from_an_old_copy_of_the_archive(card):
    said = card.seal(2)
    card.confirm(0, 1)
    copy = (card.folder / "journal.sqlite").read_bytes()
    card.seal(3)
    card.commit(2)
    (card.folder / "journal.sqlite").write_bytes(copy)
    with pytest.raises(JournalDamaged, match="old copy"):
        card.open()
    card.begin("lost-journal")
    follows = card.identity().follows
    assert (follows.seq, follows.digest, follows.lost) == (1, said[1].digest, 4)
    journal = card.open()
    assert journal.count() == 14, "three batches of four out of the ring, and two records"
    journal.close()


def test_a_new_epoch_without_archive_and_ring_begins_with_nothing(card):
    card.seal(2)
    for file in card.folder.glob("journal.*"):
        file.unlink()
    assert card.begin("lost-journal", lost=4).carried == 0
    assert card.identity().follows.lost_count == 5
    ((_, path),) = epochs.archives(card.folder, card.identity())
    assert not path.exists(), "nothing is made that looks like what was lost"


def test_stores_of_another_gateway_are_put_in_no_new_epoch(card, tmp_path_factory):
    other = Card(tmp_path_factory.mktemp("other"))
    other.random = (bytes([n]) * 64 for n in itertools.count(101))
    other.seal(2)
    card.seal(1)
    for name in ("journal.sqlite", "journal.ring"):
        (card.folder / name).write_bytes((other.folder / name).read_bytes())
    with pytest.raises(MixedGateways) as caught:
        card.begin()
    assert "move these files away" in caught.value.advice


def test_what_was_given_up_is_put_away_with_its_epoch(card):
    card.seal(2)
    card.commit(3)
    (card.folder / "journal.ring").unlink()
    card.commit(1)
    assert (card.folder / "journal.lost").exists()
    old = card.identity()
    card.begin()
    assert not (card.folder / "journal.lost").exists()
    assert (card.folder / "epochs" / old.epoch.hex() / "journal.lost").exists()
    with closing(card.open()) as journal:
        assert journal.lost() is None


@pytest.mark.parametrize("alarm", [None, 0, 2])
def test_an_alarm_among_what_is_carried_over_keeps_its_rank(card, alarm):
    journal = card.open()
    kinds = ["shock" if number == alarm else "temperature" for number in range(4)]
    values = {"shock": {"peak": 900}, "temperature": {"temperature": 431}}
    journal.commit([record(n, kind=kind, values=values[kind]) for n, kind in enumerate(kinds)])
    journal.close()
    assert card.begin().carried == 4
    with closing(card.open()) as journal:
        (row,) = journal.batches(0, 9)
    assert row.batch.urgent is (alarm is not None)


def shelf(folder, *names):
    """Put files there that say where they lay."""
    for name in names:
        (folder / name).write_text(f"{folder.name}: {name}")


OLD = (
    "journal.sqlite",
    "journal.ring",
    "journal.sqlite-wal",
    "journal.sqlite-shm",
    "journal.lost",
    CONFLICT_FILE,
)


def begun(tmp_path, *ready):
    """A state folder beside which a new epoch is ready; return it, and where the old one goes."""
    state = tmp_path / "state"
    (state / "epochs" / "ready").mkdir(parents=True)
    load_or_make(state, bytes)
    shelf(state, *OLD)
    shelf(state / "epochs" / "ready", *ready)
    if "identity.toml" in ready:
        load_or_make(tmp_path, lambda count: bytes([1]) * count)
        (tmp_path / "identity.toml").rename(state / "epochs" / "ready" / "identity.toml")
    return state, state / "epochs" / bytes(16).hex()


def texts(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_what_is_ready_takes_the_place_of_all_that_there_was(tmp_path):
    state, archive = begun(tmp_path, "journal.sqlite", "journal.ring", "identity.toml")
    before = texts(state)
    new = texts(state / "epochs" / "ready")
    epochs.finish(state)
    assert texts(state) == new
    assert texts(archive) == before
    assert [each.name for each in (state / "epochs").iterdir()] == [archive.name]
    assert archive.stat().st_mode & 0o777 == 0o700
    epochs.finish(state)  # nothing is ready
    assert texts(state) == new


def test_a_log_that_the_new_journal_has_begun_stays_with_it(tmp_path):
    """The power went behind the move of the database: it has been opened since."""
    state, archive = begun(tmp_path, "identity.toml")
    before = texts(state)
    epochs.finish(state)
    kept = {name: before[name] for name in OLD[:4]}
    assert {
        name: text
        for name, text in texts(state).items()
        if name in before and name != "identity.toml"
    } == kept
    assert set(texts(archive)) == {"journal.lost", CONFLICT_FILE, "identity.toml"}


def test_what_is_left_of_a_finished_change_is_cleared_away(tmp_path):
    state, archive = begun(tmp_path, "half")
    before = texts(state)
    epochs.finish(state)
    assert texts(state) == before
    assert not archive.exists()
    assert not (state / "epochs" / "ready").exists()


def test_more_records_than_a_batch_takes_are_carried_in_several(card):
    card.seal(1, per=3)
    card.commit(300)
    change = card.begin()
    assert (change.carried, change.again) == (303, 0)
    with closing(card.open()) as journal:
        rows = journal.batches(0, 9)
        assert [(row.batch.first, row.batch.count) for row in rows] == [(0, 256), (256, 47)]
        assert [item.number for item in journal.records(250, 60)] == list(range(250, 303))
        assert journal.records(302, 1)[0].wall_ms == record(302).wall_ms
        assert len({row.batch.seed for row in rows}) == 2


def test_a_draft_that_a_cut_left_is_begun_anew(card):
    card.seal(1)
    draft = card.folder / "epochs" / "draft"
    draft.mkdir(parents=True)
    (draft / "journal.sqlite").write_bytes(b"half")
    assert card.begin().carried == 4
    assert not draft.exists()


def test_earlier_epochs_are_found_newest_first_as_far_as_they_are_here(card):
    made = []
    for reason in ("one", "two"):
        card.seal(1)
        card.confirm(0)
        made.append(card.identity())
        card.begin(reason)
    found = epochs.archives(card.folder, card.identity())
    assert [identity for identity, _ in found] == made[::-1]
    folders = [card.folder / "epochs" / each.epoch.hex() for each in made[::-1]]
    assert [path for _, path in found] == [folder / "journal.sqlite" for folder in folders]
    (folders[0] / "identity.toml").unlink()
    assert epochs.archives(card.folder, card.identity()) == []
    assert epochs.archives(card.folder, made[0]) == []
