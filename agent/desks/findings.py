"""What is wrong with the gateway now, one line a part: what a technician finds. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agent.desks.status import DeviceStatus, Status
from agent.upstream.states import LinkState


class Finding(NamedTuple):
    """`about`: a device, node or part by its name; `text`: what is wrong; `advice`: what to do."""

    about: str
    text: str
    advice: str = ""


def findings(status: Status) -> list[Finding]:
    """Return everything that needs somebody's attention, the worst first."""
    return [*_disk(status), *_parts(status), *_nodes(status), *_devices(status)]


def _disk(status: Status) -> Iterator[Finding]:
    storage, journal = status.storage, status.journal
    if storage.state != "ok":
        yield Finding("storage", f"{storage.state}: {storage.error}", storage.advice)
    elif journal.error:
        yield Finding("journal", journal.error, journal.advice)


def _parts(status: Status) -> Iterator[Finding]:
    for task in status.tasks:
        yield Finding(f"task {task.name}", f"{task.state}: {task.error}", task.advice)
    for dispute in status.clock.disputes:
        yield Finding("clock", f"{dispute.source} says another time", status.clock.advice)
    if status.clock.bound_ms is None:
        text = f"not synchronised (source {status.clock.source})"
        yield Finding("clock", text, "give it a source: GNSS with a fix, or NTP")
    if status.key is not None and status.key.advice:
        yield Finding("key", status.key.state, status.key.advice)


def _nodes(status: Status) -> Iterator[Finding]:
    for node in status.nodes:
        if node.state != LinkState.OK:
            text = f"{node.state}: {node.detail}" if node.detail else str(node.state)
            yield Finding(f"node {node.name}", text, node.advice)


def _devices(status: Status) -> Iterator[Finding]:
    for device in status.devices:
        if not device.well:
            yield Finding(device.name, _said(device), device.advice)


def _said(device: DeviceStatus) -> str:
    silent = "silent, " if device.silent else ""
    detail = f": {device.detail}" if device.detail else ""
    return f"{silent}{device.state}{detail}"
