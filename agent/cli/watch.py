"""`tallyman watch`: how the gateway, or one device, does: live, until Ctrl-C.

On a terminal the page is drawn again and again, and its last state stays. In a pipe there is a line
whenever something changes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agent.cli import colour
from agent.cli.arguments import add_config, add_json
from agent.cli.devices import page as device_page
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.status_page import device_text, lines
from agent.cli.times import format_time
from agent.desks.control_client import Lost, NotRunning, ask_one
from agent.desks.status import DeviceStatus, Status, from_dict
from foundation.console import HEIGHT, cut, told
from foundation.errors import AgentError
from foundation.hints import hint
from foundation.parser import columns
from foundation.printing import clear, draw, say, say_json

HELP = "watch the gateway or one device, live, until Ctrl-C"

EVERY = 1.0  # s between two looks

Look = Callable[[], Status]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object a look")
    parser.add_argument("device", metavar="DEVICE", nargs="?", help="its name; default: all")
    parser.epilog = "In a pipe it prints a line whenever something changes."


def run(args: argparse.Namespace) -> int:
    """Show until interrupted; 0 then, as that is how it ends."""
    control = gateway(args).control
    first = look(control)  # without an agent there is nothing to watch
    check_device(first, args.device)
    try:
        if args.json:
            each(control, lambda status: say_json(plain_of(status, args.device)))
        elif sys.stdout.isatty():
            live(control, args)
        else:
            tell(control, args)
    except KeyboardInterrupt:
        pass
    return 0


def look(control: Path) -> Status:
    """Ask the agent how all is."""
    return from_dict(ask_one(control, {"verb": "status"}))


def check_device(status: Status, name: str | None) -> None:
    """Refuse a name that no device has."""
    names = [device.name for device in status.devices]
    if name is not None and name not in names:
        raise Mistake(
            f"there is no device {name!r}{hint(name, names)}",
            advice="see the names: tallyman devices",
        )


def each(control: Path, show: Callable[[Status], None]) -> None:
    """Show look after look; an agent that goes away ends it."""
    while True:
        show(look(control))
        time.sleep(EVERY)


def plain_of(status: Status, name: str | None) -> dict[str, Any]:
    """Return the snapshot, or the device's part of it, with the time of the look."""
    plain = status.to_dict()
    if name is None:
        return plain
    found: dict[str, Any] = next((each for each in plain["devices"] if each["name"] == name), {})
    return {"now_ms": status.clock.wall_ms, **found}


def live(control: Path, args: argparse.Namespace) -> None:
    """Draw page over page; one without an agent says so, and goes on."""
    paint = colour.painter(sys.stdout, os.environ)
    clear()
    while True:
        shown = [cut(line, columns() - 1) for line in screen(control, args)]
        draw(shown[:HEIGHT], paint)
        time.sleep(EVERY)


def screen(control: Path, args: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of one page."""
    try:
        status = look(control)
    except (NotRunning, Lost) as error:
        yield from told(error)
        return
    if args.device is None:
        yield from lines(status, lambda ms: format_time(ms, utc=args.utc))
        return
    for device in status.devices:
        if device.name == args.device:
            yield f"{status.name}, {format_time(status.clock.wall_ms, utc=args.utc)}"
            yield from device_page(device, status.clock.wall_ms, utc=args.utc)
            yield f"  {device.last}"


def tell(control: Path, args: argparse.Namespace) -> None:
    """Print a line for each change of a device, and for an agent that goes away or comes back."""
    known: dict[str, object] = {}
    while True:
        for name, state, line in changes(control, args):
            if known.get(name) != state:
                known[name] = state
                say(line, flush=True)
        time.sleep(EVERY)


def changes(control: Path, args: argparse.Namespace) -> Iterator[tuple[str, object, str]]:
    """Yield what could have changed: its name, what tells a change, and the line about it."""
    try:
        status = look(control)
    except (NotRunning, Lost) as error:
        yield "", type(error), str(error)
        return
    when = format_time(status.clock.wall_ms, utc=args.utc)
    yield "", AgentError, f"{when}  {status.name}: the agent answers"
    for device in status.devices:
        if args.device in (None, device.name):
            yield (
                device.name,
                state_of(device, watched=args.device is not None),
                (
                    f"{when}  {device.name}  {device_text(device, status.clock.wall_ms)}"
                    + (f"; {device.last}" if device.last else "")
                ),
            )


def state_of(device: DeviceStatus, *, watched: bool) -> tuple[object, ...]:
    """Return what makes a line new: of a device that is watched alone, each reading."""
    state = device.state, device.silent, device.detail
    return (*state, device.last_ms) if watched else state
