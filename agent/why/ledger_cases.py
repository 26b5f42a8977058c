"""What is to be judged of the way to the ledger, of what waits for it, and of its proofs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from agent.chain.causes import CAUSES as KEYS
from agent.config.ways import Sends
from agent.desks.status import NodeStatus, Status, UplinkStatus, WayStatus
from agent.light_client.causes import CAUSES as PROOF
from agent.light_client.causes import ProofFacts
from agent.signing.causes import CAUSES as SIGNING
from agent.upstream.causes import CAUSES as UPLINK
from agent.upstream.causes import CONFLICT, NO_NODE
from agent.upstream.queue_causes import CAUSES as QUEUE
from agent.upstream.queue_causes import QueueFacts
from agent.upstream.states import LinkState
from agent.upstream.uplink_facts import UplinkFacts
from agent.upstream.way_causes import of_trouble
from agent.why.device_case import device_case
from agent.why.judge import Case, Named
from agent.why.named import last_words, of_tasks
from agent.why.question import Known
from foundation.cause import Cause

MODEM = "modem."
"""The family of devices through which ways may lead."""

MS_AN_HOUR = 3_600_000
WAITING_FOR_RECEIPTS = "waiting for receipts"


def uplink(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the way to the ledger."""
    status = known.status
    configured = None if known.config is None else len(known.config.ledger.nodes)
    ways = () if status is None else status.ways
    used = next((way for way in ways if way.used), None)
    facts = UplinkFacts(
        configured,
        lambda: _listening_nodes(known),
        *_spent(None if status is None else status.uplink, used),
        {way.interface: way.trouble for way in ways if way.trouble},
        "" if used is None else used.interface,
        "" if status is None else status.names,
        str(Sends.BACKLOG) if used is None else used.sends,
    )
    nodes = [] if status is None else list(status.nodes)
    serving = [node.name for node in nodes if node.state == LinkState.OK]
    well = f"{', '.join(serving)} takes what is sent" if len(serving) == len(nodes) > 0 else ""
    hosts = [_host(node.endpoint) for node in nodes if node.state != LinkState.OK]
    names = {"host": (*hosts, "NODE")[0]}
    named = _of_ways(ways) or _of_nodes(nodes)
    of_proofs = [row for row in PROOF if row.id in {each.cause for each in named}]
    return [
        *([] if serving else _of_modems(known, ways)),
        Case("uplink", UPLINK, facts, named, well, names, known.probe),
        *(Case("uplink", (row,), ProofFacts(), named) for row in of_proofs),
    ]


def _listening_nodes(known: Known) -> dict[str, bool | None]:
    """Look whether each configured node takes a connection: a few hundred bytes each."""
    nodes = () if known.config is None else known.config.ledger.nodes
    found: dict[str, bool | None] = {}
    for node in nodes:
        host, _, port = node.endpoint.rpartition("/")[2].rpartition(":")
        if port.isdigit():
            found[node.name] = known.machine.listens(host.strip("[]"), int(port))
    return found


def _host(endpoint: str) -> str:
    """Return the host of `tcp://host:port`."""
    return endpoint.rpartition("/")[2].rpartition(":")[0]


def _spent(total: UplinkStatus | None, used: WayStatus | None) -> tuple[int | None, int | None]:
    """Return bytes and budget of the way in use where that is used up, else those of the day."""
    if used is not None and 0 < used.budget <= used.spent:
        return used.spent, used.budget
    return (None, None) if total is None else (total.spent, total.budget)


def _of_ways(ways: Iterable[WayStatus]) -> list[Named]:
    """Return that the interface in use leads nowhere: then no node's own state says more."""
    return [
        Named(of_trouble(way.trouble).id, _evidence(way))
        for way in ways
        if way.used and way.trouble
    ]


def _evidence(way: WayStatus) -> str:
    said = f"; NetworkManager says: {way.manager}" if way.manager else ""
    return f"{way.interface}: {way.trouble}{said}"


