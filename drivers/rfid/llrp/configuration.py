"""Making an LLRP reader do what the options ask, and seeing whether it does."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import DeviceFault
from drivers.rfid.llrp import causes, requests
from drivers.rfid.llrp.capabilities import STANDARDS, Capabilities, capabilities
from drivers.rfid.llrp.elements import Element, element
from drivers.rfid.llrp.exchange import Exchange
from drivers.rfid.llrp.readback import not_effective
from drivers.rfid.llrp.settings import OWN_MODE, Settings
from drivers.rfid.uhf_options import AS_SET


@dataclass(frozen=True, slots=True)
class Configured:
    """What a reader is (`title`), what it did not take over, which antennas have no cable."""

    title: str
    differs: tuple[str, ...]
    without_cable: frozenset[int]


async def configure(exchange: Exchange, chosen: Settings) -> Configured:
    """Learn what the reader can, clean up, configure it, start, and read all of it back.

    DeviceFault when it cannot do, or refuses, what the options ask.
    """
    can = capabilities(await exchange.ask(requests.get_capabilities()))
    _check(chosen, can)
    if can.is_impinj:
        await exchange.ask(requests.enable_extensions())
    await exchange.send(element("ENABLE_EVENTS_AND_REPORTS"))  # what it held comes first
    for request in requests.clean_up():
        await exchange.ask(request)
    config = requests.set_config(chosen, can)
    await exchange.ask(config)
    rospec = requests.rospec(chosen, can)
    await _start(exchange, rospec, tid_by_access=chosen.tid and not can.is_impinj)
    specs = await exchange.ask(element("GET_ROSPECS"))
    answers = [await exchange.ask(request) for request in requests.get_config()]
    now_set = element("", *(part for answer in answers for part in answer.children))
    differs = (
        *not_effective(element("", rospec), specs, can),
        *not_effective(Element("", {}, config.children), now_set, can),
    )
    return Configured(can.title, differs, _without_cable(chosen, now_set, can))


async def _start(exchange: Exchange, rospec: Element, *, tid_by_access: bool) -> None:
    await exchange.ask(element("ADD_ROSPEC", rospec))
    if tid_by_access:
        await exchange.ask(element("ADD_ACCESSSPEC", requests.accessspec()))
        await exchange.ask(element("ENABLE_ACCESSSPEC", id=requests.ACCESSSPEC))
    await exchange.ask(element("ENABLE_ROSPEC", id=requests.ROSPEC))


def _check(chosen: Settings, can: Capabilities) -> None:
    """Raise DeviceFault when the reader cannot do what the options ask."""
    missing = [antenna for antenna in chosen.antennas if antenna > can.antennas]
    if missing:
        raise DeviceFault(
            f"the reader has {can.antennas} antennas, but antenna {missing[0]} is configured",
            cause=causes.ANTENNA_COUNT,
        )
    modes = {chosen.mode, *map(int, chosen.antenna_mode.values())} - {OWN_MODE}
    if not modes <= can.modes:
        known = ", ".join(map(str, sorted(can.modes)))
        raise DeviceFault(
            f"the reader has no RF mode {min(modes - can.modes)}",
            cause=causes.MODE.of(modes=known),
        )
    if chosen.region != AS_SET and STANDARDS[chosen.region] != can.standard:
        names = {number: name for name, number in STANDARDS.items()}
        raise DeviceFault(
            f"the reader is set to the region {names.get(can.standard, can.standard)}, "
            f"not {chosen.region}",
            cause=causes.REGION,
        )


def _without_cable(chosen: Settings, config: Element, can: Capabilities) -> frozenset[int]:
    """Return the configured antennas without a cable; behind hubs a reader does not know."""
    if can.has_hubs:
        return frozenset()
    parts = config.all("AntennaProperties")
    off = {part.number("antenna") for part in parts if not part.number("connected")}
    return frozenset(off.intersection(chosen.antennas))
