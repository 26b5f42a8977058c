"""A real ledger node, its store, keys, socket and log, that answers STATUS with lies when told."""

from __future__ import annotations

from dataclasses import dataclass, field

from evidence.wire import Envelope, Type, parse_frames
from hil.peers.accomplices import Accomplices
from hil.peers.lies import Lie, Moment
from ledger.gateways.admission import Peer
from ledger.gateways.desk import Desk


@dataclass(slots=True)
class Liar:
    """Implements `ledger.gateways.desk.Desk` around an honest one; honest while `lie` is None.

    `told` counts the lies. Give it to a node as `Surroundings.desk`.
    """

    accomplices: Accomplices
    lie: Lie | None = None
    told: int = 0
    _honest: Desk | None = None
    _before: list[Envelope] = field(default_factory=list)

    def __call__(self, honest: Desk) -> Desk:
        """Stand between the node's socket and `honest`."""
        self._honest = honest
        return self

    async def answer(self, peer: Peer, message: Envelope) -> Envelope:
        """Return the honest answer, or a lie in place of receipts."""
        assert self._honest is not None
        honest = await self._honest.answer(peer, message)
        if honest.type is not Type.RECEIPT:
            return honest
        honest = parse_frames(honest.to_frames())  # as it would have arrived
        if self.lie is None:
            self._before.append(honest)
            return honest
        self.told += 1
        return self.lie(Moment(self.accomplices, message, honest, self._before))
