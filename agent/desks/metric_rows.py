"""The gateway's numbers, from what its parts know. Pure.

Ages count up to the moment of asking; sizes are bytes, times are seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.chain.seal_tally import SealTally
from agent.desks.status import ClockStatus, DeviceStatus, JournalStatus, Status
from agent.journal.journal import BatchState, Counts
from agent.journal.recorder import RecorderState
from agent.upstream.states import LinkState
from agent.upstream.traffic import UpstreamMeters
from foundation.metrics import Family, Spent, counter, counters, gauge, gauges, summaries

MS = 1000


def up(value: int) -> Family:
    """Return whether the agent answers."""
    return gauge("tallyman_up", "Whether the agent answers.", value)


def node(status: Status) -> Iterator[Family]:
    """Yield which gateway this is, and how its parts do."""
    yield up(1)
    named = {"name": status.name, "gateway": status.gateway, "version": status.version}
    yield gauges("tallyman_info", "Which gateway this is.", [(named, 1)])
    running = (status.clock.wall_ms - status.started_ms) / MS
    yield gauge("tallyman_running_seconds", "How long the agent has run.", running)
    failed = len(status.tasks)
    yield gauge("tallyman_failed_tasks", "Tasks of the agent that do not run.", failed)
    yield from journal(status.journal, status.clock.wall_ms)
    yield from clock(status.clock)


def journal(found: JournalStatus, now_ms: int) -> Iterator[Family]:
    """Yield what the journal holds; nothing of a disk that did not answer just now."""
    yield gauge("tallyman_waiting_records", "Records that are not durable yet.", found.waiting)
    if found.as_of_ms is not None:
        return
    states = found.sealed, found.accepted, found.confirmed, found.refused
    yield from _stored(found.records, states, found.disk_bytes, found.unsent_records)
    oldest = found.oldest_unsent_ms
    yield gauge(
        "tallyman_oldest_unsent_seconds",
        "Age of the oldest record that no node has.",
        None if oldest is None else max(0, now_ms - oldest) / MS,
    )


def stored(counts: Counts) -> Iterator[Family]:
    """Yield what the journal's file holds, read without an agent."""
    states = counts.sealed, counts.accepted, counts.confirmed, counts.refused
    return _stored(counts.records, states, counts.disk_bytes, counts.unsent_records)


def _stored(
    records: int | None,
    batches: tuple[int | None, ...],
    size: int | None,
    unsent: int | None,
) -> Iterator[Family]:
    yield gauge("tallyman_journal_records", "Records in the journal, of this epoch.", records)
    yield gauge("tallyman_journal_bytes", "Size of the journal on the disk.", size)
    yield gauges(
        "tallyman_batches",
        "Sealed batches by how far they got: of confirmed ones the proof was checked here.",
        (({"state": str(state)}, count) for state, count in zip(BatchState, batches, strict=True)),
    )
    yield gauge("tallyman_unsent_records", "Records whose batch no node has whole.", unsent)


def clock(found: ClockStatus) -> Iterator[Family]:
    """Yield what the time is worth."""
    source = {"source": found.source}
    yield gauges("tallyman_clock_source", "What the clock goes by.", [(source, 1)])
    yield gauge(
        "tallyman_clock_bound_seconds",
        "Largest error of the clock; absent while nobody vouches for it.",
        None if found.bound_ms is None else found.bound_ms / MS,
    )
    others = len(found.disputes)
    yield gauge("tallyman_clock_disputes", "Sources that say another time.", others)


def recording(state: RecorderState) -> Iterator[Family]:
    """Yield what becoming durable takes, and which data is declared to be missing."""
    yield summaries(
        "tallyman_commit_seconds",
        "Commits of records to the disk, flush included.",
        [({}, Spent(state.commits, state.commit_seconds))],
    )
    yield counter(
        "tallyman_commit_failures_total",
        "Commits that the disk refused; they are tried again.",
        state.commit_failures,
    )
    yield counters(
        "tallyman_gap_records_total",
        "Records of missing data: open where it begins, closed where it is over or known whole.",
        (({"state": name}, count) for name, count in state.gaps.items()),
    )


