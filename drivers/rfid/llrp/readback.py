"""Whether a reader does what it was told: what was asked against what it says it has. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from drivers.rfid.llrp.capabilities import Capabilities
from drivers.rfid.llrp.elements import Element
from drivers.rfid.llrp.requests import ALL

KEYS = {  # the field that tells siblings of one name apart
    "AntennaConfiguration": "antenna",
    "EventNotificationState": "type",
    "GPIPortCurrentState": "port",
    "ROSpec": "id",
}
MOST = 10  # a reader that took nothing over differs in each of 32 antennas
READERS_OWN = {("ROSpec", "state"), ("GPIPortCurrentState", "state")}
WORDS = {
    "RFTransmitter.power": "transmit power",
    "C1G2RFControl.mode": "RF mode",
    "C1G2SingulationControl.session": "session",
    "C1G2SingulationControl.population": "tag population",
    "KeepaliveSpec.milliseconds": "keepalive in ms",
    "ImpinjInventorySearchMode.mode": "search mode",
}


def not_effective(asked: Element, found: Element, can: Capabilities) -> list[str]:
    """Return what the reader has otherwise than asked, each as one phrase; the first MOST of it."""
    return list(islice(_differences(asked, found, "", can), MOST))


def _differences(asked: Element, found: Element, where: str, can: Capabilities) -> Iterator[str]:
    for name, value in asked.values.items():
        has = found.values.get(name)
        if has != value and (asked.name, name) not in READERS_OWN and value != ALL:
            yield _phrase(asked.name, name, has, value, where, can)
    for part in asked.children:
        inside = _antenna(part) or where
        matches = [other for other in found.children if _matches(part, other)]
        if not matches:
            yield f"{part.name}{inside} is missing"
        for other in matches:
            yield from _differences(part, other, _antenna(other) or inside, can)


def _antenna(part: Element) -> str:
    if part.name != "AntennaConfiguration":
        return ""
    antenna = part.number("antenna")
    return " of all antennas" if antenna == ALL else f" of antenna {antenna}"


def _matches(asked: Element, found: Element) -> bool:
    """Whether `found` is the same thing; what is asked for all antennas is found for each."""
    if asked.name != found.name:
        return False
    key = KEYS.get(asked.name)
    if key is None:
        return True
    for_all = asked.name == "AntennaConfiguration" and asked.values[key] == ALL
    return for_all or asked.values[key] == found.values[key]


def _phrase(part: str, name: str, has: object, asked: object, where: str, can: Capabilities) -> str:
    field = f"{part}.{name}"
    if field == "RFTransmitter.power":
        has, asked = _dbm(has, can), _dbm(asked, can)
    return f"{WORDS.get(field, field)}{where} is {has}, not {asked}"


def _dbm(index: object, can: Capabilities) -> str:
    power = can.powers.get(index) if isinstance(index, int) else None
    return f"{power:g} dBm" if power is not None else f"of index {index}"
