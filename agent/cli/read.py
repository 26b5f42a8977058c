"""`tallyman read DEVICE`: one fresh reading, by the running agent or without it."""

from __future__ import annotations

import argparse
import asyncio

from agent.cli.arguments import add_config, add_json
from agent.cli.errors import Mistake
from agent.cli.place import config_path, gateway
from agent.cli.record_json import flat
from agent.cli.times import format_time
from agent.clock.clock import Clock
from agent.clock.kernel import KernelClock
from agent.config.settings import Config, load
from agent.desks.control_client import NotRunning, ask_one
from agent.intake.declared import Declared
from agent.records.convert import from_reading
from agent.records.sentences import sentence
from drivers import catalog
from drivers.driver import Host
from evidence.leaf import Record
from foundation.hints import hint
from foundation.printing import say, say_json

HELP = "take one reading from a device, now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object")
    parser.epilog = "The agent reads it while it runs; else this command does."
    parser.add_argument("device", metavar="DEVICE", help="its name in the configuration")


def run(args: argparse.Namespace) -> int:
    """Print the reading; the record it makes in a running agent is the agent's."""
    try:
        answer = ask_one(gateway(args).control, {"verb": "read", "device": args.device})
        record = Record.from_bytes(bytes.fromhex(answer))
    except NotRunning:
        record = asyncio.run(read_directly(load(config_path(args), catalog), args.device))
    if args.json:
        plain = flat(record)
        del plain["n"]  # it is no record yet
        say_json(plain)
    else:
        when = format_time(record.wall_ms, utc=args.utc)
        say(f"{when}  {record.device}  {sentence(record)}")
    return 0


async def read_directly(config: Config, name: str) -> Record:
    """Open the device, read it once, close it; DriverError says why not."""
    device = config.device(name)
    if device is None:
        names = [device.name for device in config.devices]
        raise Mistake(
            f"there is no device {name!r} in {config.path}{hint(name, names)}",
            advice="see the names: tallyman devices",
        )
    host = Host()
    try:
        module = catalog.module(device.kind)
        async with module.build(device.name, dict(device.options), host) as driver:
            reading = Declared(device, module.KINDS).marked(await driver.read_once())
    finally:
        host.close()
    return from_reading(reading, 0, Clock(KernelClock(), boot=0).stamp(reading.monotonic))
