"""What is put on record of a sensor that begins to go along with a shipment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.desks.status import ConditionStatus
from agent.intake.collector import Collector
from agent.rules.rule import State
from agent.rules.valid_time import BELIEVED
from agent.shipments.doors import INPUT
from agent.shipments.legs import ABOARD, STANDING
from agent.shipments.shipment import SEPARATOR
from drivers.driver import State as DeviceState
from evidence.leaf import RecordValue

Declaration = tuple[str, dict[str, RecordValue]]
"""The kind of a record, and its fields."""

NOT_WELL = frozenset(map(str, (State.EXCURSION, State.ALARM, State.UNKNOWN)))
"""States of a rule that go along with the goods."""


def declarations(
    shipment: str, collector: Collector, conditions: Iterable[ConditionStatus]
) -> Iterator[Declaration]:
    """Yield what a sensor may tell from here on, and what was not well of its goods before."""
    yield ABOARD, aboard_values(shipment, collector)
    for values in standing_values(shipment, collector, conditions):
        yield STANDING, values


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


def standing_values(
    shipment: str, collector: Collector, conditions: Iterable[ConditionStatus]
) -> Iterator[dict[str, RecordValue]]:
    """Yield what is not well of a sensor's goods when it begins to go along."""
    rules = collector.device.rules
    for each in conditions:
        if each.device == collector.device.name and each.state in NOT_WELL and rules is not None:
            yield {
                "shipment": shipment,
                "rule": each.rule,
                "profile": rules.name,
                "version": rules.head.version,
                "limit": each.text,
                "state": each.state,
                "from_ms": each.since_ms,
                "severity": each.severity,
            }


def _door(collector: Collector) -> dict[str, RecordValue]:
    """Return how the door stands that a device watches; nothing where that is not sure."""
    last = collector.last
    runs = collector.health.state is DeviceState.RUNNING
    if last is None or not runs or last.kind != INPUT or str(last.quality) not in BELIEVED:
        return {}
    state, port = last.fields.get("state"), last.fields.get("port")
    found: dict[str, RecordValue] = {"state": state} if isinstance(state, str) else {}
    return found | ({"port": port} if isinstance(port, int) else {})
