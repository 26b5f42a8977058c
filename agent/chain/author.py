"""Who seals the gateway's next batch: its identity, and the key whose turn it is."""

from __future__ import annotations

from agent.chain.building import Author
from agent.journal.journal import SealedBatch
from agent.signing.identity import Identity
from agent.signing.succession import Succession


class GatewayAuthor:
    """Implements `agent.chain.building.Authors` for a gateway whose keys change."""

    def __init__(self, identity: Identity, succession: Succession) -> None:
        self._identity = identity
        self._succession = succession

    def after(self, head: SealedBatch | None) -> Author:
        """Return the author behind `head`; moves to the next key where `head` named it."""
        newest = None if head is None else head.statement
        signer, successor = self._succession.after(newest)
        identity = self._identity
        return Author(identity.gateway, identity.epoch, signer, successor, identity.follows)
