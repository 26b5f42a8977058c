"""What an LLRP reader's health says of what was thrown away, of silence and of refusals."""

import asyncio
import struct

import pytest

from drivers.catalog import check_options
from drivers.driver import Host, State
from drivers.reading import Quality
from drivers.rfid import discards
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import connection, exchange, reader
from drivers.rfid.llrp.settings import Settings
from foundation.options import settings_of
from hil.emulators.llrp.protocol import message, tlv, tv
from hil.emulators.llrp.reader import REPORT
from hil.site.ports import HERE, free_port

GOOD, OTHER = "3074257BF7194E4000001A85", "3074257BF7194E4000001A88"
WITHIN = 15.0  # s in which a reader's trouble must be told
STRANGE = 700  # a message type that no table has


@pytest.fixture
def soon(monkeypatch):
    """What takes seconds in the field takes tenths of them."""
    monkeypatch.setattr(discards, "LOST_WITHIN", 0.3)
    monkeypatch.setattr(reader, "SAY_EVERY", 0.1)
    monkeypatch.setattr(connection, "GREETING_WITHIN", 0.4)
    monkeypatch.setattr(exchange, "MESSAGE_WITHIN", 0.4)


def entry(epc, *more, pc=0x3000):
    return tlv(240, b"\x8d" + bytes.fromhex(epc) + tv(1, "H", 1) + tv(12, "H", pc) + b"".join(more))


def report(*entries):
    return message(REPORT, 7, b"".join(entries))


def test_trouble_is_told_within_fifteen_seconds():
    assert discards.LOST_WITHIN + reader.SAY_EVERY < WITHIN
    assert connection.GREETING_WITHIN < WITHIN
    assert exchange.MESSAGE_WITHIN < WITHIN
    chosen = settings_of(Settings, check_options("rfid.llrp", {"address": "reader"}))
    driver = reader.LlrpReader("door", chosen, Host(), connect=None)
    assert driver._connector._silence < WITHIN


@pytest.mark.parametrize(
    ("quirk", "said"),
    [
        ("cut", "a damaged TagReportData: PeakRSSI is cut short"),
        ("no-epc", "a tag report without an EPC"),
    ],
)
async def test_a_reader_none_of_whose_reports_can_be_read_is_faulty(bench, soon, quirk, said):
    async with bench(quirks=[quirk], rate=20.0) as b:
        await b.until(lambda: b.health.state is State.FAULTY)
        assert said in b.health.detail
        assert "none of the last" in b.health.detail
        assert "firmware" in b.health.advice
        assert b.health.counters["lost tag reports"] >= 2
        assert b.tags() == []
        assert "reopens" not in b.health.counters


async def test_it_is_faulty_whatever_the_report_interval_is(bench, soon):
    async with bench({"report_interval": 3600}, quirks=["cut"], rate=20.0) as b:
        await b.until(lambda: b.health.state is State.FAULTY)


async def test_a_parameter_that_does_not_fit_costs_only_itself(bench, soon):
    """A firmware whose Impinj RSSI has a byte more: the tag and the standard's RSSI are there."""
    async with bench(quirks=["long-rssi"], noise=0.0) as b:
        await b.until(lambda: len(b.tags()) > 4)
        assert {one.quality for one in b.tags()} == {Quality.OK}
        assert {type(one.fields["rssi"]) for one in b.tags()} == {int}
        assert b.health.state is State.RUNNING
        await b.until(lambda: "not read: a damaged ImpinjPeakRSSI" in b.health.detail)
        assert "firmware" in b.health.advice
        assert b.health.counters["skipped parameters"] > 4


async def test_a_damaged_tag_costs_only_itself(bench, soon):
    cut = tlv(240, b"\x8d" + bytes.fromhex(OTHER) + b"\x86")
    async with bench(tags=0) as b:
        await b.until(lambda: b.health.state is State.RUNNING)
        b.emulator.send_raw(report(cut, entry(GOOD)))
        await b.until(b.tags)
        assert [one.fields["epc"] for one in b.tags()] == [GOOD]
        assert b.tags()[0].quality is Quality.OK
        assert b.health.counters["lost tag reports"] == 1
        assert "bad frames" not in b.health.counters


async def test_a_length_beyond_the_message_costs_what_is_behind_it(bench, soon):
    broken = struct.pack(">HH", 240, 5000) + entry(OTHER)[4:]
    async with bench(tags=0) as b:
        await b.until(lambda: b.health.state is State.RUNNING)
        b.emulator.send_raw(report(entry(GOOD), broken))
        await b.until(b.tags)
        assert [one.fields["epc"] for one in b.tags()] == [GOOD]
        await b.until(lambda: "parameter 240 has an impossible length" in b.health.detail)


