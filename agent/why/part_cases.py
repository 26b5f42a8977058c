"""The rows of the gateway's own parts, and what is known of each. Reads files, changes none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agent.chain.causes import CAUSES as KEYS
from agent.clock.causes import CAUSES as CLOCK
from agent.clock.causes import ClockFacts
from agent.clock.kernel import KernelClock
from agent.desks.causes import AGENT, DOCK, AgentFacts, DockFacts
from agent.desks.status import NodeStatus, Status
from agent.intake.causes import CAUSES as NEIGHBOURS
from agent.intake.causes import NeighbourFacts
from agent.journal.causes import CAUSES as STORE
from agent.journal.causes import StoreFacts
from agent.journal.ring_reader import FILE_NAME, ring_path
from agent.light_client.causes import CAUSES as PROOF
from agent.light_client.causes import ProofFacts
from agent.machine.causes import POWER, WORN, CardFacts, PowerFacts
from agent.machine.health import disk_space, power, soc_temperature
from agent.records.duration import duration
from agent.signing.causes import CAUSES as SIGNING
from agent.signing.identity import BOOT_FILE
from agent.upstream.causes import CAUSES as UPLINK
from agent.upstream.causes import UplinkFacts
from agent.upstream.queue_causes import CAUSES as QUEUE
from agent.upstream.queue_causes import QueueFacts
from agent.upstream.states import LinkState
from agent.why.heard import Contact
from agent.why.judge import Case, Named
from agent.why.question import GNSS, Known
from foundation.cause import Cause
from foundation.durable import SECOND
from foundation.release import RELEASED

MS_AN_HOUR = 3_600_000
WAITING_FOR_RECEIPTS = "waiting for receipts"


def uplink(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the way to the ledger."""
    status = known.status
    configured = None if known.config is None else len(known.config.ledger.nodes)
    spent = None if status is None else status.uplink
    facts = UplinkFacts(
        configured,
        lambda: _listening_nodes(known),
        None if spent is None else spent.spent,
        None if spent is None else spent.budget,
    )
    nodes = [] if status is None else list(status.nodes)
    serving = [node.name for node in nodes if node.state == LinkState.OK]
    well = f"{', '.join(serving)} takes what is sent" if len(serving) == len(nodes) > 0 else ""
    hosts = [_host(node.endpoint) for node in nodes if node.state != LinkState.OK]
    names = {"host": (*hosts, "NODE")[0]}
    return [Case("uplink", UPLINK, facts, _of_nodes(nodes), well, names, known.probe)]


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


def _of_nodes(nodes: Iterable[NodeStatus]) -> list[Named]:
    return [
        Named(node.cause, f"{node.name}: {node.detail or node.state}", node.advice)
        for node in nodes
        if node.cause
    ]


def gps(known: Known) -> list[str]:
    """Return the devices that `gps` stands for."""
    if known.config is not None:
        return [each.name for each in known.config.devices if each.kind.startswith(GNSS)]
    devices = () if known.status is None else known.status.devices
    return [each.name for each in devices if each.kind.startswith(GNSS)]


