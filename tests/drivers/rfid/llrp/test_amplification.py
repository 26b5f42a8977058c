"""What a hostile reader can make of 128 KiB: neither much memory nor a long standstill."""

import asyncio
import struct
import time
import tracemalloc

import pytest

from drivers.driver import State
from drivers.errors import BadFrame
from drivers.rfid.llrp.elements import MOST_PARAMETERS, decode_body, read_body
from drivers.rfid.llrp.frames import HEADER, LONGEST
from drivers.rfid.llrp.reports import tag_reports
from hil.emulators.llrp.protocol import impinj, message, tlv, tv
from hil.emulators.llrp.reader import REPORT

BODY = LONGEST - HEADER  # bytes
LONGEST_CALL = 0.1  # s of this processor
MOST_MEMORY = 100 * LONGEST  # bytes


def filled(part):
    return part * (BODY // len(part))


def nested(part, levels):
    """Return a message's body whose parameters lie deep in one another, each as long as can be."""
    content = part * ((0xFFFF - 4 * levels) // len(part))
    for _ in range(levels):
        content = tlv(209, content)
    return content * 2


EPC = b"\x8d" + bytes.fromhex("3074257BF7194E4000001A85")
HOSTILE = {
    "numbers": filled(tv(6, "b", -60)),
    "empty entries": filled(tlv(240)),
    "unknown parameters": filled(tlv(768)),
    "damaged parameters": filled(tlv(255)),
    "damaged extensions": filled(impinj(57)),
    "damage in entries": filled(tlv(240, tlv(255))),
    "unknown short parameters": filled(tlv(240, b"\xff")),
    "empty EPCs": filled(tlv(240, tlv(241, bytes(2)))),
    "EPCs": filled(tlv(240, EPC)),
    "depth": nested(tv(6, "b", -60), 11),
    "too much depth": nested(tv(6, "b", -60), 14),
    "lists": tlv(183, struct.pack(">H", 32_000) + bytes(64_000)) * 2,
}
bodies = pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)


def decoded(body):
    try:
        return read_body(REPORT, body)
    except BadFrame:
        return None


@bodies
def test_a_message_is_read_in_a_tenth_of_a_second(body):
    spent = []
    for _ in range(3):
        begin = time.process_time()
        decoded(body)
        spent.append(time.process_time() - begin)
    assert min(spent) < LONGEST_CALL


@bodies
def test_a_message_takes_no_more_than_a_hundred_times_its_length(body):
    tracemalloc.start()
    kept = decoded(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    del kept


def test_a_message_full_of_real_reports_is_read_whole():
    """An entry of an R420 with EPC, antenna, RSSI and a timestamp; the shortest that we know."""
    entry = bytes.fromhex("00f0001f8d3000abcdef0000000000000381000186d0820005a9e4bef862e0")
    body = filled(entry)
    found = list(tag_reports(decode_body(REPORT, body)))
    assert len(found) == len(body) // len(entry) > 4000
    assert sum(1 for _ in decode_body(REPORT, body).walk()) - 1 <= MOST_PARAMETERS


class Standstill:
    """The longest time of this processor in which the event loop did not get its turn."""

    def __init__(self):
        self.longest = 0.0

    async def watch(self):
        last = time.process_time()
        while True:
            await asyncio.sleep(0)
            now = time.process_time()
            self.longest, last = max(self.longest, now - last), now


@bodies
async def test_the_event_loop_gets_its_turn_while_a_message_is_heard(bench, body):
    async with bench(tags=0) as b:
        await b.until(lambda: b.health.state is State.RUNNING)
        standstill = Standstill()
        watching = asyncio.ensure_future(standstill.watch())
        frames = b.health.counters["frames"]
        b.emulator.send_raw(message(REPORT, 1, body) * 2)
        await b.until(lambda: b.health.counters["frames"] >= frames + 2)
        await b.until(lambda: not b.driver._tags)
        watching.cancel()
        assert standstill.longest < LONGEST_CALL
