"""What is wrong with the gateway now, one line a part: what a technician finds. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agent.clock.causes import NO_SOURCE
from agent.desks.status import DeviceStatus, Status
from agent.machine.causes import UNDER_VOLTAGE
from agent.upstream.states import LinkState

NOT_WELL = ("excursion", "alarm")
"""States of goods that somebody must look at; those of a device that is silent are its own."""


class Finding(NamedTuple):
    """`about`: a device, node or part by its name; `text`: what is wrong; `advice`: what to do.

    `cause` is the id of the row that says so, which `tallyman why` explains.
    """

    about: str
    text: str
    advice: str = ""
    cause: str = ""


def findings(status: Status) -> list[Finding]:
    """Return everything that needs somebody's attention, the worst first."""
    return [
        *_disk(status),
        *_goods(status),
        *_parts(status),
        *_telling(status),
        *_clock(status),
        *_nodes(status),
        *_devices(status),
    ]


def _goods(status: Status) -> Iterator[Finding]:
    for each in status.conditions:
        if each.state in NOT_WELL:
            yield Finding(each.device, f"{each.rule}: {each.state}, {each.text}")


def _disk(status: Status) -> Iterator[Finding]:
    storage, journal = status.storage, status.journal
    if storage.state != "ok":
        yield Finding("storage", f"{storage.state}: {storage.error}", storage.advice, storage.cause)
    elif journal.error:
        yield Finding("journal", journal.error, journal.advice)


def _parts(status: Status) -> Iterator[Finding]:
    for task in status.tasks:
        text = f"{task.state}: {task.error}"
        yield Finding(f"task {task.name}", text, task.advice, task.cause)
    if status.power.under_voltage:
        row = UNDER_VOLTAGE
        yield Finding("power", row.sentence, row.next, row.id)
    if (key := status.key) is not None and key.advice:
        yield Finding("key", key.state, key.advice, key.cause)


def _telling(status: Status) -> Iterator[Finding]:
    for each in status.notify:
        if each.cause:
            yield Finding(f"telling by {each.name}", each.detail, each.advice, each.cause)


def _clock(status: Status) -> Iterator[Finding]:
    clock = status.clock
    for dispute in clock.disputes:
        yield Finding("clock", f"{dispute.source} says another time", clock.advice, clock.cause)
    if clock.bound_ms is None:
        text = f"not synchronised (source {clock.source})"
        yield Finding("clock", text, NO_SOURCE.next, NO_SOURCE.id)


def _nodes(status: Status) -> Iterator[Finding]:
    for way in status.ways:
        if way.trouble:
            yield Finding(f"way {way.interface}", way.trouble)
    for node in status.nodes:
        if node.state != LinkState.OK:
            text = f"{node.state}: {node.detail}" if node.detail else str(node.state)
            yield Finding(f"node {node.name}", text, node.advice, node.cause)


def _devices(status: Status) -> Iterator[Finding]:
    for device in status.devices:
        if not device.well:
            yield Finding(device.name, _said(device), device.advice, device.cause)


def _said(device: DeviceStatus) -> str:
    silent = "silent, " if device.silent else ""
    detail = f": {device.detail}" if device.detail else ""
    return f"{silent}{device.state}{detail}"
