"""Stand-ins for what a conversation with a node is made of: nothing waits, and all is noted."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

from agent.journal.journal import BatchState, PendingBatch, Rank
from agent.upstream.budget import Share
from agent.upstream.day_bytes import Carried
from agent.upstream.link import NodeError
from evidence.wire import Code, Envelope, Header, Label, Type
from tests.agent.log_world import EPOCH


def batch(seq, *, urgent=False, statement=b"", body_bytes=100, state=BatchState.SEALED):
    return PendingBatch(seq, state, urgent, statement or b"statement %d" % seq, body_bytes)


def no(code: Code, statement: bytes = b"", **header) -> NodeError:
    said = {Label.CODE: code, Label.TEXT: "no"}
    said |= {Label[name.upper()]: value for name, value in header.items()}
    return NodeError(Envelope(Type.ERROR, bytes(8), said, statement))


class Asked(NamedTuple):
    """One request as the session made it."""

    type: Type
    header: Header
    statement: bytes
    body: bytes
    expect: int
    carried: Carried


class Node:
    """The link to a node that answers as `answer` says; an exception that it returns is raised."""

    def __init__(self, answer: Callable[[Asked], Envelope | Exception]) -> None:
        self.node = SimpleNamespace(name="harbour")
        self.answer = answer
        self.asked: list[Asked] = []

    async def request(
        self, type_, header, statement=b"", body=b"", expect=0, carried=Carried.PROOFS
    ):
        asked = Asked(type_, dict(header), statement, body, expect, carried)
        self.asked.append(asked)
        answer = self.answer(asked)
        if isinstance(answer, Exception):
            raise answer
        return answer


def accepted(_asked: Asked) -> Envelope:
    return Envelope(Type.ACCEPTED, bytes(8))


class Budget:
    """Lets go what `allowed` names."""

    def __init__(self) -> None:
        self.allowed = set(Share)
        self.takes_backlog, self.due, self.saved = True, False, 0
        self.why_held = "held back"

    def allows(self, share):
        return share in self.allowed

    def save(self):
        self.due, self.saved = False, self.saved + 1


class Outbox:
    """What a test says that waits; `noted` is what the session told it, in order.

    `looks` counts the questions about bodies that are owed.
    """

    epoch = EPOCH

    def __init__(self) -> None:
        self.statements: list[PendingBatch] = []
        self.owing: dict[Rank, list[PendingBatch]] = {rank: [] for rank in Rank}
        self.unproven: list[PendingBatch] = []
        self.ours: dict[int, bytes] = {}
        self.noted: list[tuple] = []
        self.carries, self.last, self.head = True, -1, 0
        self.looks = 0
        self.due: float | None = None
        self.waited: list[float] = []

    async def newest(self):
        return self.head

    async def unsent(self, limit):
        return self.statements[:limit]

    async def last_urgent(self):
        return self.last

    async def owed(self, rank, newest_from, limit):
        self.looks += 1
        self.newest_from = newest_from
        return self.owing[rank][:limit]

    async def body(self, seq):
        return b"body %d" % seq

    async def find(self, seq):
        return self.ours.get(seq)

    async def unconfirmed(self, limit):
        return self.unproven[:limit]

    async def custody_owed(self, _after, _limit):
        return []

    async def accepted(self, seqs, *, with_body):
        self._note("with bodies" if with_body else "alone", seqs)

    async def taken_whole(self, batches):
        self._note("whole", [each.seq for each in batches])

    def _note(self, how, seqs):
        self.noted.append((how, list(seqs)))
        self.statements = [each for each in self.statements if each.seq not in seqs]

    async def bodies_taken(self, seqs):
        self.noted.append(("bodies", list(seqs)))
        for rank, owed in self.owing.items():
            self.owing[rank] = [each for each in owed if each.seq not in seqs]

    async def forgotten(self, after):
        self.noted.append(("forgotten", after))

    async def refused(self, seq, code, text):
        self.noted.append(("refused", seq, code, text))

    async def confirmed(self, proven, receipts, anchor):
        self.noted.append(("confirmed", dict(proven), dict(receipts), anchor))
        self.unproven = [each for each in self.unproven if each.seq not in proven]

    async def in_custody(self, receipts):
        self.noted.append(("custody", dict(receipts)))

    async def settle(self):
        self.noted.append(("settled",))

    def left(self):
        return self.due

    async def wait(self, seconds):
        self.waited.append(seconds)
        return False
