"""A split view: a node that shows its clients another history of the log than the log's own node.

Log, receipt and cosigner keys are in one hand, so whoever asks only this node finds nothing wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evidence.cbor import Value
from evidence.checkpoint import Checkpoint
from evidence.merkle import Tree, consistency_path, hash_leaf, inclusion_path
from evidence.shape import as_array, as_uint
from evidence.statement import parse_statement
from evidence.wire import Code, Envelope, Label, Type
from hil.peers.accomplices import Accomplices
from ledger.gateways.admission import Peer
from ledger.gateways.desk import Desk

HASH_BYTES = 32


@dataclass(slots=True)
class SecondHistory:
    """Implements `ledger.gateways.desk.Desk`; give it to a node as `Surroundings.desk`.

    Its log begins with `entries` and takes statements as an honest one would. `withholds` makes it
    give no paths, `spoils` paths that prove nothing. `shown` are the EVIDENCE messages it got.
    """

    accomplices: Accomplices
    entries: list[bytes]
    withholds: bool = False
    spoils: bool = False
    shown: list[Envelope] = field(default_factory=list)
    _honest: Desk | None = None
    _seqs: dict[int, int] = field(default_factory=dict)

    def __call__(self, honest: Desk) -> Desk:
        """Stand between the node's socket and `honest`."""
        self._honest = honest
        return self

    @property
    def tree(self) -> Tree:
        """The Merkle tree of this history."""
        return Tree([hash_leaf(entry) for entry in self.entries])

    def note(self) -> bytes:
        """Return the newest checkpoint of this history, signed by log and quorum."""
        origin, size = self.accomplices.identity.origin, len(self.entries)
        return self.accomplices.note(Checkpoint(origin, size, self.tree.root()))

    async def answer(self, peer: Peer, message: Envelope) -> Envelope:
        """Return a gateway what an honest node of this history would, and the others the truth."""
        if peer.issuer is None:
            assert self._honest is not None
            return await self._honest.answer(peer, message)
        answers = {
            Type.HELLO: self._hello,
            Type.CHECKPOINT: self._checkpoint,
            Type.REGISTER: self._register,
            Type.STATUS: self._status,
            Type.CONSISTENCY: self._consistency,
            Type.INCLUSION: self._inclusion,
            Type.EVIDENCE: self._evidence,
        }
        if message.type not in answers:
            return message.error(Code.WRONG_ROLE, "not here")
        return answers[message.type](message)

    def _hello(self, message: Envelope) -> Envelope:
        origin = self.accomplices.identity.origin
        return message.answer(Type.HELLO, {Label.ORIGIN: origin, Label.NOTE: self.note()})

    def _checkpoint(self, message: Envelope) -> Envelope:
        return message.answer(Type.CHECKPOINT, {Label.NOTE: self.note()})

    def _consistency(self, message: Envelope) -> Envelope:
        old = as_uint(message.get(Label.OLD_SIZE), "OLD_SIZE")
        return self._path(message, lambda size: consistency_path(self.tree.node, old, size))

    def _inclusion(self, message: Envelope) -> Envelope:
        index = as_uint(message.get(Label.INDEX), "INDEX")
        return self._path(message, lambda size: inclusion_path(self.tree.node, index, size))

    def _evidence(self, message: Envelope) -> Envelope:
        self.shown.append(message)
        return message.answer(Type.EVIDENCE)

    def _register(self, message: Envelope) -> Envelope:
        if not message.statement:  # a body that follows its statement
            seq = as_uint(message.get(Label.SEQ), "SEQ")
            return message.answer(Type.ACCEPTED, {Label.INDEX: self._place(seq), Label.SEQ: seq})
        if message.statement not in self.entries:
            self.entries.append(message.statement)
        index = self.entries.index(message.statement)
        seq = self._seqs[index] = parse_statement(message.statement).claims.seq
        return message.answer(Type.ACCEPTED, {Label.INDEX: index, Label.SEQ: seq})

    def _status(self, message: Envelope) -> Envelope:
        wanted = [as_uint(seq, "seq") for seq in as_array(message.get(Label.SEQS), "SEQS")]
        tree, size = self.tree, len(self.entries)
        places = {seq: self._place(seq) for seq in wanted}
        paths = {place: inclusion_path(tree.node, place, size) for place in places.values()}
        receipts = self.accomplices.identity.receipts(size, tree.root(), paths)
        header: dict[Label, Value] = {
            Label.RECEIPTS: [(seq, receipts[place]) for seq, place in places.items()],
            Label.NOTE: self.note(),
        }
        old = as_uint(message.get(Label.SIZE), "SIZE")
        if 0 < old < size and not self.withholds:
            header[Label.PATH] = self._told(consistency_path(tree.node, old, size))
        return message.answer(Type.RECEIPT, header)

    def _place(self, seq: int) -> int:
        """Return where statement `seq` stands among the entries."""
        return next(place for place, known in self._seqs.items() if known == seq)

    def _path(self, message: Envelope, path: Callable[[int], list[bytes]]) -> Envelope:
        size = as_uint(message.get(Label.SIZE), "SIZE")
        if self.withholds or size > len(self.entries):
            return message.error(Code.UNKNOWN_ENTRY, f"no path to {size}")
        return message.answer(message.type, {Label.PATH: self._told(path(size))})

    def _told(self, path: Sequence[bytes]) -> list[bytes]:
        return [bytes(HASH_BYTES) for _ in path] if self.spoils else list(path)
