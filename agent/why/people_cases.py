"""What is to be judged of the dock, and of the agent as people meet it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.desks.causes import AGENT, DOCK, AgentFacts, DockFacts
from agent.desks.notify_causes import CAUSES, NotifyFacts
from agent.desks.status import ChannelState, ChannelStatus
from agent.intake.causes import CAUSES as NEIGHBOURS
from agent.intake.causes import NeighbourFacts
from agent.why.heard import Contact
from agent.why.judge import Case, Named
from agent.why.named import last_words, of_tasks
from agent.why.question import Known
from foundation.counting import counted
from foundation.durable import SECOND


def dock(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the dock."""
    status = known.status
    if status is None:
        return [
            Case("dock", DOCK, DockFacts()),
            Case("dock", NEIGHBOURS, NeighbourFacts(), last_words(known, NEIGHBOURS)),
        ]
    told = status.dock
    checks = [
        f"check {each.check} of notice {each.notice} at {each.read_point}" for each in told.open
    ]
    return [
        Case("dock", DOCK, DockFacts(checks, told.refused)),
        Case("dock", NEIGHBOURS, NeighbourFacts(told.heard, told.unopened), of_tasks(status)),
    ]


def notify(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of whoever is told of alarms."""
    channels = None if known.config is None else known.config.notify.channels
    told = () if known.status is None else known.status.notify
    lost = [f"{each.name}: {counted(each.lost, 'record')}" for each in told if each.lost]
    named = [
        Named(each.cause, f"{each.name}: {each.detail or each.state}", each.advice)
        for each in told
        if each.cause
    ]
    return [Case("notify", CAUSES, NotifyFacts(channels, lost), named, _all_told(told))]


def _all_told(told: Sequence[ChannelStatus]) -> str:
    well = bool(told) and all(each.state == ChannelState.OK for each in told)
    return "every channel took the newest event, or is open" if well else ""


def agent(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the agent itself."""
    heard, status = known.heard, known.status
    contact = heard.contact
    words = heard.words
    ended = "" if words is None or contact is Contact.ANSWERED else words.error
    tasks = () if status is None else tuple(f"{each.name}: {each.error}" for each in status.tasks)
    facts = AgentFacts(
        contact in (Contact.ANSWERED, Contact.REFUSED),
        _listening(contact),
        contact is Contact.FORBIDDEN,
        ended,
        known.config_error,
        tasks=tasks if contact is Contact.ANSWERED else (),
    )
    return [Case("agent", (*AGENT, SECOND), facts, last_words(known, (SECOND,)))]


def _listening(contact: Contact) -> bool | None:
    if contact is Contact.FORBIDDEN:
        return None
    return contact is not Contact.DOWN
