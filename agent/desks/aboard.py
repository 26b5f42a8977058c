"""What is put on record of a sensor that begins to go along with a shipment."""

from __future__ import annotations

from agent.intake.collector import Collector
from agent.rules.valid_time import BELIEVED
from agent.shipments.doors import INPUT
from agent.shipments.shipment import SEPARATOR
from drivers.driver import State
from evidence.leaf import RecordValue


def aboard_values(shipment: str, collector: Collector) -> dict[str, RecordValue]:
    """Return what is declared of a sensor that goes along from here on."""
    device = collector.device
    values: dict[str, RecordValue] = {
        "shipment": shipment,
        "kinds": SEPARATOR.join(collector.kinds),
        "read_point": device.read_point,
    }
    if device.interval is not None:
        values["interval_ms"] = round(device.interval * 1000)
    if device.rules is not None:
        values |= {"profile": device.rules.name, "version": device.rules.head.version}
    return {name: value for name, value in (values | _door(collector)).items() if value != ""}


def _door(collector: Collector) -> dict[str, RecordValue]:
    """Return how the door stands that a device watches; nothing where that is not sure."""
    last = collector.last
    runs = collector.health.state is State.RUNNING
    if last is None or not runs or last.kind != INPUT or str(last.quality) not in BELIEVED:
        return {}
    state, port = last.fields.get("state"), last.fields.get("port")
    found: dict[str, RecordValue] = {"state": state} if isinstance(state, str) else {}
    return found | ({"port": port} if isinstance(port, int) else {})