def clock(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the clock."""
    status = known.status if known.heard.contact is Contact.ANSWERED else None
    kernel = KernelClock()
    early = known.now_ms < RELEASED.timestamp() * 1000
    facts = ClockFacts(kernel_ms=kernel.ntp_bound_ms(), asked=True, early=early)
    if status is not None:
        told = status.clock
        facts = ClockFacts(
            told.source,
            told.bound_ms is not None,
            [
                f"{each.source} is {duration(abs(each.differs_ms))} "
                f"{'ahead' if each.differs_ms > 0 else 'behind'} of {told.source}"
                for each in told.disputes
            ],
            facts.kernel_ms,
            asked=True,
            early=early,
            receivers=_without_time(known),
        )
    return [Case("clock", CLOCK, facts)]


def _without_time(known: Known) -> list[str]:
    """Return what receivers say that give no time now."""
    named = (known.device(name) for name in gps(known))
    return [f"{each.name}: {each.detail}" for each in named if each is not None and not each.well]


def store(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the disk under the journal."""
    status = known.status
    named = [] if status is None else _of_store(status)
    answered = known.heard.contact is Contact.ANSWERED
    fine = answered and status is not None and status.storage.state == "ok" and not named
    well = "the agent finds nothing wrong with its disk" if fine else ""
    names = {"folder": str(known.state_dir)}
    return [
        Case(
            "store", STORE, _store_facts(known), [*named, *_last_words(known, STORE)], well, names
        ),
        Case("store", (WORN,), _card_facts(status)),
    ]


def _of_store(status: Status) -> list[Named]:
    storage, journal = status.storage, status.journal
    if storage.cause:
        return [Named(storage.cause, storage.error or storage.state, storage.advice)]
    if journal.failing_since_ms is not None:
        return [Named("store.failing", journal.error, journal.advice)]
    return []


def _store_facts(known: Known) -> StoreFacts:
    folder = known.state_dir
    if not folder.exists():
        return StoreFacts(str(folder), there=False)
    try:
        space = disk_space(folder)
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
        ring = ring_path(folder / FILE_NAME).exists()
        used = (folder / BOOT_FILE).exists()
    except OSError:
        return StoreFacts(str(folder), there=True)
    allowed = known.machine.may_open(str(folder))
    return StoreFacts(
        str(folder),
        there=True,
        free=space.free,
        total=space.total,
        read_only=read_only,
        ring=ring,
        used=used,
        allowed=allowed,
    )


def _card_facts(status: Status | None) -> CardFacts:
    return CardFacts() if status is None else CardFacts(status.card.years, status.card.own_words)


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
        return [Case("proof", rows, ProofFacts(), _last_words(known, rows))]
    named = [
        *_of_nodes(status.nodes),
        *_of_tasks(status),
        *_last_words(known, rows),
    ]
    key = status.key
    keyed = [Named(key.cause, f"the key {key.state}", key.advice)] if key and key.cause else []
    log_rows: tuple[Cause[Any], ...] = (*PROOF, *UPLINK)
    own = [each for each in named if each.cause in {row.id for row in log_rows}]
    held = "a batch was confirmed, and no node shows a fault" if _confirms(status) else ""
    return [
        Case("proof", PROOF, _proof_facts(status), own, held),
        Case("proof", KEYS, None, keyed, "" if key is None else _key_well(key.state)),
        Case("proof", SIGNING, None, named, _signs(status)),
        Case(
            "proof", [row for row in UPLINK if row.id.startswith("proof.")], UplinkFacts(None), own
        ),
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


def power_of(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of supply and heat: as the agent saw it, or as the board says."""
    status = known.status if known.heard.contact is Contact.ANSWERED else None
    if status is not None:
        told = status.power
        return [Case("power", POWER, PowerFacts(told.under_voltage, told.flags, told.celsius))]
    supply = power(known.sys)
    facts = PowerFacts(
        None if supply is None else supply.under_voltage,
        None if supply is None else supply.flags,
        soc_temperature(known.sys),
    )
    return [Case("power", POWER, facts)]


def dock(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the dock."""
    status = known.status
    if status is None:
        return [
            Case("dock", DOCK, DockFacts()),
            Case("dock", NEIGHBOURS, NeighbourFacts(), _last_words(known, NEIGHBOURS)),
        ]
    told = status.dock
    checks = [
        f"check {each.check} of notice {each.notice} at {each.read_point}" for each in told.open
    ]
    return [
        Case("dock", DOCK, DockFacts(checks, told.refused)),
        Case("dock", NEIGHBOURS, NeighbourFacts(told.heard, told.unopened), _of_tasks(status)),
    ]


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
        _second(known),
        known.config_error,
        tasks=tasks if contact is Contact.ANSWERED else (),
    )
    return [Case("agent", (*AGENT, SECOND), facts, _last_words(known, (SECOND,)))]


def _listening(contact: Contact) -> bool | None:
    if contact is Contact.FORBIDDEN:
        return None
    return contact is not Contact.DOWN


def _second(known: Known) -> str:
    words = known.heard.words
    return "" if words is None or words.cause != SECOND.id else words.error


def _of_tasks(status: Status) -> list[Named]:
    return [
        Named(task.cause, f"{task.name}: {task.error}", task.advice)
        for task in status.tasks
        if task.cause
    ]


def _last_words(known: Known, rows: Iterable[Any]) -> list[Named]:
    """Return what ended the last run, where one of `rows` did and nothing runs since."""
    words, heard = known.heard.words, known.heard
    if words is None or words.cause not in {row.id for row in rows}:
        return []
    if heard.contact is Contact.ANSWERED and heard.status is not None:
        started = known.now_ms - heard.status.started_ms
        if words.cause != SECOND.id or (heard.words_age or 0.0) * 1000 > started:
            return []
    return [Named(words.cause, words.error, words.advice)]


PARTS: Mapping[str, Callable[[Known], list[Case[Any]]]] = {
    "uplink": uplink,
    "clock": clock,
    "store": store,
    "queue": queue,
    "proof": proof,
    "power": power_of,
    "dock": dock,
    "agent": agent,
}
"""Every target that is a part, with what is to be judged of it."""
