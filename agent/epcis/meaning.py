"""What GS1's schema cannot see of an event, in five checks. Pure.

1. it names an object, or a sensor's element; 2. a sensor's time, device, raw data and method stand
in one place; 3. no sensor measured after the event; 4. the unit fits the measurement; 5. check
digits. 2 and 3: EPCIS 2.0 conformance, TCR-53 and M122.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.epcis.formats import moment
from agent.epcis.shape import Problem
from agent.epcis.words import UNITS
from drivers.gs1 import digital_link
from drivers.gs1.digital_link import NoKey
from drivers.gs1.errors import Gs1Error

ONE_PLACE = ("time", "deviceID", "rawData", "dataProcessingMethod")
SENSED = ("time", "startTime", "endTime")
GS1_HOST = "https://id.gs1.org/"
_OBJECTS = ("epcList", "quantityList")


def event_meaning(event: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Yield what does not fit in an event of the right shape."""
    yield from _names_something(event, where)
    for number, element in enumerate(event.get("sensorElementList", ())):
        place = f"{where}/sensorElementList/{number}"
        metadata = element.get("sensorMetadata", {})
        yield from _in_time(event, metadata, f"{place}/sensorMetadata")
        for at, report in enumerate(element["sensorReport"]):
            yield from _report(event, metadata, report, f"{place}/sensorReport/{at}")
    yield from _check_digits(event, where)


def _names_something(event: Mapping[str, Any], where: str) -> Iterator[Problem]:
    if event["type"] not in ("ObjectEvent", "TransactionEvent"):
        return
    if not any(event.get(name) for name in (*_OBJECTS, "parentID", "sensorElementList")):
        yield Problem(where, "it names no object, and no sensor's element stands in its place")


def _report(
    event: Mapping[str, Any], metadata: Mapping[str, Any], report: Mapping[str, Any], where: str
) -> Iterator[Problem]:
    for name in ONE_PLACE:
        if name in metadata and name in report:
            yield Problem(f"{where}/{name}", "it stands in sensorMetadata already")
    yield from _in_time(event, report, where)
    units, uom = UNITS.get(report["type"]), report.get("uom")
    if units is not None and uom is not None and uom not in units:
        yield Problem(f"{where}/uom", f"{uom[:20]!r} is no unit of {report['type']}")


def _in_time(event: Mapping[str, Any], said: Mapping[str, Any], where: str) -> Iterator[Problem]:
    for name in SENSED:
        if name in said and moment(said[name]) > moment(event["eventTime"]):
            yield Problem(f"{where}/{name}", "a sensor cannot have measured after the event")
    stretch = "startTime" in said and "endTime" in said
    if stretch and moment(said["startTime"]) > moment(said["endTime"]):
        yield Problem(f"{where}/startTime", "it is after endTime")


def _check_digits(value: object, where: str) -> Iterator[Problem]:
    """Hold each link of GS1's own host against what its keys may be."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _check_digits(each, f"{where}/{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _check_digits(each, f"{where}/{number}")
    elif isinstance(value, str) and value.startswith(GS1_HOST):
        try:
            digital_link.parse(value)
        except NoKey:
            return
        except Gs1Error as error:
            yield Problem(where, str(error))