def sealing(tally: SealTally, watts: float) -> Iterator[Family]:
    """Yield what signed batches cost; joules where somebody says what the board draws."""
    yield summaries(
        "tallyman_seal_cpu_seconds",
        "Processor time to hash, pack, sign and store a batch.",
        [({}, Spent(tally.batches, tally.cpu_seconds))],
    )
    yield counter("tallyman_sealed_records_total", "Records in sealed batches.", tally.records)
    parts = {"statement": tally.statement_bytes, "body": tally.body_bytes}
    yield counters(
        "tallyman_sealed_bytes_total",
        "Bytes of sealed batches.",
        (({"part": part}, count) for part, count in parts.items()),
    )
    factor = {"factor": f"{watts:g} W"}
    yield counters(
        "tallyman_seal_joules_total",
        "Energy of sealing: its processor time by the factor, [metrics] watts.",
        [(factor, tally.cpu_seconds * watts if watts else None)],
    )


def devices(status: Status) -> Iterator[Family]:
    """Yield how the devices do."""
    found, now_ms = status.devices, status.clock.wall_ms
    yield gauges(
        "tallyman_device_running",
        "Whether the device answers and is not silent.",
        ((_named(each), int(each.state == "running" and not each.silent)) for each in found),
    )
    yield gauge(
        "tallyman_open_gaps",
        "Devices that are silent for longer than they may be.",
        sum(each.silent for each in found),
    )
    yield gauges(
        "tallyman_device_reading_age_seconds",
        "Age of the device's newest reading; absent before the first.",
        (
            ({"device": each.name}, None if each.last_ms is None else (now_ms - each.last_ms) / MS)
            for each in found
        ),
    )
    yield counters(
        "tallyman_device_events_total",
        "What the driver counted since it was started.",
        (
            ({"device": each.name, "event": event}, count)
            for each in found
            for event, count in each.counters.items()
        ),
    )


def _named(device: DeviceStatus) -> Mapping[str, str]:
    return {"device": device.name, "kind": device.kind, "state": device.state}


def peers(status: Status, meters: UpstreamMeters) -> Iterator[Family]:
    """Yield what ledger nodes were asked, how they answered, and the bytes of it."""
    yield gauges(
        "tallyman_ledger_node_answers",
        "Whether the node serves this gateway.",
        (({"node": each.name}, int(each.state == LinkState.OK)) for each in status.nodes),
    )
    yield summaries(
        "tallyman_ledger_request_seconds",
        "Requests that a node answered; register carries signed batches.",
        (
            ({"node": name, "request": request}, Spent(timed.count, timed.seconds))
            for name, each in meters.nodes.items()
            for request, timed in each.answered.items()
        ),
    )
    yield summaries(
        "tallyman_proof_seconds",
        "Batches proven, and how long that took from a node's word that it has them.",
        (({"log": log}, Spent(each.count, each.seconds)) for log, each in meters.proven.items()),
    )
    yield from traffic(status, meters)


def traffic(status: Status, meters: UpstreamMeters) -> Iterator[Family]:
    """Yield what the way to the ledger carries."""
    nodes = meters.nodes.items()
    yield counters(
        "tallyman_ledger_unanswered_total",
        "Requests that got no answer.",
        (({"node": name}, each.unanswered) for name, each in nodes),
    )
    yield counters(
        "tallyman_ledger_bytes_total",
        "Bytes of messages to and from a node, with their headers.",
        (
            ({"node": name, "direction": direction}, count)
            for name, each in nodes
            for direction, count in (("sent", each.sent), ("received", each.received))
        ),
    )
    if status.uplink is not None:
        text = "Bytes spent today, UTC, of the budget in [uplink]."
        yield gauge("tallyman_uplink_spent_bytes", text, status.uplink.spent)
        yield gauge("tallyman_uplink_budget_bytes", "Bytes a day.", status.uplink.budget)
