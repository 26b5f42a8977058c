"""A device's rows, and what is known of it. Pure, but for what the rows look at themselves."""

from __future__ import annotations

from collections.abc import Mapping

from agent.desks.status import DeviceStatus
from agent.why.judge import Case, Named
from agent.why.question import Known
from drivers import catalog
from drivers.cause import DeviceFacts, Neighbour, Word
from drivers.errors import EVERYWHERE
from foundation.options import OptionValue

MS = 1000


def device_case(name: str, known: Known) -> Case[DeviceFacts]:
    """Return what is to be judged of the device called `name`."""
    status = known.device(name)
    word = None if status is None else word_of(status, known.now_ms)
    kind, options = _configured(name, known, status)
    facts = DeviceFacts(name, kind, options, word, known.machine, _others(name, known))
    return Case(
        name,
        catalog.causes(kind) if kind in catalog.DEVICES else EVERYWHERE,
        facts,
        _named(status),
        _well(status, word),
        names_of(name, options),
    )


def word_of(status: DeviceStatus, now_ms: int) -> Word:
    """Return what a device's driver said last."""
    return Word(
        status.state,
        status.detail,
        status.cause,
        status.advice,
        (now_ms - status.since_ms) / MS,
        None if status.last_ms is None else (now_ms - status.last_ms) / MS,
        status.silent,
        status.counters,
    )


def names_of(name: str, options: Mapping[str, OptionValue]) -> dict[str, object]:
    """Return what differs by device in the words of a row."""
    names: dict[str, object] = {"name": name, **options}
    bus, address = options.get("bus"), options.get("address")
    if isinstance(bus, str):
        names["bus_number"] = bus.rpartition("-")[2]
    if isinstance(address, str):
        names["host"] = address.rpartition(":")[0] or address
    return names


def _configured(
    name: str, known: Known, status: DeviceStatus | None
) -> tuple[str, Mapping[str, OptionValue]]:
    device = None if known.config is None else known.config.device(name)
    if device is not None:
        return device.kind, device.options
    return ("" if status is None else status.kind), {}


def _others(name: str, known: Known) -> list[Neighbour]:
    if known.config is None:
        return []
    found = []
    for each in known.config.devices:
        if each.name != name:
            status = known.device(each.name)
            word = None if status is None else word_of(status, known.now_ms)
            found.append(Neighbour(each.name, each.kind, each.options, word))
    return found


def _named(status: DeviceStatus | None) -> list[Named]:
    if status is None or not status.cause:
        return []
    return [Named(status.cause, status.detail or status.state, status.advice)]


def _well(status: DeviceStatus | None, word: Word | None) -> str:
    """Return the evidence that a device is in order, empty where it is not or nobody knows."""
    if status is None or word is None or not word.well:
        return ""
    read = "" if word.read is None else f", read {word.read:.0f} s ago"
    return f"its driver has it running{read}"
