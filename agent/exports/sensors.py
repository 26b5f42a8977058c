"""Events of sensors: a batch's values in one, with its digest for whoever wants them all. Pure.

EPCIS is "not meant to transmit raw sensor data dumps" (EPCIS 2.0, §5.9): an event has smallest,
largest and mean of a stretch, and its `rawData` names the signed batch that holds every value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from agent.epcis.document import Event, moment, own, read_point, urn
from agent.exports.left_out import NotTold
from agent.exports.shown import moment_of
from agent.exports.told import Told, device, observed, when
from agent.observe.presence import text
from agent.records.registry import kind_of
from drivers.reading import Quality
from evidence.leaf import Record

Report = dict[str, Any]


class Measured(NamedTuple):
    """What a field is in the words of GS1: measurement, unit (UN/ECE Recommendation 20), part."""

    type: str
    uom: str
    component: str = ""


MEASURED: Mapping[tuple[str, str], Measured] = {
    ("temperature", "temperature"): Measured("Temperature", "CEL"),
    ("temperature", "humidity"): Measured("RelativeHumidity", "P1"),
    ("temperature", "pressure"): Measured("Pressure", "A97"),
    ("acceleration", "x"): Measured("Acceleration", "K40", "x"),
    ("acceleration", "y"): Measured("Acceleration", "K40", "y"),
    ("acceleration", "z"): Measured("Acceleration", "K40", "z"),
    ("shock", "peak"): Measured("Acceleration", "K40"),
    ("position", "lat"): Measured("Angle", "DD", "latitude"),
    ("position", "lon"): Measured("Angle", "DD", "longitude"),
    ("position", "speed"): Measured("Speed", "MTS"),
}

GOOD, UNCALIBRATED = str(Quality.OK), str(Quality.UNCALIBRATED)
COUNTED = (GOOD, UNCALIBRATED)
"""Qualities of values that minimum, maximum and mean are made of; the others are counted."""

SHOCK_FIELDS = {"duration": "durationMs", "delta_v": "deltaVelocity", "fall": "fallMetres"}
"""Of a shock, for which GS1 has no measurement, and what they are called in an event."""

ALARM = "ALARM_CONDITION"
LIMIT_SCALE = -2  # of an alarm's lowest and highest


def report(kind: str, field: str, **values: float) -> Report:
    """Return one measurement, with its unit."""
    type_, uom, component = MEASURED[kind, field]
    told = {"type": type_, **values, "uom": uom}
    return told | {"component": component} if component else told


def scaled(record: Record, field: str) -> float | None:
    """Return a field in its natural unit, None where it was not observed."""
    value = record.values.get(field)
    known = kind_of(record.kind).field(field)
    if not isinstance(value, int) or known is None:
        return None
    return decimal(Fraction(value), known.scale)


def decimal(value: Fraction, scale: int, more: int = 0) -> float:
    """Return value · 10^scale with as many decimals, and `more`: a whole number where none is."""
    rounded = round(value * Fraction(10) ** scale, more - scale)
    return int(rounded) if rounded == int(rounded) else float(rounded)


def element(told: Told, reports: Sequence[Report], **metadata: str) -> dict[str, Any]:
    """Return a sensor's element: who measured, the batch, and what."""
    said = {
        "time": when(told.record),
        "deviceID": device(told.batch, told.record.device),
        "rawData": told.batch.raw_data,
    }
    if "startTime" in metadata:
        del said["time"]
    return {"sensorMetadata": said | metadata, "sensorReport": list(reports)}


def summary(told: Sequence[Told]) -> Event:
    """Return the event of all values of one device in one batch; NotTold where none counts."""
    last = told[-1]
    kind = last.record.kind
    good = [each.record for each in told if each.record.quality in COUNTED]
    fields = [field for of, field in MEASURED if of == kind]
    reports = [_stretch(kind, field, good) for field in fields if _values(good, field)]
    if not reports:
        raise NotTold("none of the batch's values of its device is good")
    stretch = {
        "startTime": moment(moment_of(min(each.record.wall_ms for each in told))),
        "endTime": moment(moment_of(max(each.record.wall_ms for each in told))),
    }
    latest = max(told, key=lambda each: each.record.wall_ms)
    event = observed(
        latest, "sensor_reporting", epcList=[], readPoint=_place_of(last),
        sensorElementList=[element(last, reports, **stretch)],
    )  # fmt: skip
    return event | _not_counted(told) | _records(told)


