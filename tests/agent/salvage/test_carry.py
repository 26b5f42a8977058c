"""A dead gateway's batches are carried to the nodes as they are, and only receipts prove it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.config.ledger import LedgerNode
from agent.salvage import carry, receipts
from agent.salvage.archive import Archive
from agent.salvage.carry import Carried, carry_over, carry_to
from agent.salvage.life import Batch, Life
from agent.salvage.receipts import Proofs, fetch_receipts
from agent.salvage.send import Sent, send
from agent.signing.curve_key import CurveKey
from agent.signing.file_key import FileKey
from agent.upstream.link import LinkDown, NodeError
from agent.upstream.proofs import Fetched
from evidence.wire import Code, Envelope, Label, Type
from tests.agent.log_world import EPOCH, ISSUER, ORIGIN, LogWorld


def no(code: Code, **more: object) -> NodeError:
    header = {Label.CODE: code, Label.TEXT: "not this one"}
    return NodeError(Envelope(Type.ERROR, bytes(8), header | more.get("header", {})))


class Node:
    """A link to a node that takes what it is sent; `refuses` has answers to statements, in turn."""

    def __init__(self, refuses=None, *, away: LinkDown | None = None) -> None:
        self.taken, self.refuses, self.away = [], refuses or {}, away

    async def request(self, type_, header, statement, body):
        assert (type_, header) == (Type.REGISTER, {Label.ISSUER: ISSUER})
        if self.refuses.get(statement):
            raise self.refuses[statement].pop(0)
        self.taken.append((statement, body))

    async def __aenter__(self):
        if self.away is not None:
            raise self.away
        return self

    async def __aexit__(self, *_):
        pass


def life(count: int) -> Life:
    return Life(ISSUER, EPOCH, tuple(Batch(b"s%d" % n, b"b%d" % n) for n in range(count)))


async def test_every_batch_goes_in_order_with_its_body():
    node = Node()
    assert await send(node, life(70)) == Sent(70)
    assert node.taken == [(b"s%d" % n, b"b%d" % n) for n in range(70)]
    assert await send(node, life(0)) == Sent(0)


async def test_a_node_that_refuses_one_is_told_with_its_reason():
    node = Node({b"s40": [no(Code.MALFORMED)]})
    assert await send(node, life(70)) == Sent(40, f"{Code.MALFORMED}: not this one")
    assert len(node.taken) == 63, "what was under way with it, and nothing behind"


async def test_a_hole_before_what_is_here_is_said_as_one():
    node = Node({b"s2": [no(Code.GAP, header={Label.SEQ: 5})]})
    why = "the node has no batch 5, and this medium has none that can be read"
    assert await send(node, life(4)) == Sent(2, why)


async def test_a_busy_node_is_asked_again_when_it_wants_to_be(monkeypatch):
    pauses = []

    async def pause(seconds):
        pauses.append(seconds)

    monkeypatch.setattr("agent.salvage.send.asyncio.sleep", pause)
    busy = {Label.RETRY_MS: 700}
    node = Node({b"s1": [no(Code.BUSY, header=busy), no(Code.BUSY, header=busy)]})
    assert await send(node, life(3)) == Sent(3)
    assert pauses == [0.7, 0.7]
    assert sorted(node.taken) == [(b"s%d" % n, b"b%d" % n) for n in range(3)]


async def test_a_link_that_breaks_is_no_answer():
    with pytest.raises(LinkDown, match="gone"):
        await send(Node({b"s1": [LinkDown("gone")]}), life(3))


@pytest.fixture(scope="module")
def world():
    world = LogWorld(FileKey(ec.derive_private_key(7, ec.SECP256R1())))
    for _ in range(4):
        world.seal()
    return world


@pytest.fixture
def dead(world):
    batches = tuple(Batch(each.statement, each.body, b"old") for each in world.batches)
    return Life(ISSUER, EPOCH, batches)


class Log:
    """Proves of what it is asked what `rounds` has for each question, one after the other."""

    def __init__(self, *rounds) -> None:
        self.rounds, self.asked = list(rounds), []

    async def fetch(self, link, epoch, statements, policy, issuer):
        assert (link, epoch, policy, issuer) == ("link", EPOCH, "policy", ISSUER)
        self.asked.append(sorted(statements))
        seqs = self.rounds.pop(0) if self.rounds else ()
        anchor = SimpleNamespace(signed=SimpleNamespace(to_bytes=lambda: b"note %d" % len(seqs)))
        proofs = {seq: (b"receipt %d" % seq, None) for seq in seqs}
        return [Fetched(proofs, anchor)] if seqs else []


async def fetched(monkeypatch, log, dead, taken):
    pauses = []

    async def pause(seconds):
        pauses.append(seconds)

    monkeypatch.setattr(receipts, "fetch_proofs", log.fetch)
    return await fetch_receipts("link", dead, taken, "policy", pause), pauses


async def test_receipts_are_asked_for_until_each_is_there(monkeypatch, dead):
    log = Log((), (0, 2), (1,))
    proofs, pauses = await fetched(monkeypatch, log, dead, 3)
    assert log.asked == [[0, 1, 2], [0, 1, 2], [1]]
    assert pauses == [1.0, 1.0]
    assert proofs == Proofs(
        {0: b"receipt 0", 2: b"receipt 2", 1: b"receipt 1"}, (b"note 2", b"note 1")
    )
    assert [proofs.beside(each).receipt for each in dead.batches] == [
        b"receipt 0", b"receipt 1", b"receipt 2", b"old"
    ]  # fmt: skip


async def test_a_log_without_its_quorum_is_given_half_a_minute(monkeypatch, dead):
    log = Log()
    proofs, pauses = await fetched(monkeypatch, log, dead, 1)
    assert (proofs, len(log.asked), pauses) == (Proofs({}, ()), 30, [1.0] * 29)


async def test_where_nothing_was_taken_nothing_is_asked(monkeypatch, dead):
    log = Log()
    assert await fetched(monkeypatch, log, dead, 0) == (Proofs({}, ()), [])
    assert log.asked == []


async def test_so_many_are_asked_for_at_once_as_a_node_answers(monkeypatch, dead):
    monkeypatch.setattr(receipts, "MAX_RECEIPTS", 3)
    log = Log((0, 1, 2), (3,))
    proofs, _ = await fetched(monkeypatch, log, dead, 4)
    assert log.asked == [[0, 1, 2], [3]]
    assert set(proofs.receipts) == {0, 1, 2, 3}


async def test_without_a_policy_batches_are_carried_and_nothing_is_proven(dead):
    archive = Archive((dead,), (b"n",))
    assert await carry_over(Node(), archive, ORIGIN, None) == Carried(ORIGIN, archive, (Sent(4),))


async def test_with_a_policy_each_batch_gets_the_receipt_that_came(monkeypatch, world, dead):
    async def fetch(link, life, taken, policy):
        assert (life, taken, policy) == (dead, 4, world.policy)
        return Proofs({1: b"new", 2: b"newer"}, (b"n", b"m"))

    monkeypatch.setattr(carry, "fetch_receipts", fetch)
    found = await carry_to(ORIGIN, [Node()], Archive((dead,), (b"n",)), [world.policy])
    assert (found.log, found.sent, found.away) == (ORIGIN, (Sent(4, "", 2),), None)
    assert found.proven == 2
    (life,) = found.archive.lives
    assert [each.receipt for each in life.batches] == [b"old", b"new", b"newer", b"old"]
    assert found.archive.notes == (b"n", b"m")


async def test_the_first_node_of_a_log_that_works_takes_them(dead):
    away, works, spare = Node(away=LinkDown("off")), Node(), Node()
    found = await carry_to("another/log", [away, works, spare], Archive((dead,)), [])
    assert (found.sent, found.away) == ((Sent(4),), None)
    assert (len(works.taken), spare.taken) == (4, [])


async def test_where_no_node_of_a_log_is_there_the_last_says_why(dead):
    first, last = LinkDown("off"), LinkDown("gone")
    archive = Archive((dead,))
    found = await carry_to("x/log", [Node(away=first), Node(away=last)], archive, [])
    assert found == Carried("x/log", archive, (), last)
    assert found.proven == 0


async def test_each_log_is_carried_to_over_its_own_nodes_and_witnesses_get_nothing(
    monkeypatch, tmp_path, dead
):
    heard = []

    async def noted(log, links, archive, pinned):
        heard.append((log, [link.node.endpoint for link in links], archive, pinned))
        return log

    monkeypatch.setattr(carry, "carry_to", noted)
    key = CurveKey.load_or_make(tmp_path / "curve.toml")
    nodes = [
        LedgerNode(name, f"tcp://{name}:7701", "k" * 40, log=log, witness=name == "w")
        for name, log in (("a", "x"), ("b", "y"), ("w", "x"), ("c", "x"))
    ]
    archive = Archive((dead,))
    assert await carry.carry(nodes, key, archive, ["policy"]) == ["x", "y"]
    assert heard == [
        ("x", ["tcp://a:7701", "tcp://c:7701"], archive, ["policy"]),
        ("y", ["tcp://b:7701"], archive, ["policy"]),
    ]
