"""When a node is asked to sign for bodies, for which, and what it may not answer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.upstream import custodian
from agent.upstream.custodian import Custodian, parse_custodies
from agent.upstream.link import NodeError
from evidence.errors import MalformedError
from evidence.wire import Code, Envelope, Label, Type
from tests.agent.fakes import FakeTiming
from tests.agent.log_world import EPOCH


class Rig:
    """Batches that nobody signed for, and a node that signs for those in `signs`."""

    def __init__(self, *owed: int) -> None:
        self.timing, self.owed, self.requests, self.kept = FakeTiming(), list(owed), [], []
        self.signs, self.refuses = set(owed), None
        outbox = SimpleNamespace(
            epoch=EPOCH, custody_owed=self.custody_owed, stored=self.stored, in_custody=self.keep
        )
        link = SimpleNamespace(request=self.request)
        self.custodian = Custodian(link, outbox, lambda: "policy", self.timing.monotonic)

    async def custody_owed(self, after, limit):
        return [seq for seq in self.owed if seq > after][: min(limit, 2)]

    async def stored(self, seq):
        return b"statement %d" % seq, b"body %d" % seq

    async def keep(self, receipts):
        self.kept.append(dict(receipts))
        self.owed = [seq for seq in self.owed if seq not in receipts]

    async def request(self, type_, header, *, expect):
        self.requests.append((type_, header, expect))
        if self.refuses is not None:
            raise NodeError(Envelope(Type.ERROR, bytes(8), {Label.CODE: self.refuses}))
        seqs = [seq for seq in header[Label.SEQS] if seq in self.signs]
        pairs = tuple((seq, b"receipt %d" % seq) for seq in seqs)
        return Envelope(Type.CUSTODY, bytes(8), {Label.RECEIPTS: pairs})

    def asked(self):
        return [header[Label.SEQS] for _, header, _ in self.requests]


@pytest.fixture(autouse=True)
def checked(monkeypatch):
    """What is checked before anything of it is kept."""
    found = []
    monkeypatch.setattr(custodian, "check_custody", lambda *args: found.append(args))
    return found


async def test_a_round_asks_for_all_in_turn_and_the_next_is_a_quarter_of_an_hour_later(checked):
    rig = Rig(0, 1, 5)
    assert rig.custodian.left() == 0.0, "the first one comes at once"
    assert [await rig.custodian.ask() for _ in range(3)] == [True, True, False]
    assert rig.requests == [
        (Type.CUSTODY, {Label.EPOCH: EPOCH, Label.SEQS: (0, 1)}, 640),
        (Type.CUSTODY, {Label.EPOCH: EPOCH, Label.SEQS: (5,)}, 320),
    ]
    assert rig.kept == [{0: b"receipt 0", 1: b"receipt 1"}, {5: b"receipt 5"}]
    assert checked == [
        (b"receipt %d" % seq, "policy", b"statement %d" % seq, b"body %d" % seq)
        for seq in (0, 1, 5)
    ]
    assert rig.custodian.left() == 900.0
    rig.timing.now += 890.0
    assert rig.custodian.left() == 10.0
    rig.timing.now += 20.0
    assert rig.custodian.left() == 0.0


async def test_what_a_node_leaves_out_is_asked_for_in_the_next_round():
    rig = Rig(0, 1, 5)
    rig.signs = {0, 5}
    assert [await rig.custodian.ask() for _ in range(3)] == [True, True, False]
    assert await rig.custodian.ask() is True
    assert rig.asked() == [(0, 1), (5,), (1,)]


@pytest.mark.parametrize("code", [Code.WRONG_ROLE, Code.MALFORMED])
async def test_a_node_that_keeps_no_bodies_is_not_asked_again(code):
    rig = Rig(0)
    rig.refuses = code
    assert await rig.custodian.ask() is False
    assert (rig.custodian.left(), rig.kept) == (None, [])


async def test_what_else_a_node_says_is_for_the_conversation():
    rig = Rig(0)
    rig.refuses = Code.BUSY
    with pytest.raises(NodeError):
        await rig.custodian.ask()
    assert rig.custodian.left() == 0.0


async def test_a_receipt_that_nobody_asked_for_or_that_does_not_hold_is_not_kept(monkeypatch):
    rig = Rig(0)
    with monkeypatch.context() as patched:
        patched.setattr(custodian, "parse_custodies", lambda _: {0: b"", 7: b""})
        with pytest.raises(MalformedError, match="nobody asked for"):
            await rig.custodian.ask()

    def false(*_):
        raise MalformedError("custody", "not for this body")

    monkeypatch.setattr(custodian, "check_custody", false)
    rig = Rig(0)
    with pytest.raises(MalformedError, match="not for this body"):
        await rig.custodian.ask()
    assert rig.kept == []


@pytest.mark.parametrize(
    ("type_", "receipts"),
    [
        (Type.RECEIPT, ()),
        (Type.CUSTODY, 7),
        (Type.CUSTODY, ((0,),)),
        (Type.CUSTODY, ((-1, b"r"),)),
        (Type.CUSTODY, ((0, "r"),)),
    ],
)
def test_an_answer_that_is_none_is_refused(type_, receipts):
    with pytest.raises(MalformedError):
        parse_custodies(Envelope(type_, bytes(8), {Label.RECEIPTS: receipts}))
