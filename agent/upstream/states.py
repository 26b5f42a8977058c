"""What can be known of the way to a ledger node; `causes` says what to do about it."""

from __future__ import annotations

from enum import Enum, StrEnum


class LinkState(StrEnum):
    """What is known of the connection to a node."""

    CONNECTING = "connecting"
    OK = "ok"
    UNREACHABLE = "unreachable"  # nothing answers at the endpoint
    WRONG_NODE_KEY = "wrong-node-key"  # what answers there does not hold the configured key
    NOT_ADMITTED = "not-admitted"  # the node does not know our key
    REPLACED = "replaced"  # another gateway has taken our place
    REFUSED = "refused"  # the node refuses what we send, or sends what proves nothing
    WITHHELD = "withheld"  # the node does not show the proof that it should
    EXPIRED = "expired"  # our trusted checkpoint is too old to confirm anything by
    CONFLICT = "conflict"  # the log proves another history of this epoch than the journal's
    FROZEN = "frozen"  # the log showed two histories: trusted no more


class Step(Enum):
    """What a conversation with a node is at; one that failed must go well before the node is."""

    NONE = 0
    GREET = 1  # compare its view of our order with ours
    SEND = 2  # statements and bodies
    PROVE = 3  # receipts
    KEEP = 4  # custody of bodies
