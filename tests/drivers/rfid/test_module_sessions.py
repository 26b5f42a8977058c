"""A serial module's session, order by order and second by second, on a clock of the test's own."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import LinkLost
from drivers.reading import Quality
from drivers.rfid import causes, m100, mercury
from drivers.rfid.crc16 import crc16
from drivers.rfid.m100_frames import Frame, FrameType
from drivers.rfid.mercury_frames import Answer
from foundation.options import settings_of
from hil.emulators.serial import m100_protocol, mercury_protocol
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.rfid.played_m100 import heard

EPC = bytes.fromhex("3074257BF7194E4000001A85")
PATIENCE = 30.0  # s


class Module:
    """A link to a module that answers each order, and says `said` by itself while it is `talking`.

    A read without anything to say takes its whole time; one with something takes `takes` seconds.
    """

    takes, order_takes = 0.5, 1 / 1024  # s

    def __init__(self, timing):
        self.timing = timing
        self.orders, self.waiting, self.said = [], [], []
        self.talking = self.closed = False

    async def write(self, data, within):
        for order in self.orders_in(data):
            self.orders.append(order)
            self.waiting += self.answer(*order)
        self.timing.now += self.order_takes

    async def read(self, within):
        await asyncio.sleep(0)
        if self.waiting:
            return self.waiting.pop(0)
        said = self.said.pop(0) if self.said and self.talking else b""
        if isinstance(said, Exception):
            raise said
        self.timing.now += self.takes if said else within
        return said

    def close(self):
        self.closed = True

    @property
    def codes(self):
        return [code for code, _ in self.orders]


class M100Module(Module):
    """Says its version and its power, and does what else it is told."""

    power = 2000

    def orders_in(self, data):
        return m100_protocol.command_frames(data)[0]

    def answer(self, code, payload):
        self.talking = code in (0x22, 0x27)
        if self.talking:
            return []
        said = {0x03: b"\x00M100 V1.0", 0xB7: self.power.to_bytes(2)}.get(code, b"\x00")
        return [Frame(FrameType.ANSWER, code, said).to_bytes()]


class MercuryModule(Module):
    """Finds `found` in each search, buffered in pages; `loader`: in its boot loader at first."""

    power, loader = 2000, False

    def __init__(self, timing):
        super().__init__(timing)
        self.found, self.pages = [], []
        self.search_status = 0

    def orders_in(self, data):
        return mercury_protocol.commands(data)[0]

    def answer(self, opcode, data):
        status, said = 0, b""
        match opcode:
            case 0x0C:
                said = b"\x11" if self.loader else b"\x12"
            case 0x03:
                said = bytes(4) + b"\x18\0\0\1" + bytes(4) + b"\x01\x02\x03\x04" + bytes(4)
            case 0x62:
                said = b"\x00" + self.power.to_bytes(2)
            case 0x22:
                self.timing.now += self.takes
                status = self.search_status or (0 if self.found else 0x0400)
                said = b"\0\0\0" + bytes([sum(map(len, self.found))]) if not status else b""
                self.pages = list(self.found)
            case 0x29:
                page = self.pages.pop(0) if self.pages else []
                said = b"\0\x07\0" + bytes([len(page)]) + b"".join(page)
        return [Answer(opcode, status, said).to_bytes()]


def record(epc=EPC, *, count=1, rssi=-50, antenna=1, right=True):
    whole = b"\x30\0" + epc
    check = crc16(whole) ^ (0 if right else 1)
    meta = bytes([count, rssi & 0xFF, antenna << 4 | antenna])
    return meta + ((len(whole) + 2) * 8).to_bytes(2) + whole + check.to_bytes(2)


class Bench:
    """A driver over links to one kind of module, all on one clock."""

    def __init__(self, kind, module, make, chosen, **options):
        self.timing = FakeTiming()
        self.module = module(self.timing)
        given = catalog.check_options(kind, {"port": "/dev/x"} | options)
        settings = settings_of(chosen, given)
        self.opened = []
        self.driver = make("dock", settings, Host(self.timing), self.open_at)

    async def open_at(self, rate):
        self.opened.append(rate)
        return self.module

    async def readings(self, count):
        self.stream = self.driver.readings()
        async with asyncio.timeout(PATIENCE):
            return [await anext(self.stream) for _ in range(count)]

    async def until(self, condition):
        """Let the driver go on until something holds; what it reads meanwhile is returned."""
        seen = []

        async def read():
            seen.extend([each async for each in self.driver.readings()])

        going = asyncio.ensure_future(read())
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition() and not going.done():
                    await asyncio.sleep(0)
        finally:
            going.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await going
        assert condition(), self.health
        return seen

    @property
    def health(self):
        return self.driver.health


def m100_bench(**options):
    return Bench("rfid.m100", M100Module, m100.M100, m100.Settings, **options)


def mercury_bench(**options):
    return Bench("rfid.mercury", MercuryModule, mercury.Mercury, mercury.Settings, **options)


SEEN = heard(EPC).to_bytes()
SET_UP = [0x28, 0x03, 0xB6, 0xB7, 0x27]
EMPTY, BUSY = (Frame(FrameType.ANSWER, 0xFF, bytes([code])).to_bytes() for code in (0x15, 0x20))


async def test_an_m100_is_stopped_named_set_up_and_read_once_a_report_interval():
    bench = m100_bench()
    bench.module.said = [SEEN] * 5
    first, second = await bench.readings(2)
    assert bench.module.codes == SET_UP
    assert bench.opened == [115200]
    assert first.fields["count"] == second.fields["count"] == 2  # half a second a read
    assert (first.device, first.fields["antenna"], first.fields["rssi"]) == ("dock", 1, -56)
    assert first.quality is Quality.OK
    assert second.monotonic - first.monotonic == pytest.approx(1.0, abs=0.01)
    assert bench.health.detail == "M100 V1.0, 20 dBm, 1 tag in the last report"
    assert bench.health.counters["reads"] == 4


@pytest.mark.parametrize(
    ("options", "power", "orders", "detail"),
    [
        ({"power_dbm": 26.0}, 2600, [(0xB6, b"\x0a\x28")], "M100 V1.0, 26 dBm"),
        ({"power_dbm": 30.0}, 2600, [(0xB6, b"\x0b\xb8")], "M100 V1.0, 26 dBm (30 asked)"),
        ({"region": "eu"}, 2000, [(0x07, b"\x03"), (0xB6, b"\x07\xd0")], "M100 V1.0, 20 dBm"),
    ],
)
async def test_region_and_power_of_an_m100(options, power, orders, detail):
    bench = m100_bench(**options)
    bench.module.power = power
    await bench.until(lambda: bench.health.state is State.RUNNING)
    assert [order for order in bench.module.orders if order[0] in (0x07, 0xB6)] == orders
    assert bench.health.detail == detail


async def test_what_an_m100_says_besides_tags_is_counted():
    bench = m100_bench()
    unknown = Frame(FrameType.NOTICE, 0x31, b"").to_bytes()
    short = Frame(FrameType.NOTICE, 0x22, b"abc").to_bytes()
    answer = Frame(FrameType.ANSWER, 0x27, b"\0").to_bytes()
    bench.module.said = [EMPTY, BUSY, unknown, short, answer, heard(EPC, intact=False).to_bytes()]
    (reading,) = await bench.readings(1)
    assert reading.quality is Quality.CORRUPT
    assert bench.health.counters == {
        "frames": 9, "empty rounds": 1, "busy channels": 1, "bad frames": 2, "corrupt reads": 1,
        "readings": 1,
    }  # fmt: skip
    assert sorted(bench.driver.discards.often) == [
        "a notice 0x31, which is unknown", "a tag notice of 3 bytes",
        "a tag whose own CRC is wrong",
    ]  # fmt: skip


async def test_a_fault_of_an_m100_ends_the_session_and_what_was_seen_is_told():
    bench = m100_bench(report_interval=60.0)
    bench.module.said = [SEEN, Frame(FrameType.ANSWER, 0xFF, b"\x17").to_bytes()]
    (reading,) = await bench.readings(1)
    assert reading.fields["count"] == 1
    assert bench.module.closed
    assert bench.module.codes == [*SET_UP, 0x28]  # the radio is off


async def test_an_inventory_that_ended_is_started_again_and_silence_ends_the_session():
    bench = m100_bench(report_interval=60.0)
    began = []

    def missing():
        if bench.module.codes == SET_UP and not began:
            began.append(bench.timing.now)
        return bench.health.state is State.MISSING

    await bench.until(missing)
    assert bench.health.counters["restarts"] == 1
    assert bench.module.codes[:7] == [*SET_UP, 0x27, 0x28]
    assert bench.health.detail == "/dev/x fell silent during the inventory"
    assert bench.health.cause is causes.MODULE_FELL_SILENT
    assert bench.health.since - began[0] == pytest.approx(6.0, abs=0.01)


async def test_noise_during_the_inventory_is_told_as_noise():
    bench = m100_bench(report_interval=60.0)
    bench.module.said = [b"noise"] * 12
    await bench.until(lambda: bench.health.state is State.FAULTY)
    assert bench.health.detail == 'only noise came from /dev/x for 6 s: "noise"'
    assert bench.health.cause is causes.MODULE_NOISE


async def test_a_port_that_is_pulled_in_the_inventory_is_opened_at_its_configured_rate():
    bench = m100_bench()
    bench.module.said = [SEEN, LinkLost("pulled")]
    (reading,) = await bench.readings(1)
    assert reading.fields["epc"] == EPC.hex().upper()
    assert bench.driver._port.rate == 115200


async def test_one_look_of_an_m100_is_up_to_five_rounds():
    bench = m100_bench()
    nothing = await bench.driver.read_once()
    assert nothing.quality is Quality.NO_ANSWER
    assert bench.module.codes == [*SET_UP[:-1], *[0x22] * 5, 0x28]
    bench = m100_bench()
    bench.module.said = [EMPTY, b"", SEEN]
    assert (await bench.driver.read_once()).fields["count"] == 1
    assert bench.module.codes == [*SET_UP[:-1], *[0x22] * 2, 0x28]


SEARCH = [0x22, 0x29, 0x2A]
NANO_SET_UP = [0x2F, 0x0C, 0x03, 0x93, 0x91, 0x92, 0x62, 0x2A]


async def test_a_mercury_module_is_set_up_and_searches():
    bench = mercury_bench()
    bench.module.found = [[record(count=3)]]
    reading, following = await bench.readings(2)
    assert bench.module.codes == [*NANO_SET_UP, *SEARCH * 4]
    assert following.fields["count"] == 6
    orders = dict(bench.module.orders)
    assert orders[0x91] == b"\x01\x01"
    assert orders[0x92] == b"\x07\xd0"
    assert orders[0x93] == b"\x00\x05"
    assert orders[0x62] == b"\x00"
    assert orders[0x22] == b"\0\0\0\0\xc8"
    assert (reading.fields["count"], reading.fields["rssi"]) == (6, -50)
    detail = "ThingMagic M6e, firmware 01.02.03.04, 20 dBm, 1 tag in the last report"
    assert bench.health.detail == detail


async def test_boot_region_antennas_and_power_of_a_mercury_module():
    options = {"region": "eu", "antennas": "1, 3", "power_dbm": 30.0, "search_ms": 1000}
    bench = mercury_bench(**options)
    bench.module.loader = True
    bench.module.found = [[record()]]
    await bench.readings(1)
    assert bench.module.codes[:10] == [
        0x2F, 0x0C, 0x04, 0x03, 0x93, 0x97, 0x91, 0x92, 0x62, 0x2A,
    ]  # fmt: skip
    orders = dict(bench.module.orders)
    assert (orders[0x97], orders[0x91]) == (b"\x08", b"\x02\x01\x01\x03\x03")
    assert orders[0x22] == b"\0\0\0\x03\xe8"
    assert bench.health.counters["boots"] == 1
    assert bench.health.detail.endswith("20 dBm (30 asked)")


async def test_more_tags_than_a_page_holds_are_fetched_page_by_page():
    bench = mercury_bench()
    tags = [record(number.to_bytes(12)) for number in range(5)]
    bench.module.found = [tags[:2], tags[2:4], tags[4:]]
    readings = await bench.readings(5)
    assert len({each.fields["epc"] for each in readings}) == 5
    assert bench.module.codes[8:14] == [0x22, 0x29, 0x29, 0x29, 0x2A, 0x22]


async def test_a_buffer_that_lacks_what_was_found_is_a_lost_report():
    bench = mercury_bench()
    bench.module.found = [[record()], [], [record()]]
    await bench.readings(1)
    assert bench.driver.discards.often == {"the module's buffer lacks 1 tag that it found": 2}
    assert bench.health.counters["bad frames"] == 2


async def test_searches_without_a_tag_are_counted_and_no_fault():
    bench = mercury_bench()
    await bench.until(lambda: bench.health.counters.get("empty rounds", 0) >= 3)
    assert set(bench.module.codes[8:]) == {0x22}
    assert bench.health.state is State.RUNNING


async def test_a_fault_of_a_search_ends_the_session():
    bench = mercury_bench()
    bench.module.search_status = 0x0504
    await bench.until(lambda: bench.health.state is State.FAULTY)
    assert bench.health.detail == "the module says: it is too hot (status 0x0504)"
    assert bench.module.closed


async def test_one_look_of_a_mercury_module_is_up_to_three_searches():
    bench = mercury_bench()
    assert (await bench.driver.read_once()).quality is Quality.NO_ANSWER
    assert bench.module.codes == [*NANO_SET_UP, *[0x22] * 3]
    bench = mercury_bench()
    bench.module.found = [[record(right=False)]]
    assert (await bench.driver.read_once()).quality is Quality.CORRUPT
    assert bench.module.codes == [*NANO_SET_UP, *SEARCH]


class Deaf(M100Module):
    """Answers at one rate only."""

    def answer(self, code, payload):
        return super().answer(code, payload) if self.bench.opened[-1] == 57600 else []


async def test_a_module_at_another_rate_is_knocked_at_and_greeted():
    bench = m100_bench()
    bench.module.__class__ = Deaf
    bench.module.bench = bench
    bench.module.said = []
    await bench.until(lambda: bench.health.state is State.RUNNING)
    assert bench.opened == [115200, 9600, 57600, 57600]
    knocks = [code for code, _ in bench.module.orders]
    assert knocks[:6] == [0x28, 0x03, 0x03, 0x03, 0x03, 0x28]
    assert "heard at 57600 baud, not at 115200 as configured" in bench.health.detail


async def test_a_mercury_module_is_knocked_at_once_at_each_other_rate():
    bench = mercury_bench()
    answer = bench.module.answer
    bench.module.answer = lambda *order: answer(*order) if bench.opened[-1] == 57600 else []
    bench.module.order_takes = 1.0
    await bench.until(lambda: bench.health.state is State.RUNNING)
    assert bench.opened == [115200, 9600, 57600, 57600]
    assert bench.module.codes[:6] == [0x2F, 0x0C, 0x0C, 0x0C, 0x0C, 0x2F]  # asked twice at its own


@pytest.mark.parametrize(
    ("bench", "kind"), [(m100_bench, "an M100 module"), (mercury_bench, "a ThingMagic module")]
)
async def test_what_is_no_module_is_named_by_what_should_be_there(bench, kind):
    made = bench()
    made.module.answer = lambda *_: [b"+CMTI: 1\r\n"]
    await made.until(lambda: made.health.state is State.WRONG_DEVICE)
    assert made.health.detail.startswith(f"what answers on /dev/x is not {kind}, at any rate: ")
    assert '"+CMTI: 1"' in made.health.detail


@pytest.mark.parametrize(("make", "asking"), [(m100_bench, 0x27), (mercury_bench, 0x22)])
async def test_a_module_that_is_pulled_is_missing(make, asking):
    bench = make()
    answer = bench.module.answer

    def pulled(code, data):
        if code == asking:
            raise LinkLost("pulled")
        return answer(code, data)

    bench.module.answer = pulled
    await bench.until(lambda: bench.health.state is State.MISSING)
    assert bench.health.detail == "pulled"
    assert bench.module.closed


@pytest.mark.parametrize("make", [m100_bench, mercury_bench])
async def test_who_asks_is_given_the_tag_that_is_there_and_else_told_that_none_is(make):
    bench = make(report_interval=60.0)
    stream = bench.driver.readings()
    following = asyncio.ensure_future(anext(stream))
    async with asyncio.timeout(PATIENCE):
        while bench.health.state is not State.RUNNING:
            await asyncio.sleep(0)
        assert (await bench.driver.read_once()).quality is Quality.NO_ANSWER
        if make is m100_bench:
            bench.module.said = [SEEN] * 1000
        else:
            bench.module.found = [[record()]]
        while not bench.health.counters.get("reads"):
            await asyncio.sleep(0)
        answer = await bench.driver.read_once()
        assert (await following).fields["epc"] == EPC.hex().upper()
    assert (answer.quality, answer.fields["epc"]) == (Quality.OK, EPC.hex().upper())
