"""`python -m hil emulate` as a process, read as its words say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tomllib
from pathlib import Path

from tests.hil.conftest import PATIENCE, driver_of

ROOT = Path(__file__).parents[2]


class Emulated:
    """`python -m hil emulate …` as a process, and what it printed."""

    def __init__(self, process, lines):
        self.process = process
        self.lines = lines

    @property
    def exports(self):
        return [line for line in self.lines if line.startswith("export ")]

    @property
    def device(self):
        (device,) = tomllib.loads("\n".join(self.lines[self.lines.index("[[device]]") :]))["device"]
        return device

    async def end(self, number=signal.SIGINT):
        """What it printed to its standard error after Ctrl-C, and its exit code."""
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            _, err = await self.process.communicate()
        return err.decode(), self.process.returncode


@contextlib.asynccontextmanager
async def emulations(folder):
    """What starts one, with its temporary files in `folder`; all of them are ended."""
    started = []

    async def start(*args):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hil", "emulate", *args),
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        started.append(process)
        lines = []
        async with asyncio.timeout(PATIENCE):
            while "# Ctrl-C ends it." not in lines:
                line = await process.stdout.readline()
                assert line, (await process.stderr.read()).decode()
                lines.append(line.decode().rstrip("\n"))
        return Emulated(process, lines)

    try:
        yield start
    finally:
        for process in started:
            if process.returncode is None:
                process.kill()
                await process.communicate()


async def read(emulated, wanted, folder):
    """Follow the words: a shell with the exports, a driver with the table, until it says so."""
    script = folder / "reads"
    script.write_text("\n".join([*emulated.exports, 'exec "$@"']))
    async with driver_of(emulated.device, {}, "sh", script) as output:
        return await output.until(**wanted)
