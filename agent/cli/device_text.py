"""What a device does, as `status`, `devices` and `why` say it."""

from __future__ import annotations

from agent.cli.amounts import age
from agent.desks.status import DeviceStatus


def device_text(device: DeviceStatus, now: int) -> str:
    """Return what a device does, in one line."""
    last = "no reading yet" if device.last_ms is None else f"read {age(now - device.last_ms)} ago"
    if device.silent:
        since = device.since_ms if device.last_ms is None else device.last_ms
        text = f"SILENT for {age(now - since)}, {device.state}"
    elif device.state == "running":
        text = f"running, {last}"
    else:
        text = f"{device.state} for {age(now - device.since_ms)}, {last}"
    return f"{text}: {device.detail}" if device.detail else text
