"""What a node's frame says, cluster by cluster: values, or why there is none. Pure.

Nothing that came is passed over in silence: a mark for "no value" is `no-answer`, another type than
the cluster's is `suspect`, a frame that ends too soon is `corrupt`, and both keep the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drivers.errors import BadFrame
from drivers.reading import FieldValue, Quality
from drivers.zigbee import zcl
from drivers.zigbee.zcl_types import BITMAP16, BOOLEAN, INT16, TYPES, UINT8, UINT16

POWER, ON_OFF = 0x0001, 0x0006
TEMPERATURE, PRESSURE, HUMIDITY = 0x0402, 0x0403, 0x0405
IAS_ZONE = 0x0500

MEASURED_VALUE = 0x0000  # of the three measurement clusters, and OnOff of 0x0006
BATTERY_VOLTAGE, BATTERY_PERCENTAGE = 0x0020, 0x0021  # §3.3.2.2.3
ZONE_STATUS = 0x0002  # §8.2.2.2.1
STATUS_CHANGED = 0x00  # command of a zone, §8.2.2.4.1
ALARM1 = 0x01  # bit of a zone's status, table 8-6
CONTACT_SWITCH = 0x0015  # zone type of a door or window, table 8-5
NO_PROBE = -10000
"""−100.00 °C: what some models report for a probe that is not there; no store is that cold."""

FRAME = "zigbee-frame"
NODE = "zigbee-node"
INPUT = "input"


@dataclass(frozen=True, slots=True)
class Said:
    """What one attribute said: a reading that lacks its device and its moment."""

    kind: str
    fields: Mapping[str, FieldValue]
    quality: Quality = Quality.OK


@dataclass(frozen=True, slots=True)
class Quantity:
    """An attribute that is a number; `divisor` of the reported units make one of the field's.

    `lowest` and `highest` are the cluster's own limits in reported units.
    """

    kind: str
    field: str
    type: int
    divisor: int
    lowest: int
    highest: int


QUANTITIES = {
    (TEMPERATURE, MEASURED_VALUE): Quantity(
        "temperature", "temperature", INT16, 100, -27315, 32767
    ),
    (HUMIDITY, MEASURED_VALUE): Quantity("temperature", "humidity", UINT16, 100, 0, 10000),
    (PRESSURE, MEASURED_VALUE): Quantity("temperature", "pressure", INT16, 1, 0, 32767),
    (POWER, BATTERY_VOLTAGE): Quantity(NODE, "battery", UINT8, 10, 0, 254),
    (POWER, BATTERY_PERCENTAGE): Quantity(NODE, "battery_percent", UINT8, 2, 0, 200),
}
"""§4.4.2.2.1, §4.7.2.2.1, §4.5.2.2.1 (tenths of a kPa are hPa), §3.3.2.2.3."""

CLUSTERS = (POWER, ON_OFF, TEMPERATURE, PRESSURE, HUMIDITY, IAS_ZONE)


def said(cluster: int, data: bytes, zone_type: int | None = None) -> list[Said]:
    """Return all that a frame of one of CLUSTERS says; `zone_type` is the node's, where known."""
    try:
        frame = zcl.parse(data)
    except BadFrame as error:
        return [_unread(cluster, data, str(error), Quality.CORRUPT)]
    if frame.is_report:
        return list(_report(cluster, frame.payload, zone_type))
    if cluster == IAS_ZONE and frame.of_cluster and frame.command == STATUS_CHANGED:
        return [_status_changed(frame.payload, zone_type)]
    return []


def _report(cluster: int, payload: bytes, zone_type: int | None) -> Iterator[Said]:
    if not payload:
        yield _unread(cluster, payload, "a report without an attribute", Quality.CORRUPT)
    while payload:
        try:
            attribute, payload = zcl.next_attribute(payload)
        except BadFrame as error:
            yield _unread(cluster, payload, str(error), Quality.CORRUPT)
            return
        yield from _attribute(cluster, attribute, zone_type)


def _attribute(cluster: int, attribute: zcl.Attribute, zone_type: int | None) -> Iterator[Said]:
    """Yield what an attribute says; nothing for one that no record has a place for."""
    quantity = QUANTITIES.get((cluster, attribute.number))
    if quantity is not None:
        yield _quantity(cluster, attribute, quantity)
    elif (cluster, attribute.number) == (ON_OFF, MEASURED_VALUE):
        yield _switch(attribute)
    elif (cluster, attribute.number) == (IAS_ZONE, ZONE_STATUS):
        yield _zone(attribute, zone_type)


def _quantity(cluster: int, attribute: zcl.Attribute, quantity: Quantity) -> Said:
    if attribute.type != quantity.type:
        return _wrong_type(cluster, attribute, quantity.type)
    if not isinstance(attribute.value, int):
        return Said(quantity.kind, {quantity.field: None}, Quality.NO_ANSWER)
    value = attribute.value / quantity.divisor
    return Said(
        quantity.kind, {quantity.field: value}, _quality(cluster, attribute.value, quantity)
    )


def _quality(cluster: int, value: int, quantity: Quantity) -> Quality:
    if cluster == TEMPERATURE and value == NO_PROBE:
        return Quality.SUSPECT
    return Quality.OK if quantity.lowest <= value <= quantity.highest else Quality.OUT_OF_RANGE


def _switch(attribute: zcl.Attribute) -> Said:
    if attribute.type != BOOLEAN:
        return _wrong_type(ON_OFF, attribute, BOOLEAN)
    if attribute.value not in {0, 1}:
        return Said(INPUT, {"state": None, "level": None}, Quality.NO_ANSWER)
    level = int(attribute.value == 1)
    return Said(INPUT, {"state": "on" if level else "off", "level": level})


def _zone(attribute: zcl.Attribute, zone_type: int | None) -> Said:
    if attribute.type != BITMAP16 or not isinstance(attribute.value, int):
        return _wrong_type(IAS_ZONE, attribute, BITMAP16)
    return _status(attribute.value, zone_type)


def _status_changed(payload: bytes, zone_type: int | None) -> Said:
    """Return what `status extended zone delay` says; the last four bytes came with revision 6."""
    if len(payload) < len(b"ss"):
        problem = f"a zone's status has {len(payload)} of 2 bytes"
        return _unread(IAS_ZONE, payload, problem, Quality.CORRUPT)
    return _status(int.from_bytes(payload[:2], "little"), zone_type)


def _status(status: int, zone_type: int | None) -> Said:
    level = status & ALARM1
    words = ("closed", "open") if zone_type == CONTACT_SWITCH else ("quiet", "alarm")
    return Said(INPUT, {"state": words[level], "level": level})


def _wrong_type(cluster: int, attribute: zcl.Attribute, wanted: int) -> Said:
    told, needed = TYPES[attribute.type].name, TYPES[wanted].name
    problem = f"attribute {attribute.number:#06x} came as {told}, and the cluster has {needed}"
    return _unread(cluster, attribute.raw, problem, Quality.SUSPECT)


def _unread(cluster: int, raw: bytes, problem: str, quality: Quality) -> Said:
    return Said(FRAME, {"cluster": f"{cluster:04X}", "problem": problem, "raw": raw}, quality)
