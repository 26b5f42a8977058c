"""What can be known of the way to a ledger node, and what to do about it."""

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


ADVICE = {
    LinkState.CONNECTING: "",
    LinkState.OK: "",
    LinkState.UNREACHABLE: "check the uplink, the endpoint, and whether the node runs",
    LinkState.WRONG_NODE_KEY: "compare server_key with what `tallyman-ledger show` prints there",
    LinkState.NOT_ADMITTED: (
        "hand the output of `tallyman keys --public` to the node's operator, for "
        "`tallyman-ledger admit`; it is asked again within the hour, or as the agent starts"
    ),
    LinkState.REPLACED: (
        "take this gateway out of service; what it records now stays on its card, unproven"
    ),
    LinkState.REFUSED: "read the node's answer; nothing is lost, all stays queued",
    LinkState.WITHHELD: "the batches stay queued; if this persists, ask the node's operator",
    LinkState.EXPIRED: "compare a current checkpoint with another member, then accept it by hand",
    LinkState.CONFLICT: (
        "make sure that no second gateway runs with a copy of this card, stop the agent, then run: "
        "tallyman keys new-epoch --reason restored-card"
    ),
    LinkState.FROZEN: "tell the consortium's members; the evidence is kept",
}

GAP_ADVICE = "see what is missing and how to go on: tallyman gap"
"""For a node that wants a batch which this gateway did not send."""
