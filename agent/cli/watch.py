"""`tallyman watch`: how the gateway, or one device, does: live, until Ctrl-C.

On a terminal the page is drawn again and again, and its last state stays. In a pipe there is a line
whenever something changes.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agent.cli import colour
from agent.cli.arguments import add_config, add_json, count
from agent.cli.device_text import device_text
from agent.cli.devices import page as device_page
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.status_page import lines
from agent.cli.times import format_time
from agent.desks.control_client import Lost, NotRunning, ask_one
from agent.desks.status import DeviceStatus, Status, from_dict
from foundation.console import HEIGHT, cut, told
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
    parser.add_argument("--looks", metavar="N", type=count, help="end after N looks")
    parser.epilog = "In a pipe it prints a line whenever something changes."


def run(args: argparse.Namespace) -> int:
    """Show until interrupted; 0 then, as that is how it ends."""
    control = gateway(args).control
    first = look(control)  # without an agent there is nothing to watch
    check_device(first, args.device)
    try:
        if args.json:
            for_programs(control, args)
        elif sys.stdout.isatty():
            live(control, args)
        else:
            changes(control, args)
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


def looks(args: argparse.Namespace) -> Iterator[None]:
    """Yield when it is time for a look, as often as asked; for ever else."""
    for number in itertools.count(1):
        yield
        if number == args.looks:
            return
        time.sleep(EVERY)


def for_programs(control: Path, args: argparse.Namespace) -> None:
    """Print an object a look; an agent that goes away ends it."""
    for _ in looks(args):
        say_json(plain_of(look(control), args.device))


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
    for _ in looks(args):
        draw([cut(line, columns() - 1) for line in screen(control, args)][:HEIGHT], paint)


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


def changes(control: Path, args: argparse.Namespace) -> None:
    """Print a line for each change of a device, and for an agent that goes away or comes back."""
    known: dict[str, object] = {}
    for _ in looks(args):
        for name, state, line in seen(control, args):
            if name not in known or known[name] != state:
                known[name] = state
                say(line, flush=True)


def seen(control: Path, args: argparse.Namespace) -> Iterator[tuple[str, object, str]]:
    """Yield what could have changed: its name, what tells a change, and the line about it."""
    try:
        status = look(control)
    except (NotRunning, Lost) as error:
        yield "", type(error), str(error)
        return
    when = format_time(status.clock.wall_ms, utc=args.utc)
    yield "", None, f"{when}  {status.name}: the agent answers"
    for device in status.devices:
        if args.device in (None, device.name):
            state = state_of(device, watched=args.device is not None)
            yield device.name, state, f"{when}  {line_of(device, status.clock.wall_ms)}"


def line_of(device: DeviceStatus, now_ms: int) -> str:
    """Return how a device does, and what it said last."""
    last = f"; {device.last}" if device.last else ""
    return f"{device.name}  {device_text(device, now_ms)}{last}"


def state_of(device: DeviceStatus, *, watched: bool) -> tuple[object, ...]:
    """Return what makes a line new: of a device that is watched alone, each reading."""
    state = device.state, device.silent, device.detail
    return (*state, device.last_ms) if watched else state
