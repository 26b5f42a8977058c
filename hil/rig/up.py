"""`hil up RIG`: bring up every emulator of a rig, until Ctrl-C or SIGTERM.

The folder gets a link or socket for each device, `control.sock` (`hil tell` gives it commands), an
agent's configuration and, last, `env`, which names that configuration and which an agent's shell
reads: `. build/rig-truck/env && tallyman run`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

from agent.config.location import VARIABLE
from foundation.parser import UsageError
from foundation.printing import say
from hil.rig.rig import Rig, RigError, load_rig
from hil.rig.running import RunningRig
from hil.rig.shims import exports
from hil.site.gateway import tables

HELP = "bring up all emulated devices of a rig until Ctrl-C"

ENVIRONMENT, CONFIGURATION = "env", "tallyman.toml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `RIG.toml [--dir DIR]`."""
    parser.add_argument("rig", type=Path, metavar="RIG", help="the rig's TOML file")
    parser.add_argument("--dir", type=Path, help="where links and sockets go: build/rig-NAME")


def run(args: argparse.Namespace) -> int:
    """Run the rig; 0 after Ctrl-C or SIGTERM, 2 when it cannot be built."""
    try:
        rig = load_rig(args.rig)
        folder = args.dir or Path("build") / f"rig-{rig.name}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ENVIRONMENT).unlink(missing_ok=True)
        rig.check_shims(folder)
        running = RunningRig(rig, folder, at_once)
    except (RigError, OSError) as error:
        raise UsageError(
            f"cannot start the rig: {error}", advice="see: python -m hil up --help"
        ) from error
    asyncio.run(until_told(running, rig, folder))
    return 0


def at_once(line: str) -> None:
    """Print it: a script or a person waits for it."""
    say(line, flush=True)


async def until_told(running: RunningRig, rig: Rig, folder: Path) -> None:
    """Run the rig until a signal ends it; leave no path behind."""
    environment, config = folder / ENVIRONMENT, folder / CONFIGURATION

    def ready() -> None:
        for part in rig.parts(folder):
            say(f"{part.name:<12} {part.kind:<12} {part.place}")
        config.write_text(configuration(rig, folder))
        variables = {VARIABLE: str(config.absolute())} | rig.environment(folder)
        environment.write_text("".join(f"{line}\n" for line in exports(variables)))
        for command in commands(rig):
            say(f"commands:    python -m hil tell {folder} {command}", flush=True)

    task = asyncio.create_task(running.run(ready))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    for path in (environment, config):
        path.unlink(missing_ok=True)
    if not task.cancelled():
        task.result()


def configuration(rig: Rig, folder: Path) -> str:
    """Return the configuration of an agent that reads all devices of a rig, and has no ledger."""
    head = f'[gateway]\nname = "{rig.name}"\nstate_dir = "state"\ncontrol = "agent.sock"\n'
    parts = (tables(rig.devices(folder)), tables(rig.read_points, "read_point"))
    return "\n".join((head, *filter(None, parts)))


def commands(rig: Rig) -> Iterator[str]:
    """Yield the commands by which tags and codes come, where nothing is there without one."""
    for table in rig.tables:
        tags = table.get("tags", ())
        named = tags if isinstance(tags, list) else ()  # a number of tags has no groups
        groups = dict.fromkeys(tag["group"] for tag in named if "group" in tag)
        for group in groups:
            yield f"bring {table['name']} {group} 1"
            yield f"take {table['name']} {group}"
        if table["kind"].startswith("barcode."):
            yield f"scan {table['name']} CODE"
