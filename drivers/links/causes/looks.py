"""What can be seen of a port or bus from outside, while no driver has it."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.cause import DeviceFacts
from foundation.cause import UNKNOWN, Finding, no, perhaps, yes

NO_READING = "no reading comes"
STABLE = ("/dev/serial/by-id/", "/dev/tallyman/")


def place(facts: DeviceFacts) -> str:
    """Return the path that leads to the device."""
    return facts.option("port") or facts.option("bus") or facts.option("chip")


def is_stable(path: str) -> bool:
    """Tell whether udev gives this name to one device, wherever it is plugged in."""
    return path.startswith(STABLE)


def has_it(facts: DeviceFacts) -> bool:
    """Tell whether the driver has the device open, whatever a look from outside shows."""
    return facts.word is not None and facts.word.well


def _unused(facts: DeviceFacts) -> Sequence[str]:
    """Return ports of the same kind that no device is configured for."""
    ports = (each.options.get("port") for each in facts.others)
    return facts.machine.unused(place(facts), [port for port in ports if isinstance(port, str)])


def _opened(facts: DeviceFacts) -> Finding | None:
    """Return that nothing can be wrong with the path, where the driver has it open."""
    return no(f"its driver has {place(facts)} open") if has_it(facts) else None


def _there(facts: DeviceFacts) -> Finding | None:
    """Return that the port or bus is there, or may be; None where it is not."""
    path = place(facts)
    there = facts.machine.there(path)
    if there is None:
        return UNKNOWN
    return no(f"{path} is there now") if there else None


def absent(facts: DeviceFacts) -> Finding:
    """Look whether the port or bus is not there."""
    if found := _opened(facts) or _there(facts):
        return found
    path = place(facts)
    unused = [] if is_stable(path) else _unused(facts)
    if unused:
        return perhaps(f"there is no {path}", contra=(f"{unused[0]} is there",))
    return yes(f"there is no {path}")


def moved(facts: DeviceFacts) -> Finding:
    """Look whether it is not there, and another that nothing is configured for is."""
    if found := _opened(facts) or _there(facts):
        return found
    path = place(facts)
    if is_stable(path):
        return no("its name stays the same wherever it is plugged in")
    if unused := _unused(facts):
        return yes(
            f"there is no {path}", f"{unused[0]} is there, and no device is configured for it"
        )
    return no("no port is there that no device is configured for")


def forbidden(facts: DeviceFacts) -> Finding:
    """Look whether its rights keep the agent out."""
    if found := _opened(facts):
        return found
    path = place(facts)
    may = facts.machine.may_open(path)
    if may is None:
        return UNKNOWN
    return no(f"the agent's user may open {path}") if may else yes(f"its rights deny {path} to it")


def held(facts: DeviceFacts) -> Finding:
    """Look whether another program has it open."""
    if found := _opened(facts):
        return found
    path, word = place(facts), facts.word
    if word is not None and word.cause not in {"", *HELD}:
        return no("its driver met another error")
    holders = facts.machine.holders(path)
    if holders is None:
        return UNKNOWN
    if holders:
        return yes(f"{', '.join(holders)} has {path} open")
    return no(f"no other program has {path} open")


HELD = ("serial.held", "input.held")
