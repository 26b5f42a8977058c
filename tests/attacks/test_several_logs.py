"""What a log may try to count twice, or to make another log's time believed, at the gateway."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.assembly.ledgers import CountedTime
from agent.chain.gaps import DeclaredGap, Gaps
from agent.journal.journal import BatchState, Confirmation
from agent.journal.ring_journal import RingJournal
from agent.upstream.log_outbox import LogOutbox
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


def outboxes(gateway, *worlds):
    """Return the outbox of each log, over the same books."""
    origins = [world.origin for world in worlds]
    gateway.vouchers.begin(origins, origins, 1)
    return [
        LogOutbox(
            origin,
            gateway.vouchers,
            gateway.journal,
            None,
            None,
            Gaps(gateway.folder, EPOCH),
            carries=lambda: False,
            trusted=lambda: [each for each in origins if each not in gateway.frozen],
            stopped=lambda: gateway.equivocated,
            on_confirmed=lambda _: None,
        )
        for origin in origins
    ]


def confirm(outbox, world) -> None:
    """Let a light client's word of the first statement reach the books."""
    sealed, size = world.sealed[0], world.tree.size
    rows = [Confirmation(0, sealed.index, world.receipt(sealed), size)]
    outbox._confirmed(rows, world.note(), 2)


def test_one_tree_under_two_names_counts_once(gateway):
    """Sizes differ, keys and names differ: what both held before the statement is the same."""
    east, mirror = log_world("east"), log_world("mirror", tree=Tree([seeded("genesis east")]))
    for world in (east, mirror):
        world.seal(records(0, 2))
    mirror.tree.append(seeded("later entry"))
    first, second = outboxes(gateway, east, mirror)
    confirm(first, east)
    with pytest.raises(MalformedError, match="one log under two names") as caught:
        confirm(second, mirror)
    assert caught.value.reason == "same-log"
    assert not gateway.vouchers.enough(0)


def test_a_log_s_receipts_count_once_however_often_they_come(gateway):
    east, north = log_world("east"), log_world("north")
    for world in (east, north):
        world.seal(records(0, 2))
    first, second = outboxes(gateway, east, north)
    confirm(first, east)
    east.seal(records(2, 2))  # the same statement again, at a larger size
    confirm(first, east)
    assert not gateway.vouchers.enough(0)
    confirm(second, north)
    assert gateway.vouchers.enough(0)


def test_a_frozen_log_s_receipts_do_not_count(gateway):
    worlds = [log_world(place) for place in ("east", "north", "south")]
    for world in worlds:
        world.seal(records(0, 2))
    first, second, third = outboxes(gateway, *worlds)
    confirm(first, worlds[0])
    confirm(second, worlds[1])
    assert gateway.vouchers.enough(0)
    gateway.frozen.add(worlds[1].origin)
    confirm(first, worlds[0])
    assert not gateway.vouchers.enough(0)
    confirm(third, worlds[2])
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
    first, second = outboxes(gateway, east, north)
    for outbox in (first, second):
        (sent,) = outbox._pending(BatchState.SEALED, 8)
        assert (sent.statement, outbox._pending(BatchState.ACCEPTED, 8)) == (statement, [])
        outbox._accepted([0], 1, False)
        assert outbox._pending(BatchState.SEALED, 8) == []
        assert [batch.seq for batch in outbox._pending(BatchState.ACCEPTED, 8)] == [0]
    confirm(first, east)
    assert first._pending(BatchState.ACCEPTED, 8) == []
    assert [gap.state for gap in Gaps(gateway.folder, EPOCH)] == [BatchState.ACCEPTED]
    confirm(second, north)
    (kept,) = Gaps(gateway.folder, EPOCH)
    assert kept.state is BatchState.CONFIRMED
    assert len(gateway.journal.proofs(kept.row())) == 2


def test_what_one_log_proves_of_a_second_history_stops_what_goes_to_the_others(gateway):
    east, north = log_world("east"), log_world("north")
    first, _ = outboxes(gateway, east, north)
    gateway.equivocated = True
    assert first._pending(BatchState.SEALED, 8) == []


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
