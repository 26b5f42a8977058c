"""Read points and reads for tests."""

from __future__ import annotations

from typing import Any

from agent.observe.points import ReadPoint, read_point
from agent.observe.tags import Read

DEFAULTS = {
    "name": "p", "kind": "gate", "antennas": "", "outer": "", "inner": "", "beam_outer": "",
    "beam_inner": "", "round": 0.0, "missed_rounds": 0, "reads": 0, "rssi_floor": -80.0,
    "apart": 0.0, "raw": False, "single": False,
    "stock": "",
}  # fmt: skip


def point(**values: Any) -> ReadPoint:
    return read_point(DEFAULTS | values)


def a_read(epc: str, at: float, rssi: float | None = -60.0, antenna: int = 1, **more: Any) -> Read:
    return Read(epc, "reader", antenna, at, at, rssi=rssi, **more)
