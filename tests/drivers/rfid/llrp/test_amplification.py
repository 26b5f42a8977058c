"""What a hostile reader can make of 128 KiB: neither much memory nor a long standstill."""

import gc
import struct
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from drivers.catalog import check_options
from drivers.errors import BadFrame, DeviceFault
from drivers.rfid.llrp import requests
from drivers.rfid.llrp.capabilities import capabilities
from drivers.rfid.llrp.elements import (
    MOST_PARAMETERS,
    decode_body,
    encode_body,
    encode_parameter,
    read_body,
)
from drivers.rfid.llrp.exchange import checked
from drivers.rfid.llrp.frames import HEADER, LONGEST
from drivers.rfid.llrp.reports import tag_reports
from drivers.rfid.llrp.settings import Settings
from foundation.options import settings_of
from hil.emulators.llrp.protocol import impinj, status, tlv, tv, utf8
from hil.emulators.llrp.reader import REPORT

BODY = LONGEST - HEADER  # bytes
TRIES = 8
TIMES_HONEST = 4
"""What a hostile message may cost of what a whole one of real reports does: 25 ms on a laptop."""
MOST_MEMORY = 100 * LONGEST  # bytes


def filled(part):
    return part * (BODY // len(part))


def nested(part, levels):
    """Return a message's body whose parameters lie deep in one another, each as long as can be."""
    content = part * ((BODY // 2 - 4 * levels) // len(part))
    for _ in range(levels):
        content = tlv(209, content)
    return content * 2


EPC = b"\x8d" + bytes.fromhex("3074257BF7194E4000001A85")
ENTRY = bytes.fromhex("00f0001f8d3000abcdef0000000000000381000186d0820005a9e4bef862e0")
"""Of an R420 with EPC, antenna, RSSI and a timestamp; the shortest that we know."""
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


def reading(body) -> float:
    """Return the seconds of this processor that it takes to read a message."""
    spent = []
    for _ in range(3):
        begin = time.thread_time()
        decoded(body)
        spent.append(time.thread_time() - begin)
    return min(spent)


def longest_call() -> float:
    """Return how many seconds one call may take on this processor, fast or slow."""
    return TIMES_HONEST * reading(filled(ENTRY))


@bodies
def test_a_message_takes_no_more_than_four_honest_ones(young_heap, body):
    assert reading(body) < longest_call()


@bodies
def test_a_message_takes_no_more_than_a_hundred_times_its_length(body):
    tracemalloc.start()
    kept = decoded(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    del kept


def test_a_message_full_of_real_reports_is_read_whole():
    body = filled(ENTRY)
    found = list(tag_reports(decode_body(REPORT, body)))
    assert len(found) == len(body) // len(ENTRY) > 4000
    assert sum(1 for _ in decode_body(REPORT, body).walk()) - 1 <= MOST_PARAMETERS


@pytest.fixture
def young_heap():
    """Neither collector nor tracing look at anything that other tests have left."""
    tracemalloc.stop()
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def test_the_event_loop_gets_its_turn_while_a_reader_talks():
    """In a process of its own: what other tests have left in this one counts for nothing."""
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    alone = Path(__file__).with_name("standstill.py")
    done = subprocess.run([*argv, str(alone)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_capabilities_of_any_size_are_learnt_at_once(young_heap):
    general = struct.pack(">HHII", 65535, 0, 25882, 1) + utf8("1")
    sensitivities = b"".join(tlv(139, struct.pack(">HH", n, n)) for n in range(3500))
    ranges = b"".join(tlv(149, struct.pack(">HHH", n, 0, 65535)) for n in range(3500))
    powers = b"".join(tlv(145, struct.pack(">Hh", n, n)) for n in range(2500))
    modes = tlv(328, b"".join(tlv(329, n.to_bytes(4) + bytes(28)) for n in range(1000)))
    band = tlv(143, bytes(4) + tlv(144, powers + modes))
    limits = tlv(142, bytes(24))
    inputs = tlv(141, struct.pack(">HH", 65535, 0))
    body = status() + tlv(137, general + inputs + sensitivities[:20_000] + ranges[:30_000])
    answer = decode_body(11, body + limits + band)
    begin = time.thread_time()
    can = capabilities(answer)
    options = {"address": "reader", "antenna_power": "3: 20", "inputs": True}
    chosen = settings_of(Settings, check_options("rfid.llrp", options))
    spec, config = requests.rospec(chosen, can), requests.set_config(chosen, can)
    assert time.thread_time() - begin < longest_call()
    assert len(encode_parameter(spec)) < LONGEST
    assert len(encode_body(config)[1]) < LONGEST


def test_a_refusal_with_thousands_of_causes_is_told_in_a_line():
    causes = tlv(289, struct.pack(">HH", 7, 1)) * 8000
    answer = decode_body(30, tlv(287, struct.pack(">HH", 1, 0) + causes[:60_000]))
    with pytest.raises(DeviceFault) as refused:
        checked("ADD_ROSPEC", answer)
    assert len(str(refused.value)) < 200
