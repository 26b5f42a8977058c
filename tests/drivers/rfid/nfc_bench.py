"""An emulated MFRC522 with cards and the driver that reads it: no process, no kernel, no waiting."""

from __future__ import annotations

import asyncio

from drivers import catalog
from drivers.driver import Host
from drivers.links.spi import Look
from hil.emulators.nfc.mfrc522_board import Mfrc522Board
from tests.drivers.fake_timing import FakeTiming

PATH = "/dev/spidev0.0"
NTAG_UID = "04E10CDA993C80"
SIGNATURE = "8B76052EE42F5567BEB53238B3E3F9950707C0DCC956B5C5EFCFDB709B2D82B3"
NTAG = {"uid": NTAG_UID, "kind": "ntag213", "signature": SIGNATURE}
CLASSIC = {"uid": "DEADBEEF", "kind": "classic1k"}
TRIPLE = {"uid": "04112233445566778899", "kind": "iso"}


class DirectSpi:
    """The methods of SpiChip, straight to the emulated board."""

    path = PATH

    def __init__(self, board, timing=None):
        self.board = board
        self.timing = timing
        self.messages = 0
        self.accesses = 0

    async def exchange(self, *accesses):
        self.messages += 1
        self.accesses += len(accesses)
        if not self.board.node.powered:
            return [bytes(len(access)) for access in accesses]
        return [self.board.chip.transfer(access) for access in accesses]

    async def polled(self, look, then, every, times):
        found = []
        for _ in range(times):
            await self.timing.sleep(every)
            (said,) = await self.exchange(look)
            at, wanted = self.timing.monotonic(), then(said)
            found.append(Look(at, said, await self.exchange(*wanted) if wanted else []))
        return found


class NfcBench:
    """The driver `driver` over `board`, with the `timing` both live by."""

    def __init__(self, *cards, options=None, **board):
        self.timing = FakeTiming()
        self.board = Mfrc522Board(
            link="/nowhere", cards=cards, clock=self.timing.monotonic, **board
        )
        self.bus = DirectSpi(self.board)
        host = Host(self.timing)
        host.spi = lambda path, speed: self.bus
        given = {"bus": PATH} | (options or {})
        self.driver = catalog.build("rfid.mfrc522", "desk", given, host)
        self.readings = []
        self.timing.now += 1.0  # the chip's oscillator runs

    async def __aenter__(self):
        await self.driver.__aenter__()
        self.reading = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *_):
        self.reading.cancel()
        await asyncio.wait([self.reading])
        await self.driver.__aexit__(None, None, None)

    async def _read(self):
        async for reading in self.driver.readings():
            self.readings.append(reading)

    def card(self, number=1):
        return self.board.parts[f"card-{number}"]

    async def until(self, condition):
        """Let the driver work until `condition` holds, or 200 s of its time have passed."""
        late = self.timing.now + 200.0
        while not condition():
            assert self.timing.now < late, (self.readings, self.driver.health)
            await asyncio.sleep(0)

    async def seen(self, **wanted):
        """The fields of the next reading that has all of `wanted`; forgets those before it."""

        def found():
            return [r for r in self.readings if wanted.items() <= r.fields.items()]

        await self.until(found)
        first = found()[0]
        del self.readings[: self.readings.index(first) + 1]
        return first.fields
