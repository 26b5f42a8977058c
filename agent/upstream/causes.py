"""Why nothing goes to the ledger's nodes: a row for each state of the way there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.light_client.causes import EXPIRED, FORK, WITHHELD
from agent.upstream.states import LinkState
from agent.upstream.uplink_facts import NOTHING_SENT, Stage, UplinkCause, UplinkFacts
from agent.upstream.way_causes import RESTRICTED, WAYS
from foundation.cause import Cause, Cost, Finding, no, perhaps, yes


def _none_configured(facts: UplinkFacts) -> Finding:
    if facts.nodes is None:
        return perhaps()
    if facts.nodes:
        return no(f"{facts.nodes} are configured")
    return perhaps("no [[ledger.node]] is there")  # which may be wanted: no more than possible


def _used_up(facts: UplinkFacts) -> Finding:
    if facts.budget is None or facts.spent is None:
        return perhaps()
    share = f"{facts.spent:,} of {facts.budget:,} bytes of today are spent".replace(",", " ")
    return yes(share) if facts.spent >= facts.budget else no(share)


def _connects(facts: UplinkFacts) -> Finding:
    found = facts.listens()
    refused = [f"{name} takes no connection" for name, taken in found.items() if taken is False]
    if refused:
        return yes(*refused)
    return no(f"{', '.join(found)} takes connections") if found else perhaps()


NO_NODE = UplinkCause(
    "uplink.no-node",
    symptom=NOTHING_SENT,
    sentence="no ledger node is configured: records are collected and kept here",
    next="name the consortium's nodes in [ledger]: docs/operate/one-gateway.md",
    unproven="whether that is wanted",
    test=_none_configured,
)
UNREACHABLE = UplinkCause(
    "uplink.unreachable",
    symptom=NOTHING_SENT,
    sentence="nothing answers at the node's address",
    next="check the uplink, the endpoint, and whether the node runs",
    command="ip route; ping -c 3 {host}",
    unproven="whether the uplink, the way or the node is down",
    stage=Stage.REACHED,
    cost=Cost.BYTES,
    test=_connects,
)
HALF_OPEN = UplinkCause(
    "uplink.half-open",
    symptom=NOTHING_SENT,
    sentence="the connection stands and nothing comes through: the way there swallows data",
    next="restart the uplink (modem or router); if other connections work, have the node restarted",
    unproven="whether the way there or the node swallows it",
    stage=Stage.ANSWERED,
)
WRONG_KEY = UplinkCause(
    "uplink.wrong-key",
    symptom=NOTHING_SENT,
    sentence="what answers there does not hold the configured key",
    next="compare server_key with what `tallyman-ledger show` prints there",
    unproven="whether the key here is old or somebody else answers",
    stage=Stage.KEYS,
)
NOT_ADMITTED = UplinkCause(
    "uplink.not-admitted",
    symptom=NOTHING_SENT,
    sentence="the node does not know this gateway's key",
    next="hand the output of `tallyman keys --public` to the node's operator, for "
    "`tallyman-ledger admit`; it is asked again within the hour, or as the agent starts",
    command="tallyman keys --public",
    unproven="whether it was never admitted or was taken off the list",
    stage=Stage.ADMITTED,
)
REPLACED = UplinkCause(
    "uplink.replaced",
    symptom=NOTHING_SENT,
    sentence="another gateway has taken this one's place",
    next="take this gateway out of service; what it records now stays on its card, unproven",
    unproven="whether that was meant",
    stage=Stage.ADMITTED,
)
REFUSED = UplinkCause(
    "uplink.refused",
    symptom=NOTHING_SENT,
    sentence="the node refuses what it is sent, or answers what proves nothing",
    next="read the node's answer; nothing is lost, all stays queued",
    unproven="whose mistake it is",
    stage=Stage.TAKEN,
)
GAP = UplinkCause(
    "uplink.gap",
    symptom=NOTHING_SENT,
    sentence="the node wants a batch that this gateway has no more",
    next="see what is missing and how to go on: tallyman gap",
    command="tallyman gap",
    unproven="where that batch went",
    stage=Stage.TAKEN,
)
ORDER = UplinkCause(
    "uplink.old-card",
    symptom=NOTHING_SENT,
    sentence="the log knows a later batch of this gateway than its journal",
    next="was an old card image restored, or does a second gateway hold this key? Stop the copy; "
    "a restored gateway needs a new epoch",
    command="tallyman keys new-epoch --reason restored-card",
    unproven="whether the card was restored from a backup or copied",
    stage=Stage.TAKEN,
)
SPENT = UplinkCause(
    "uplink.budget",
    symptom="only alarms are sent",
    sentence="the day's bytes are used up: only alarms go until midnight UTC",
    next="wait until midnight UTC, or raise [uplink] budget_bytes_per_day",
    unproven="what used them up",
    test=_used_up,
)
CONFLICT = UplinkCause(
    "proof.conflict",
    symptom=NOTHING_SENT,
    sentence="the log proves another history of this gateway than its journal",
    next="make sure that no second gateway runs with a copy of this card, stop the agent, then "
    "run: tallyman keys new-epoch --reason restored-card",
    command="tallyman keys new-epoch --reason restored-card",
    unproven="whether a card was copied or a backup restored",
    stage=Stage.PROVEN,
)

OF_STATE: Mapping[LinkState, Cause[Any]] = {
    LinkState.UNREACHABLE: UNREACHABLE,
    LinkState.WRONG_NODE_KEY: WRONG_KEY,
    LinkState.NOT_ADMITTED: NOT_ADMITTED,
    LinkState.REPLACED: REPLACED,
    LinkState.REFUSED: REFUSED,
    LinkState.WITHHELD: WITHHELD,
    LinkState.EXPIRED: EXPIRED,
    LinkState.CONFLICT: CONFLICT,
    LinkState.FROZEN: FORK,
}

CAUSES: tuple[UplinkCause, ...] = (
    *WAYS, CONFLICT, REPLACED, WRONG_KEY, NOT_ADMITTED, HALF_OPEN, UNREACHABLE, GAP, ORDER, REFUSED,
    SPENT, RESTRICTED, NO_NODE,
)  # fmt: skip
