"""`tallyman devices`: each device, or the kinds of device there are."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

from agent.cli import colour
from agent.cli.arguments import add_config, add_json
from agent.cli.device_text import device_text
from agent.cli.place import config_path, gateway
from agent.cli.printing import say_found
from agent.cli.times import format_time
from agent.config.devices import Device
from agent.config.settings import load
from agent.desks.control_client import NotRunning, ask_one
from agent.desks.status import DeviceStatus
from drivers import catalog
from foundation.printing import say, say_json

HELP = "show each device: state, last reading, counters"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object per device")
    parser.add_argument("--kinds", action="store_true", help="list the kinds of device")


def run(args: argparse.Namespace) -> int:
    """Print the devices as the agent sees them, or as configured while none runs."""
    if args.kinds:
        kinds = [{"kind": kind} for kind in catalog.DEVICES]
        return say_found(kinds, lambda each: [each["kind"]], "", as_json=args.json)
    try:
        answer = ask_one(gateway(args).control, {"verb": "devices"})
    except NotRunning:
        return print_configured(load(config_path(args), catalog).devices, args)
    return print_running(answer, args)


def print_configured(devices: tuple[Device, ...], args: argparse.Namespace) -> int:
    """Print what the configuration says, and that nobody reads it."""
    for device in devices:
        plain = {"name": device.name, "kind": device.kind, "read_point": device.read_point}
        if args.json:
            say_json({**plain, "state": "not-running"})
        else:
            say(f"{device.name}: {device.kind}; the agent is not running")
    return 0


def print_running(answer: dict[str, Any], args: argparse.Namespace) -> int:
    """Print what the agent says."""
    paint = colour.painter(sys.stdout, os.environ)
    for plain in answer["devices"]:
        if args.json:
            say_json(plain)
            continue
        for line in page(DeviceStatus(**plain), answer["now_ms"], utc=args.utc):
            say(line, paint=paint)
    return 0


def page(device: DeviceStatus, now_ms: int, *, utc: bool) -> Iterator[str]:
    """Yield the lines about one device."""
    place = f" at {device.read_point}" if device.read_point else ""
    yield f"{device.name}: {device.kind}{place}"
    yield f"  {device_text(device, now_ms)}"
    if device.last_ms is not None:
        yield f"  last reading {format_time(device.last_ms, utc=utc)}"
    if device.counters:
        yield "  " + ", ".join(f"{name} {count}" for name, count in device.counters.items())
    if device.advice:
        yield f"  next: {device.advice}"
