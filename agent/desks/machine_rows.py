"""The numbers of the machine: its disk, the agent's process, and what all of it is used for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agent.desks.status import CardStatus, DiskStatus, StorageStatus
from agent.journal.storage_state import StorageState
from agent.machine.usage import MachineUsage, process_usage
from foundation.metrics import Family, counter, counters, gauge, gauges

MIB = 1 << 20


def disk(found: DiskStatus | None) -> Iterator[Family]:
    """Yield the space of the state folder's disk."""
    if found is not None:
        free = "Free space of the state folder's disk."
        yield gauge("tallyman_disk_free_bytes", free, found.free * MIB)
        yield gauge("tallyman_disk_bytes", "Size of the state folder's disk.", found.total * MIB)


def storage(found: StorageStatus, card: CardStatus) -> Iterator[Family]:
    """Yield how disk and card do under the journal."""
    yield gauges(
        "tallyman_storage_state",
        "State of the disk under the journal: 1 for the one that it is in.",
        (({"state": str(each)}, int(each == found.state)) for each in StorageState),
    )
    yield counter(
        "tallyman_card_written_bytes_total",
        "Bytes written to the card, as counted here; absent where they cannot be counted.",
        None if card.problem else card.written,
    )


def process(proc: Path) -> Iterator[Family]:
    """Yield what this process takes."""
    used = process_usage(proc)
    yield counter(
        "tallyman_process_cpu_seconds_total", "Processor time of the agent.", used.cpu_seconds
    )
    yield gauge(
        "tallyman_process_resident_bytes", "Memory of the agent that is resident.", used.resident
    )


def machine(usage: MachineUsage) -> Iterator[Family]:
    """Yield what the whole machine does."""
    yield counters(
        "tallyman_machine_cpu_seconds_total",
        "Seconds of all processors, by what they did.",
        (({"mode": mode}, seconds) for mode, seconds in usage.cpu.items()),
    )
    yield gauge("tallyman_machine_memory_bytes", "Memory of the machine.", usage.memory_total)
    yield gauge(
        "tallyman_machine_memory_available_bytes",
        "Memory that a program could still have.",
        usage.memory_available,
    )
    yield counters(
        "tallyman_machine_network_bytes_total",
        "Bytes over a network interface, since it came up.",
        (
            ({"interface": name, "direction": direction}, count)
            for name, each in usage.network.items()
            for direction, count in (("sent", each.sent), ("received", each.received))
        ),
    )
    yield gauge(
        "tallyman_machine_soc_celsius", "Temperature of the processor.", usage.soc_temperature
    )
