"""What `status` shows of logs, nodes and the statement key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from agent.assembly.ledgers import Ledgers, LogParts
from agent.chain.key_watch import OF_STATE, KeyValidity
from agent.clock.clock import Clock
from agent.desks.status import (
    BytesStatus,
    KeyStatus,
    NodeStatus,
    UplinkStatus,
    UpstreamStatus,
    WayStatus,
)
from agent.light_client.causes import FORK
from agent.upstream.budget import ByteBudget
from agent.upstream.day_bytes import Line
from agent.upstream.mode import MEANING, LogStatus, Mode, TrustStatus, mode_of
from agent.upstream.states import LinkState
from agent.upstream.way_keeper import WayKeeper, standby_bytes
from evidence.log_set import LogSet

EPOCH = date(1970, 1, 1)


def upstream_status(
    ledgers: Ledgers, own: Collection[str], validity: KeyValidity, clock: Clock
) -> UpstreamStatus:
    """Return what `status` shows of the way to the ledger; `own` are nodes of the keeper's own."""
    budget = ledgers.budget
    return UpstreamStatus(
        nodes=node_statuses(ledgers.parts.values(), clock),
        uplink=UplinkStatus(budget.spent, budget.per_day) if budget.per_day else None,
        trust=trust_status(own, ledgers.logs, ledgers.parts),
        key=key_status(validity),
        ways=() if ledgers.ways is None else ways(ledgers.ways, budget),
        days=days(budget.lines()),
        names=ledgers.route.names.trouble,
    )


def ways(keeper: WayKeeper, budget: ByteBudget) -> tuple[WayStatus, ...]:
    """Return what is known of each way, the best first."""
    choice = keeper.choice
    return tuple(
        WayStatus(
            way.interface,
            way.metered,
            index == choice.current,
            one.trouble,
            there,
            way.same_sim,
            str(way.sends),
            budget.spent_over(way),
            way.budget_bytes_per_day,
            way.price_per_mb,
            standby_bytes(way),
            manager,
        )
        for index, (way, one, there, manager) in enumerate(
            zip(choice.ways, choice.conditions, keeper.interfaces, keeper.explained, strict=True)
        )
    )


def days(lines: Iterable[Line]) -> tuple[BytesStatus, ...]:
    """Return what went over each way on each day, the oldest day first."""
    return tuple(
        BytesStatus(
            (EPOCH + timedelta(days=day)).isoformat(),
            way,
            {str(line.carried): line.size for line in of_one},
        )
        for (day, way), of_one in groupby(lines, key=lambda line: (line.day, line.way))
    )


def trust_status(own: Collection[str], logs: LogSet, parts: Mapping[str, LogParts]) -> TrustStatus:
    """Return by whose nodes records are proven now, and whether the nodes show one log each."""
    found = {
        origin: LogStatus(origin, each.serving, each.client.size, each.client.frozen or "")
        for origin, each in parts.items()
    }
    clients = [each.client for each in parts.values()]
    serving = [origin for origin, log in found.items() if log.serving]
    links = [(v.node.name, v.state) for origin in serving for v in parts[origin].forwarder.views]
    mode = mode_of(links, own) if len(serving) >= logs.threshold else Mode.PROOF_ONLY
    views = [view for each in parts.values() for view in each.comparer.views]
    return TrustStatus(
        mode,
        MEANING[mode],
        max(client.size for client in clients),
        len(views),
        sum(view.shown for view in views),
        sum(client.unjoined for client in clients),
        next((client.frozen for client in clients if client.frozen), ""),
        logs.threshold,
        tuple(found.values()) if logs.several else (),
        [view.node.name for view in views if view.at is not None and not view.shown],
    )


def key_status(found: KeyValidity) -> KeyStatus:
    """Return what `status` shows of the statement key."""
    until_ms = None if found.until is None else found.until * 1000
    row = OF_STATE.get(found.state)
    if row is None:
        return KeyStatus(str(found.state), until_ms)
    return KeyStatus(str(found.state), until_ms, row.next, row.id)


def node_statuses(parts: Iterable[LogParts], clock: Clock) -> Sequence[NodeStatus]:
    """Return what `status` shows of the nodes; a fork found at one freezes all of its log."""
    return [
        NodeStatus(
            view.node.name,
            view.node.endpoint,
            LinkState.FROZEN if each.client.frozen else view.state,
            clock.stamp(view.since).wall_ms,
            each.client.frozen or view.detail,
            FORK.next if each.client.frozen else view.advice,
            FORK.id if each.client.frozen else "" if view.cause is None else view.cause.id,
        )
        for each in parts
        for view in each.forwarder.views
    ]
