import asyncio
import os
import sys
import textwrap
from pathlib import Path

import pytest

from hil.emulators.bus.i2c_bus import I2cBus

ROOT = Path(__file__).parents[2]


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
