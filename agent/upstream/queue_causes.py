"""Why records wait here, unsent."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.cause import Cause, Finding, no, perhaps, yes
from foundation.counting import counted

WAIT = "records wait to be sent"

OLD_HOURS = 24.0
"""A day's batches go in minutes once a node takes them: what is older was kept from going."""

MANY = 100
"""Batches that a node was not sent yet; fewer are what one conversation has under way."""


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What waits, None: unknown. `hours` is the age of the oldest record that waits.

    `serving` tells whether a node takes what is sent, `doing` what goes on with it; `configured`
    whether there is a node at all.
    """

    unsent: int | None = None
    to_send: int | None = None
    hours: float | None = None
    serving: bool | None = None
    configured: bool | None = None
    budget_spent: bool | None = None
    refused: int | None = None
    doing: str = ""
    why_not: tuple[str, ...] = ()


QueueCause = Cause[QueueFacts]


def _no_way(facts: QueueFacts) -> Finding:
    if facts.configured is False:
        return perhaps(contra=("no node is configured at all",))
    if facts.serving is None:
        return perhaps()
    if facts.serving:
        return no("a node takes what is sent")
    return yes(*facts.why_not) if facts.unsent != 0 else no("nothing waits")


def _old(facts: QueueFacts) -> Finding:
    if facts.hours is None:
        return no("nothing waits") if facts.unsent == 0 else perhaps()
    age = f"the oldest record that waits is {facts.hours:.0f} h old"
    return yes(age) if facts.hours >= OLD_HOURS else no(age)


def _spent(facts: QueueFacts) -> Finding:
    if facts.budget_spent is None:
        return perhaps()
    if facts.budget_spent:
        return yes("today's bytes are used up: only alarms go")
    return no("today's bytes are not used up")


def _catching_up(facts: QueueFacts) -> Finding:
    if facts.serving is None or facts.to_send is None:
        return perhaps()
    if facts.serving and facts.to_send > MANY:
        doing = (f"a node is {facts.doing}",) if facts.doing else ()
        return yes(f"{facts.to_send} batches are to be sent", *doing)
    to_send = f"{counted(facts.to_send, 'batch', 'batches')} to be sent"
    return no(to_send) if facts.to_send <= MANY else perhaps()


def _refused(facts: QueueFacts) -> Finding:
    if facts.refused is None:
        return perhaps()
    if facts.refused:
        return yes(f"{counted(facts.refused, 'batch', 'batches')} refused for good")
    return no("no batch was refused")


def _nowhere(facts: QueueFacts) -> Finding:
    if facts.configured is None:
        return perhaps()
    return no("nodes are configured") if facts.configured else perhaps("no node is configured")


NO_WAY = QueueCause(
    "queue.uplink",
    symptom=WAIT,
    sentence="no ledger node takes anything now",
    next="see why: tallyman why uplink",
    command="tallyman why uplink",
    unproven="when it will be well again",
    test=_no_way,
)
OLD = QueueCause(
    "queue.old",
    symptom=WAIT,
    sentence="records have waited for more than a day",
    next="see why: tallyman why uplink; nothing is lost while the card has room",
    command="tallyman why uplink",
    unproven="what kept them for all that time",
    test=_old,
)
SPENT = QueueCause(
    "queue.budget",
    symptom=WAIT,
    sentence="the day's bytes are used up: only alarms go until midnight UTC",
    next="wait until midnight UTC, or raise [uplink] budget_bytes_per_day",
    unproven="what used them up",
    test=_spent,
)
CATCHING_UP = QueueCause(
    "queue.catching-up",
    symptom=WAIT,
    sentence="a long queue is being sent: alarms first, then the newest",
    next="wait: `tallyman status` shows how it gets shorter",
    command="tallyman status",
    unproven="how long the link will hold",
    test=_catching_up,
)
REFUSED = QueueCause(
    "queue.refused",
    symptom=WAIT,
    sentence="a node refused batches for good",
    next="see what is missing and how to go on: tallyman gap",
    command="tallyman gap",
    unproven="whose mistake it is",
    test=_refused,
)
NOWHERE = QueueCause(
    "queue.no-node",
    symptom=WAIT,
    sentence="no ledger node is configured: records are collected and kept here",
    next="name the consortium's nodes in [ledger]: docs/operate/one-gateway.md",
    unproven="whether that is wanted",
    test=_nowhere,
)

CAUSES = (SPENT, OLD, NO_WAY, REFUSED, CATCHING_UP, NOWHERE)
