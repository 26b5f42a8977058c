"""Why the log's proofs do not confirm what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from foundation.cause import Cause, Finding, no, perhaps, yes
from foundation.counting import counted
from foundation.dataclass import dataclass

NOTHING_PROVEN = "batches are sent and not confirmed"


class Stage(IntEnum):
    """How far a proof had come where a row is the cause."""

    SENT = 0
    SHOWN = 1


@dataclass(frozen=True, slots=True)
class ProofFacts:
    """What is known of proofs; None: unknown.

    `waiting` batches have been accepted and not confirmed, `serving` tells whether a node takes
    and answers. Of `witnesses`, the nodes whose view is compared, `away` do not answer.
    """

    waiting: int | None = None
    confirmed: int | None = None
    serving: bool | None = None
    receipts_due: bool = False
    witnesses: int | None = None
    away: Sequence[str] = ()
    unjoined: int | None = None


ProofCause = Cause[ProofFacts]


def _no_quorum(facts: ProofFacts) -> Finding:
    """Tell a log without its quorum by what it does: it takes batches and gives no receipts."""
    if facts.waiting is None or facts.serving is None:
        return perhaps()
    if not facts.waiting:
        return no("no batch waits for its confirmation")
    if not facts.serving:
        return perhaps(contra=("no node serves us: nobody could show one",))
    waits = f"{counted(facts.waiting, 'batch', 'batches')} accepted, without receipts yet"
    away = [f"{name} does not answer" for name in facts.away]
    return yes(waits, *away) if facts.receipts_due else perhaps(waits, *away)


def _away(facts: ProofFacts) -> Finding:
    if not facts.witnesses:
        return perhaps()
    if not facts.away:
        return no(f"all {facts.witnesses} nodes show the log")
    told = (f"{name} does not show the log" for name in facts.away)
    return yes(*told)


def _unjoined(facts: ProofFacts) -> Finding:
    if facts.unjoined is None:
        return perhaps()
    if not facts.unjoined:
        return no("every checkpoint that was seen is joined")
    return yes(f"{facts.unjoined} checkpoints that the log signed fit nowhere yet")


NO_QUORUM = ProofCause(
    "proof.quorum",
    symptom=NOTHING_PROVEN,
    sentence="too few witnesses have signed the log's newest state",
    next="ask the witnesses' operators whether their nodes run; nothing is lost meanwhile",
    unproven="which witnesses are away, where none is configured here",
    test=_no_quorum,
)
WITNESS_AWAY = ProofCause(
    "proof.witness-away",
    symptom="not every node shows the log",
    sentence="a node whose view is compared does not answer",
    next="ask its operator whether it runs; while the quorum holds, all goes on",
    unproven="whether the node or the way there is down",
    test=_away,
)
UNJOINED = ProofCause(
    "proof.unjoined",
    symptom="nodes show different states of the log",
    sentence="a signed checkpoint is not joined with the trusted one: perhaps a second history",
    next="wait a day; if it stays so, ask the log's operator and tell the other members",
    unproven="whether a node is behind or the log signed two histories",
    test=_unjoined,
)
WITHHELD = ProofCause(
    "proof.withheld",
    symptom=NOTHING_PROVEN,
    sentence="the node does not show the proof that it should",
    next="the batches stay queued; if this persists, ask the node's operator",
    unproven="whether it cannot or will not",
    stage=Stage.SHOWN,
)
EXPIRED = ProofCause(
    "proof.expired",
    symptom=NOTHING_PROVEN,
    sentence="the trusted checkpoint is too old to confirm anything by",
    next="compare a current checkpoint with another member by hand, then accept it: "
    "[ledger] policy names the file that says whom to trust",
    unproven="what the log did meanwhile",
    stage=Stage.SHOWN,
)
FORK = ProofCause(
    "proof.fork",
    symptom=NOTHING_PROVEN,
    sentence="the log signed two histories: it is trusted no more",
    next="keep the evidence file; tell the consortium's members. Records are collected, "
    "nothing is confirmed by this log",
    unproven="nothing: the log's own signatures prove it",
    stage=Stage.SHOWN,
)
OTHER_POLICY = ProofCause(
    "proof.policy-changed",
    symptom="nothing is sent or proven",
    sentence="the pinned policy is another than the one that was trusted before",
    next="pin the policy that was pinned before, or one that replaced it",
    unproven="who changed the file",
    stage=Stage.SHOWN,
)

CAUSES = (FORK, OTHER_POLICY, EXPIRED, NO_QUORUM, WITNESS_AWAY, UNJOINED, WITHHELD)
