"""Why the light client does not confirm, and what follows."""

from __future__ import annotations

from foundation.errors import Alarm, Retry


class Withheld(Retry):
    """A proof did not come, or proves nothing: no proof of fault, so ask again, or another node."""

    advice = "the batches stay queued; if this persists, ask the node's operator"


class Stale(Withheld):
    """The node shows an older state of the log than the one trusted: ask another node."""


class Expired(Retry):
    """The trusted checkpoint is older than the trusting period: a person must re-anchor."""

    advice = (
        "compare a current checkpoint with another member by hand, then accept it: "
        "[ledger] policy names the file that says whom to trust"
    )


class Fork(Alarm):
    """The log signed two histories; `evidence` is a `ForkProof` that anybody can check."""

    advice = (
        "keep the evidence file; tell the consortium's members. Records are collected, "
        "nothing is confirmed by this log"
    )