def _of_modems(known: Known, ways: Sequence[WayStatus]) -> list[Case[Any]]:
    """Return what is to be judged of a modem that the way leads through: it knows more of it."""
    devices = () if known.status is None else known.status.devices
    leading = [
        each.name
        for each in devices
        if each.kind.startswith(MODEM) and each.cause and _leads_through(each.name, known, ways)
    ]
    return [replace(device_case(name, known), target="uplink") for name in leading]


def _leads_through(name: str, known: Known, ways: Sequence[WayStatus]) -> bool:
    """Tell whether the way in use may be a modem's; one that names no interface may be any's."""
    device = None if known.config is None else known.config.device(name)
    own = "" if device is None else device.options.get("interface", "")
    used = next((way for way in ways if way.used), None)
    return used is None or not own or own in {used.interface, *used.others}


def _of_nodes(nodes: Iterable[NodeStatus]) -> list[Named]:
    return [
        Named(node.cause, f"{node.name}: {node.detail or node.state}", node.advice)
        for node in nodes
        if node.cause
    ]


def queue(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of what waits to be sent."""
    status = known.status
    configured = None if known.config is None else bool(known.config.ledger.nodes)
    if status is None:
        return [Case("queue", QUEUE, QueueFacts(configured=configured))]
    journal = status.journal
    spent, budget = _spent(status.uplink, next((way for way in status.ways if way.used), None))
    oldest = journal.oldest_unsent_ms
    serving = [node for node in status.nodes if node.state == LinkState.OK]
    facts = QueueFacts(
        journal.unsent_records,
        journal.sealed,
        None if oldest is None else (known.now_ms - oldest) / MS_AN_HOUR,
        bool(serving) if status.ledger else None,
        status.ledger,
        spent is not None and budget is not None and spent >= budget,
        journal.refused,
        next((node.detail for node in serving), ""),
        tuple(f"{node.name}: {node.detail or node.state}" for node in status.nodes),
    )
    return [Case("queue", QUEUE, facts)]


def proof(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of what makes records believed."""
    status = known.status
    rows: tuple[Cause[Any], ...] = (*PROOF, *KEYS, *SIGNING)
    if status is None:
        return [Case("proof", rows, ProofFacts(), last_words(known, rows))]
    named = [*_of_nodes(status.nodes), *of_tasks(status), *last_words(known, rows)]
    key = status.key
    keyed = [Named(key.cause, f"the key {key.state}", key.advice)] if key and key.cause else []
    log_rows: tuple[Cause[Any], ...] = (*PROOF, CONFLICT)
    own = [each for each in named if each.cause in {row.id for row in log_rows}]
    held = "a batch was confirmed, and no node shows a fault" if _confirms(status) else ""
    return [
        Case("proof", PROOF, _proof_facts(status), own, held),
        Case("proof", KEYS, None, keyed, "" if key is None else _key_well(key.state)),
        Case("proof", SIGNING, None, named, _signs(status)),
        Case("proof", (CONFLICT,), UplinkFacts(None), own),
        Case("proof", (NO_NODE,), UplinkFacts(len(status.nodes) if status.ledger else 0)),
    ]


def _key_well(state: str) -> str:
    return "by the policy the key counts" if state == "counts" else ""


def _signs(status: Status) -> str:
    failing = any(task.name == "batcher" for task in status.tasks)
    return "" if failing else "batches are sealed and signed"


def _confirms(status: Status) -> bool:
    well = all(node.state == LinkState.OK for node in status.nodes)
    return bool(status.nodes) and well and bool(status.journal.confirmed)


def _proof_facts(status: Status) -> ProofFacts:
    trust = status.trust
    serving = [node for node in status.nodes if node.state == LinkState.OK]
    return ProofFacts(
        status.journal.accepted,
        status.journal.confirmed,
        bool(serving) if status.ledger else None,
        any(node.detail == WAITING_FOR_RECEIPTS for node in serving),
        None if trust is None or trust.views <= 1 else trust.views,
        () if trust is None else trust.away,
        None if trust is None else trust.unjoined,
    )
