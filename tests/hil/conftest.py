import asyncio
import contextlib
import json
import os
import sys
import textwrap
from pathlib import Path

import pytest

from hil.emulators.bus.i2c_bus import I2cBus

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # s


class Output:
    """The lines of a driver's process, waited for by their content."""

    def __init__(self, process):
        self.process = process
        self.seen = []

    async def until(self, **wanted):
        """The next line that has all of `wanted`."""
        async with asyncio.timeout(PATIENCE):
            while line := await self.process.stdout.readline():
                found = json.loads(line)
                self.seen.append(found)
                if wanted.items() <= found.items():
                    return found
        raise AssertionError(f"{self.seen}\n{(await self.process.stderr.read()).decode()}")

    async def finish(self):
        """End the process; nothing may have gone to its standard error."""
        self.process.terminate()
        async with asyncio.timeout(PATIENCE):
            _, err = await self.process.communicate()
        assert err.decode() == ""


@contextlib.asynccontextmanager
async def driver_of(device, environment, *shell):
    """The output of the production driver of a `[[device]]`, in a process that `shell` starts."""
    options = json.dumps({key: device[key] for key in device if key not in {"name", "kind"}})
    process = await asyncio.create_subprocess_exec(
        *(*shell, sys.executable, "tests/hil/driver_process.py", device["kind"], options),
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output = Output(process)
    try:
        yield output
        await output.finish()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


class I2cBench:
    """An emulated bus in this process, and programs that see it as /dev/i2c-9."""

    def __init__(self, emulated, environment):
        self.bus = emulated
        self.environment = environment
        self.processes = []

    async def start(self, *command):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=ROOT,
            env=self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self.processes.append(process)
        return process

    async def python(self, script):
        """What a program printed; its failure fails the test."""
        process = await self.start("-c", textwrap.dedent(script))
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        assert (process.returncode, err.decode()) == (0, "")
        return out.decode()

    async def stop(self):
        for process in self.processes:
            if process.returncode is None:
                process.kill()
                await process.communicate()


@pytest.fixture
async def i2c_bench(shim, tmp_path):
    socket = tmp_path / "bus.sock"
    chips = [
        {"name": "cargo", "kind": "sht3x", "address": 0x44, "low": 4.0, "high": 4.0},
        {"name": "pallet", "kind": "adxl375", "address": 0x53},
    ]
    emulated = I2cBus(link=socket, chips=chips, seed=1)
    running = asyncio.create_task(emulated.run())
    emulated.plug()
    bench = I2cBench(
        emulated,
        os.environ
        | {
            "LD_PRELOAD": str(shim),
            "TALLYMAN_SHIM_SOCKETS": f"/dev/i2c-8={tmp_path}/none.sock,/dev/i2c-9={socket}",
            "PYTHONPATH": str(ROOT),
        },
    )
    yield bench
    await bench.stop()
    running.cancel()
    await asyncio.wait([running])
