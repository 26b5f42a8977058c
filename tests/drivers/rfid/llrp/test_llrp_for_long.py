"""400 reads a second from 32 antennas, in a driver whose clock we turn.

A minute of them, or as many seconds as $LLRP_SECONDS says: `make campaign` takes ten minutes.
"""

import asyncio
import gc
import os
import random
import struct
import time
from collections import Counter
from pathlib import Path

from drivers.catalog import check_options
from drivers.driver import Host
from drivers.errors import LinkLost
from drivers.rfid.llrp.reader import LlrpReader as Driver
from drivers.rfid.llrp.settings import Settings
from foundation.options import settings_of
from hil.emulators.llrp.desk import Session
from hil.emulators.llrp.field import Field, some_tags
from hil.emulators.llrp.protocol import message, requests, tlv, tv
from hil.emulators.llrp.reader import CONNECTED, RELEASE, REPORT, LlrpReader, attempt

ANTENNAS = 32
TAGS = 320
RATE, READ_RATE = 400, 0.65
STEP = 0.05  # s between pieces
SECONDS = int(os.environ.get("LLRP_SECONDS", "60"))
PATIENCE = 120.0  # s; when reads are missing, the end does not come
ROOM = 2_000_000  # bytes a process may grow by chance


class TurnedClock:
    """Time that stands still until it is turned."""

    def __init__(self):
        self.now = 0.0
        self._sleepers = []

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, future))
        await future

    async def turn(self, seconds):
        self.now += seconds
        due = [future for at, future in self._sleepers if at <= self.now]
        self._sleepers = [one for one in self._sleepers if one[0] > self.now and not one[1].done()]
        for future in due:
            if not future.done():
                future.set_result(None)
        await asyncio.sleep(0)


class BusyLink:
    """A reader that answers requests, then reports `RATE` reads a second for `seconds`."""

    def __init__(self, clock, seconds):
        self._clock = clock
        self._steps = round(seconds / STEP)
        reader = LlrpReader(tags=0)
        self._desk, self._session = reader.desk, Session()
        self._answers = [reader.notification(attempt(CONNECTED))]
        self._began = reader._microseconds()
        rng = random.Random(9)
        self._field = Field(some_tags(TAGS, ANTENNAS, rng), read_rate=READ_RATE, noise=2.0, rng=rng)
        self._all = frozenset(range(1, ANTENNAS + 1))
        self._asked = asyncio.Event()
        self.truth = Counter()
        self.bytes = 0

    async def read(self, within):
        while not self._answers and not self._reads():
            self._asked.clear()
            await self._asked.wait()
        if self._answers:
            return self._answers.pop(0)
        await self._clock.turn(STEP)
        if not self._steps:
            raise LinkLost("the end")
        self._steps -= 1
        data = b"".join(self._reports())
        self.bytes += len(data)
        return data

    def _reads(self):
        spec = self._desk.inventory.rospec
        return spec is not None and spec.state

    def _reports(self):
        tries = round(RATE / READ_RATE * STEP)
        moment = self._began + round(self._clock.now * 1e6)
        for heard in self._field.rounds(tries, 0.0, self._all):
            self.truth[heard.tag.epc.hex().upper(), heard.antenna] += 1
            moment += 1
            body = bytes([0x8D]) + heard.tag.epc + tv(1, "H", heard.antenna)
            body += tv(6, "b", round(heard.rssi)) + tv(2, "Q", moment) + tv(4, "Q", moment)
            body += tv(8, "H", 1) + tv(12, "H", 0x3000)
            body += tlv(1023, struct.pack(">IIh", 25882, 57, round(heard.rssi * 100)))
            yield message(REPORT, 1, tlv(240, body))

    async def write(self, data, within):
        for request in requests(data)[0]:
            if request.type != RELEASE:
                self._answers.append(self._desk.answer(self._session, request))
        self._asked.set()

    def close(self):
        pass


def resident():
    """Bytes this process has in memory."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def test_400_reads_a_second_are_all_kept_in_flat_memory():
    clock = TurnedClock()
    link = BusyLink(clock, SECONDS)

    async def connect():
        return link

    places = ", ".join(f"{antenna}: shelf {antenna}" for antenna in range(1, ANTENNAS + 1))
    options = check_options("rfid.llrp", {"address": "reader", "antennas": places})
    driver = Driver("shelves", settings_of(Settings, options), Host(clock), connect)
    counted = Counter()
    early = 0
    feeding = time.process_time()
    readings = 0
    async with asyncio.timeout(PATIENCE), driver:
        async for reading in driver.readings():
            fields = reading.fields
            counted[fields["epc"], fields["antenna"]] += fields["count"]
            readings += 1
            if not early and clock.now > SECONDS / 10:
                early = resident()
            if not link._steps and counted.total() == link.truth.total():
                break
    spent = time.process_time() - feeding
    grown = resident() - early
    reads = link.truth.total()
    print(
        f"{reads} reads ({link.bytes} bytes) in {SECONDS} s made {readings} readings; "
        f"{100 * spent / SECONDS:.2f} % of this processor, the reader's part included; "
        f"{1e6 * spent / reads:.0f} us a read; grown by {grown / 1000:.0f} kB"
    )
    assert reads > 0.97 * RATE * SECONDS
    assert counted == link.truth
    assert grown < ROOM
    assert driver.health.counters["reads"] == reads