async def test_what_belongs_into_no_report_is_told(bench, soon):
    async with bench(tags=0) as b:
        await b.until(lambda: b.health.state is State.RUNNING)
        b.emulator.send_raw(report(tv(6, "b", -60), entry(GOOD)))
        b.emulator.send_raw(message(STRANGE, 1, b"new"))
        b.emulator.send_raw(message(100, 1, tlv(287, struct.pack(">HH", 109, 3) + b"no!")))
        await b.until(lambda: b.health.counters.get("errors"))
        assert b.health.counters["skipped parameters"] == 1
        assert b.health.counters["unused messages"] == 1
        assert b.health.detail == "the reader reports an error: no!, status 109"


async def test_good_tags_among_lost_ones_keep_the_reader_running(bench, soon):
    async with bench() as b:
        await b.until(b.tags)
        for _ in range(20):
            b.emulator.send_raw(bytes.fromhex("043d 0000000e 00000001 00f00003"))
            await asyncio.sleep(0.05)
        assert b.health.counters["bad frames"] == 20
        assert b.health.state is State.RUNNING
        assert "not read: a damaged RO_ACCESS_REPORT" in b.health.detail


def test_what_was_thrown_away_is_forgotten_after_a_minute():
    seen = Discards()
    seen.lose("a", 100.0)
    assert (seen.fault(104.0), seen.remark(104.0)) == ("", "not read: a")
    seen.lose("b", 106.0)
    assert seen.fault(106.0) == "none of the last 2 reports could be read: b"
    seen.skip("c", 107.0)
    assert seen.remark(107.0) == "not read: c, 3 such lately"
    assert seen.fault(107.0 + 61.0) == seen.remark(107.0 + 61.0) == ""
    seen.lose("d", 200.0)
    assert seen.remark(201.0) == "not read: d"
    assert seen.fault(206.0) == "the last report could not be read: d"
    seen.read()
    assert seen.fault(206.0) == ""


async def test_a_message_that_never_ends_is_no_quiet_reader(bench, soon):
    """Its length field is wrong: all that follows is taken for its content."""
    async with bench(rate=40.0) as b:
        await b.until(b.tags)
        b.emulator.send_raw(struct.pack(">HII", 0x0400 | REPORT, 100_000, 1))
        await b.until(lambda: b.health.counters.get("reopens"))
        assert b.health.counters["bad frames"] == 1
        before = len(b.tags())
        await b.until(lambda: len(b.tags()) > before)
        assert "did not end a message of 100000 bytes, of which" in b.health.detail


async def test_a_reader_that_hangs_is_missing_and_no_wrong_device(bench, soon):
    async with bench({"keepalive": 1}) as b:
        await b.until(b.tags)
        b.emulator.fault("hang")
        await b.until(lambda: b.health.state is State.MISSING)
        assert b.health.detail == "the reader fell silent for 2.5 s"
        await b.until(lambda: b.health.counters.get("reopens", 0) >= 2)
        assert b.health.state is State.MISSING
        assert "takes the connection, but does not greet: it sent nothing" in b.health.detail
        assert "power-cycle" in b.health.advice
        b.emulator.fault("wake")
        before = len(b.tags())
        await b.until(lambda: len(b.tags()) > before)


async def test_a_device_that_says_half_a_greeting_is_no_wrong_device(bench, soon, listens):
    async def half(reader, writer):
        writer.write(bytes.fromhex("043f 00000020"))
        await reader.read()
        writer.close()

    async with bench({"address": await listens(half)}) as b:
        await b.until(lambda: b.health.state is State.MISSING)
        assert "it sent 0 messages in 0.4 s" in b.health.detail


@pytest.fixture
async def listens():
    """Let a coroutine serve whoever connects to the address that is returned."""
    servers = []

    async def begin(serve):
        servers.append(await asyncio.start_server(serve, HERE, free_port()))
        return f"{HERE}:{servers[-1].sockets[0].getsockname()[1]}"

    yield begin
    for server in servers:
        server.close()


async def test_something_else_is_told_by_what_it_sent(bench, listens):
    async def ssh(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await reader.read()
        writer.close()

    async with bench({"address": await listens(ssh)}) as b:
        await b.until(lambda: b.health.state is State.WRONG_DEVICE)
        assert "a message of version 4, not LLRP 1" in b.health.detail


async def test_our_own_connection_that_the_reader_still_holds_is_named_so(bench, soon):
    """The reader works again, and has not yet missed the client of before."""
    async with bench({"keepalive": 1}) as b:
        await b.until(b.tags)
        b.emulator.fault("hang")
        await b.until(lambda: b.health.state is State.MISSING)
        b.emulator.fault("occupied", "99")
        b.emulator.fault("wake")
        await b.until(lambda: b.health.state is State.FAULTY)
        assert "still holds this gateway's own connection, which was given up" in b.health.detail
        assert "another program" not in b.health.detail
        b.emulator.fault("occupied", "0")
        await b.until(lambda: b.health.state is State.RUNNING)


async def test_a_connection_that_the_reader_ended_is_no_left_over(bench, soon):
    """Somebody else may have it since."""
    async with bench() as b:
        await b.until(b.tags)
        b.emulator.fault("occupied", "1")
        b.emulator.fault("drop")
        await b.until(lambda: b.health.state is State.FAULTY)
        assert "another program is connected" in b.health.detail
