"""What is to be judged of the way to the ledger, of what waits for it, and of its proofs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent.chain.causes import CAUSES as KEYS
from agent.desks.status import NodeStatus, Status, WayStatus
from agent.light_client.causes import CAUSES as PROOF
from agent.light_client.causes import ProofFacts
from agent.signing.causes import CAUSES as SIGNING
from agent.upstream.causes import CAUSES as UPLINK
from agent.upstream.causes import CONFLICT, NO_NODE, NO_WAY, UplinkFacts
from agent.upstream.queue_causes import CAUSES as QUEUE
from agent.upstream.queue_causes import QueueFacts
from agent.upstream.states import LinkState
from agent.why.judge import Case, Named
from agent.why.named import last_words, of_tasks
from agent.why.question import Known
from foundation.cause import Cause

MS_AN_HOUR = 3_600_000
WAITING_FOR_RECEIPTS = "waiting for receipts"


def uplink(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the way to the ledger."""
    status = known.status
    configured = None if known.config is None else len(known.config.ledger.nodes)
    spent = None if status is None else status.uplink
    ways = () if status is None else status.ways
    facts = UplinkFacts(
        configured,
        lambda: _listening_nodes(known),
        None if spent is None else spent.spent,
        None if spent is None else spent.budget,
        {way.interface: way.trouble for way in ways if way.trouble},
        next((way.interface for way in ways if way.used), ""),
    )
    nodes = [] if status is None else list(status.nodes)
    serving = [node.name for node in nodes if node.state == LinkState.OK]
    well = f"{', '.join(serving)} takes what is sent" if len(serving) == len(nodes) > 0 else ""
    hosts = [_host(node.endpoint) for node in nodes if node.state != LinkState.OK]
    names = {"host": (*hosts, "NODE")[0]}
    named = _of_ways(ways) or _of_nodes(nodes)
    of_proofs = [row for row in PROOF if row.id in {each.cause for each in named}]
    return [
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


def _of_ways(ways: Iterable[WayStatus]) -> list[Named]:
    """Return that the interface in use leads nowhere: then no node's own state says more."""
    return [
        Named(NO_WAY.id, f"{way.interface}: {way.trouble}", NO_WAY.next)
        for way in ways
        if way.used and way.trouble
    ]


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
    journal, spent = status.journal, status.uplink
    oldest = journal.oldest_unsent_ms
    serving = [node for node in status.nodes if node.state == LinkState.OK]
    facts = QueueFacts(
        journal.unsent_records,
        journal.sealed,
        None if oldest is None else (known.now_ms - oldest) / MS_AN_HOUR,
        bool(serving) if status.ledger else None,
        status.ledger,
        spent.spent >= spent.budget if spent is not None else False,
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