def _values(records: Iterable[Record], field: str) -> list[int]:
    found = (record.values.get(field) for record in records)
    return [value for value in found if isinstance(value, int)]


def _stretch(kind: str, field: str, records: Sequence[Record]) -> Report:
    values = _values(records, field)
    known = kind_of(kind).field(field)
    assert known is not None, "MEASURED names fields that are known"
    return report(
        kind,
        field,
        minValue=decimal(Fraction(min(values)), known.scale),
        maxValue=decimal(Fraction(max(values)), known.scale),
        meanValue=decimal(Fraction(sum(values), len(values)), known.scale, more=1),
    ) | {own("values"): len(values)}


def _not_counted(told: Sequence[Told]) -> Event:
    """Return how many values are not good, by their quality: unknown time is never good time."""
    found = Counter(each.record.quality for each in told)
    bad = {own(name): count for name, count in found.items() if name not in COUNTED}
    doubted = {own(UNCALIBRATED): found[UNCALIBRATED]} if found[UNCALIBRATED] else {}
    return doubted | ({own("notCounted"): bad} if bad else {})


def _records(told: Sequence[Told]) -> Event:
    numbers = [each.record.number for each in told]
    return {own("record"): numbers[0], own("lastRecord"): numbers[-1]}


def _place_of(told: Told) -> dict[str, str]:
    """Return where a sensor is, of which no more is known than whose it is."""
    return {"id": urn("place", told.batch.gateway, told.record.device)}


def shock(told: Told) -> Event:
    """Return the event of a shock."""
    record = told.record
    peak = scaled(record, "peak")
    if peak is None:
        raise NotTold("no peak was measured")
    said = {own(name): scaled(record, field) for field, name in SHOCK_FIELDS.items()}
    hit = report("shock", "peak", maxValue=peak) | {"exception": ALARM}
    return observed(
        told,
        "sensor_reporting",
        epcList=[],
        readPoint=_place_of(told),
        sensorElementList=[element(told, [hit])],
        **{name: value for name, value in said.items() if value is not None},
        **{own("quality"): record.quality},
    )


def alarm(told: Told) -> Event:
    """Return the event of an alarm, with the rule's profile as its business rule."""
    record = told.record
    field = text(record, "limit").partition(" ")[0]
    kind = next((kind for kind, name in MEASURED if name == field), None)
    if kind is None:
        raise NotTold(f"it is about {field[:20] or 'nothing known'}, which EPCIS does not measure")
    hit = report(kind, field, **_extremes(record)) | {"exception": ALARM}
    rule = urn("profile", text(record, "profile"), str(record.values.get("version", "")))
    place = text(record, "read_point")
    return observed(
        told,
        "sensor_reporting",
        epcList=[],
        readPoint=read_point(place) if place else _place_of(told),
        sensorElementList=[element(told, [hit], bizRules=rule)],
        **{own("rule"): text(record, "rule"), own("limit"): text(record, "limit")},
    )


def _extremes(record: Record) -> dict[str, float]:
    """Return the lowest and highest value beyond an alarm's limit, as far as they are known."""
    found = {"minValue": record.values.get("lowest"), "maxValue": record.values.get("highest")}
    return {
        name: decimal(Fraction(value), LIMIT_SCALE)
        for name, value in found.items()
        if isinstance(value, int)
    }


def fix(told: Told) -> Event:
    """Return the event of a vehicle's place."""
    record = told.record
    lat, lon = scaled(record, "lat"), scaled(record, "lon")
    if lat is None or lon is None:
        raise NotTold("no place was found")
    reports = [report("position", "lat", value=lat), report("position", "lon", value=lon)]
    speed = scaled(record, "speed")
    if speed is not None:
        reports.append(report("position", "speed", value=speed))
    return observed(
        told,
        "transporting",
        disposition="in_transit",
        epcList=[],
        readPoint={"id": f"geo:{lat:.7f},{lon:.7f}"},
        sensorElementList=[element(told, reports)],
    )
