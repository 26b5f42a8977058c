"""What a log may try to count twice, or to make another log's time believed, at the gateway."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.chain.gaps import DeclaredGap, Gaps
from agent.journal.journal import BatchState, Confirmation
from agent.journal.ring_journal import RingJournal
from agent.upstream.log_books import OneOfSeveral
from agent.upstream.quorum_time import CountedTime
from evidence.errors import MalformedError
from evidence.merkle import Tree
from evidence.statement import Claims, Gap, sign_gap
from tests.agent.log_world import EPOCH
from tests.evidence.building import records, seeded
from tests.vectors.several import log_world


@pytest.fixture
def gateway(tmp_path):
    """The books of a gateway that wants two of three logs."""
    journal = RingJournal(tmp_path / "journal.sqlite", EPOCH)
    yield SimpleNamespace(
        folder=tmp_path,
        journal=journal,
        vouchers=journal.vouchers(2),
        frozen=set(),
        equivocated=False,
    )
    journal.close()


def books_of(gateway, *worlds):
    """Return the books of each log, in one journal."""
    origins = [world.origin for world in worlds]
    gateway.vouchers.begin(origins, origins, 1)
    return [
        OneOfSeveral(
            origin,
            2,
            Gaps(gateway.folder, EPOCH),
            trusted=lambda: [each for each in origins if each not in gateway.frozen],
            stopped=lambda: gateway.equivocated,
        )
        for origin in origins
    ]


def confirm(gateway, books, world) -> None:
    """Let a light client's word of the first statement reach the books."""
    sealed, size = world.sealed[0], world.tree.size
    rows = [Confirmation(0, sealed.index, world.receipt(sealed), size)]
    books.confirm(gateway.journal, rows, world.note(), 2)


def test_one_tree_under_two_names_counts_once(gateway):
    """Sizes differ, keys and names differ: what both held before the statement is the same."""
    east, mirror = log_world("east"), log_world("mirror", tree=Tree([seeded("genesis east")]))
    for world in (east, mirror):
        world.seal(records(0, 2))
    mirror.tree.append(seeded("later entry"))
    first, second = books_of(gateway, east, mirror)
    confirm(gateway, first, east)
    with pytest.raises(MalformedError, match="one log under two names") as caught:
        confirm(gateway, second, mirror)
    assert caught.value.reason == "same-log"
    assert not gateway.vouchers.enough(0)


def test_a_log_s_receipts_count_once_however_often_they_come(gateway):
    east, north = log_world("east"), log_world("north")
    for world in (east, north):
        world.seal(records(0, 2))
    first, second = books_of(gateway, east, north)
    confirm(gateway, first, east)
    east.seal(records(2, 2))  # the same statement again, at a larger size
    confirm(gateway, first, east)
    assert not gateway.vouchers.enough(0)
    confirm(gateway, second, north)
    assert gateway.vouchers.enough(0)


def test_a_frozen_log_s_receipts_do_not_count(gateway):
    worlds = [log_world(place) for place in ("east", "north", "south")]
    for world in worlds:
        world.seal(records(0, 2))
    first, second, third = books_of(gateway, *worlds)
    confirm(gateway, first, worlds[0])
    confirm(gateway, second, worlds[1])
    assert gateway.vouchers.enough(0)
    gateway.frozen.add(worlds[1].origin)
    confirm(gateway, first, worlds[0])
    assert not gateway.vouchers.enough(0)
    confirm(gateway, third, worlds[2])
    assert gateway.vouchers.enough(0)


def test_a_declared_gap_goes_to_each_log_and_counts_like_a_batch(gateway):
    """No log goes on behind it otherwise; once two vouch, a bundle may show it."""
    east, north = log_world("east"), log_world("north")
    for world in (east, north):
        world.seal(records(0, 2))
    signer = east.gateway
    claims = Claims(east.issuer, 1, EPOCH, 0, None)
    gap = Gap(2, 0, 5, None, "disk damage")
    statement = sign_gap(claims, gap, signer.public.kid, -7, signer)
    Gaps(gateway.folder, EPOCH).keep(DeclaredGap(statement))
    first, second = books_of(gateway, east, north)
    for books in (first, second):
        (sent,) = books.pending(gateway.journal, BatchState.SEALED, 8)
        assert (sent.statement, books.pending(gateway.journal, BatchState.ACCEPTED, 8)) == (
            statement,
            [],
        )
        books.accept(gateway.journal, [0], 1, with_body=False)
        assert books.pending(gateway.journal, BatchState.SEALED, 8) == []
        assert [batch.seq for batch in books.pending(gateway.journal, BatchState.ACCEPTED, 8)] == [
            0
        ]
    confirm(gateway, first, east)
    assert first.pending(gateway.journal, BatchState.ACCEPTED, 8) == []
    assert [gap.state for gap in Gaps(gateway.folder, EPOCH)] == [BatchState.ACCEPTED]
    confirm(gateway, second, north)
    (kept,) = Gaps(gateway.folder, EPOCH)
    assert kept.state is BatchState.CONFIRMED
    assert len(gateway.journal.proofs(kept.row())) == 2


def test_what_one_log_proves_of_a_second_history_stops_what_goes_to_the_others(gateway):
    east, north = log_world("east"), log_world("north")
    first, _ = books_of(gateway, east, north)
    gateway.equivocated = True
    assert first.pending(gateway.journal, BatchState.SEALED, 8) == []


def test_one_log_s_quorum_cannot_set_the_clock():
    """The time that is told is one that two of three logs' quorums have reached."""
    heard = []
    counted = CountedTime(2, lambda anchor: heard.append(anchor.time))
    east, north, south = (counted.of(name) for name in ("east", "north", "south"))
    east(SimpleNamespace(time=2**40))
    assert heard == []
    north(SimpleNamespace(time=1000))
    south(SimpleNamespace(time=1010))
    assert heard == [1000, 1010]
