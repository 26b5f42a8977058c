"""`hil up RIG`: bring up every emulator of a rig, until Ctrl-C or SIGTERM.

The folder gets a link or socket for each device, `control.sock` (commands: see `running`) and,
last, `env`, which an agent's shell reads: `. build/rig-truck/env && tallyman run`.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import signal
import sys
from pathlib import Path

from hil.rig.rig import INPUT_SHIM, SHIM, Rig, RigError, load_rig
from hil.rig.running import Bench

HELP = "start a rig of emulated or real devices"

ENVIRONMENT = "env"


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
        check_shim(rig, folder)
        bench = Bench(rig, folder, say)
    except (RigError, OSError) as error:
        print(f"cannot start the rig: {error}", file=sys.stderr)
        return 2
    asyncio.run(until_told(bench, rig, folder))
    return 0


def say(line: str) -> None:
    """Print at once: a script or a person waits for it."""
    print(line, flush=True)


def check_shim(rig: Rig, folder: Path) -> None:
    """Raise RigError when the rig has buses and the shim that shows them is not built."""
    preloaded = rig.environment(folder).get("LD_PRELOAD", "")
    for shim in (SHIM, INPUT_SHIM):
        if str(shim) in preloaded and not shim.exists():
            raise RigError(f"{shim.name} is not built: run make build/{shim.name}")


async def until_told(bench: Bench, rig: Rig, folder: Path) -> None:
    """Run the bench until a signal ends it; leave no path behind."""
    environment = folder / ENVIRONMENT

    def ready() -> None:
        for part in rig.parts(folder):
            say(f"{part.name:<12} {part.kind:<12} {part.place}")
        lines = [f"export {key}={shlex.quote(v)}\n" for key, v in rig.environment(folder).items()]
        environment.write_text("".join(lines))

    running = asyncio.create_task(bench.run(ready))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    await asyncio.wait([running])
    environment.unlink(missing_ok=True)
    if not running.cancelled():
        running.result()
