"""Declared losses: what is missing, what is signed of it, and how far that got."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_gap
from agent.chain.gaps import (
    FOLDER,
    DeclaredGap,
    GapDamaged,
    Gaps,
    Hole,
    SealedGap,
    declare,
    holes,
    sealed_gaps,
)
from agent.journal.journal import BatchRow, BatchState, Confirmation, PendingBatch, SealedBatch
from agent.journal.pairing import LostRecords
from agent.signing.file_key import FileKey
from agent.signing.identity import Identity
from evidence.statement import Gap, parse_statement
from tests.agent.log_world import EPOCH, ISSUER, NOW, LogWorld

KEY = FileKey(ec.derive_private_key(5, ec.SECP256R1()))
WORLD = LogWorld(KEY)
STATEMENT = WORLD.seal().statement  # batch 0 with records 0 to 2, and so on
for _ in range(4):
    WORLD.seal()
WHOLE = f'statement = "{STATEMENT.hex()}"\naccepted = false\nreceipt = ""\nsize = 0\nindex = 0\n'
IDENTITY = Identity(ISSUER, EPOCH)


class Shelf:
    """A journal with these batches alone."""

    def __init__(self, *batches, state=BatchState.ACCEPTED):
        self.rows = [
            BatchRow(each, state, None, None, None, None, None, None, "", "") for each in batches
        ]

    def head(self):
        return self.rows[-1].batch if self.rows else None

    def batches(self, first, last):
        return [row for row in self.rows if first <= row.batch.seq <= last]


def plain(seq):
    """A batch of two records of which only its place matters."""
    return SealedBatch(EPOCH, seq, 2 * seq, 2, b"seed", b"", b"", urgent=False)


def lost_between(before, behind):
    return Hole(None if before is None else WORLD.batches[before], WORLD.batches[behind])


def declared(hole=None, reason="disk damage"):
    return declare(hole or lost_between(0, 3), IDENTITY, reason, KEY, NOW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE, "holds no gap statement"),
        (WHOLE.replace(STATEMENT.hex(), STATEMENT.hex()[:-2]), "cannot read"),
        (WHOLE.replace("size = 0\n", ""), "cannot read"),
        (WHOLE.replace('receipt = ""', 'receipt = "x"'), "cannot read"),
        ("", "cannot read"),
    ],
    ids=["a batch", "cut", "without size", "no hex", "empty"],
)
def test_a_file_that_is_no_gap_is_told_by_its_name(tmp_path, text, said):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "0.toml").write_text(text)
    with pytest.raises(GapDamaged, match=said) as caught:
        Gaps(tmp_path, EPOCH)
    assert "0.toml" in str(caught.value)
    assert "do not delete it" in caught.value.advice


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ([], []),
        ([0, 1, 2], []),
        ([0, 1, 4], [(2, 3, range(4, 8))]),
        ([3], [(0, 2, range(6))]),
        ([0, 2, 4], [(1, 1, range(2, 4)), (3, 3, range(6, 8))]),
        ([*range(254), *range(257, 600)], [(254, 256, range(508, 514))]),
        ([*range(256), *range(512, 514)], [(256, 511, range(512, 1024))]),
    ],
    ids=["nothing sealed", "all there", "two", "the first", "one and one", "over a page", "a page"],
)
def test_what_the_journal_lacks_is_found(there, missing):
    found = holes(Shelf(*map(plain, there)))
    assert [(hole.first, hole.last, hole.numbers) for hole in found] == missing


def test_a_declaration_stands_between_the_batches_that_are_there():
    gap = declared()
    said = parse_statement(gap.statement)
    said.verify(KEY.public)
    claims = said.claims
    assert (claims.issuer, claims.issued_at, claims.epoch, claims.seq) == (ISSUER, NOW, EPOCH, 1)
    assert claims.previous == WORLD.statement(0).digest
    behind = WORLD.statement(3).claims.previous
    assert (gap.seq, gap.about) == (1, Gap(2, 3, 6, behind, "disk damage"))


def test_the_first_batches_of_all_may_be_lost():
    gap = declared(lost_between(None, 2), "")
    assert parse_statement(gap.statement).claims.previous is None
    assert (gap.seq, gap.about) == (0, Gap(1, 0, 6, WORLD.statement(2).claims.previous, ""))


def test_a_gap_gets_from_sealed_to_confirmed_and_a_bundle_shows_it_as_a_batch_without_body():
    gap = declared()
    accepted = replace(gap, accepted=True)
    confirmed = replace(accepted, receipt=b"receipt", size=9, index=4)
    assert [each.state for each in (gap, accepted, confirmed)] == [
        BatchState.SEALED, BatchState.ACCEPTED, BatchState.CONFIRMED,
    ]  # fmt: skip
    batch = SealedBatch(EPOCH, 1, 3, 6, b"", gap.statement, b"", urgent=False)
    assert confirmed.row() == BatchRow(
        batch, BatchState.CONFIRMED, None, None, None, 4, b"receipt", 9, "", ""
    )
    assert gap.row() == BatchRow(batch, BatchState.SEALED, None, None, None, 0, None, None, "", "")


def test_gaps_are_kept_in_the_order_of_the_chain_and_for_their_epoch(tmp_path):
    late, early = declared(lost_between(2, 4)), declared(lost_between(None, 1))
    gaps = Gaps(tmp_path, EPOCH)
    assert list(gaps) == []
    for gap in (late, early):
        gaps.keep(gap)
    again = Gaps(tmp_path, EPOCH)
    assert list(gaps) == list(again) == [early, late]
    assert [seq in again for seq in range(4)] == [True, False, False, True]
    assert (again.statement(3), again.statement(2)) == (late.statement, None)
    assert list(Gaps(tmp_path, bytes(16))) == []
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == [
        f"{EPOCH.hex()}-0000000000.toml",
        f"{EPOCH.hex()}-0000000003.toml",
    ]


def test_how_far_each_got_is_durable(tmp_path):
    gap = declared()
    gaps = Gaps(tmp_path, EPOCH)
    gaps.keep(gap)
    (waiting,) = gaps.pending(BatchState.SEALED)
    assert waiting == PendingBatch(1, BatchState.SEALED, True, gap.statement, 0)
    gaps.set_accepted([0, 2])
    assert gaps.pending(BatchState.ACCEPTED) == []
    gaps.set_accepted([0, 1])
    assert gaps.pending(BatchState.SEALED) == []
    assert [each.seq for each in Gaps(tmp_path, EPOCH).pending(BatchState.ACCEPTED)] == [1]
    gaps.set_accepted([1], accepted=False)
    assert list(Gaps(tmp_path, EPOCH)) == [gap]
    gaps.set_confirmed([Confirmation(0, 5, b"other", 8), Confirmation(1, 6, b"proof", 9)])
    proven = DeclaredGap(gap.statement, accepted=False, receipt=b"proof", size=9, index=6)
    assert list(gaps) == list(Gaps(tmp_path, EPOCH)) == [proven]


def test_what_is_known_already_is_not_written_again(tmp_path):
    gaps = Gaps(tmp_path, EPOCH)
    gaps.keep(replace(declared(), accepted=True))
    (file,) = (tmp_path / FOLDER).iterdir()
    file.unlink()
    gaps.set_accepted([1])
    assert not file.exists()


def test_gaps_that_the_agent_declared_itself_are_found_among_the_batches():
    lost = LostRecords(15, 20, "gone")
    gap = build_gap(Author(ISSUER, EPOCH, KEY), Place.after(WORLD.batches[-1]), lost, NOW)
    assert gap == SealedBatch(EPOCH, 5, 15, 5, b"", gap.statement, b"", urgent=True)
    about = Gap(5, 15, 5, None, lost.reason)
    assert parse_statement(gap.statement).gap == about
    unreadable = plain(6)  # only what has no seed may be a gap, and is read
    found = sealed_gaps(
        Shelf(*WORLD.batches, gap, unreadable, *(replace(gap, seq=n) for n in (255, 256, 513)))
    )
    assert found == [SealedGap(seq, about, BatchState.ACCEPTED) for seq in (5, 255, 256, 513)]
    assert sealed_gaps(Shelf(replace(gap, seq=0)))[0].seq == 0
    assert sealed_gaps(Shelf()) == []
