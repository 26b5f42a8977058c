"""Serial UHF modules: what is lost is told, noise is no silence, and another rate is found."""

import pytest

from drivers.driver import State
from drivers.reading import Quality
from drivers.rfid import discards, m100, sightings
from drivers.rfid.m100_commands import version_text
from drivers.rfid.m100_frames import Frame, FrameType
from drivers.rfid.mercury_commands import Opcode, buffered
from drivers.rfid.mercury_frames import Answer
from hil.emulators.serial import m100_protocol, mercury_protocol
from hil.emulators.serial.pty_port import speed_code
from tests.conformance.ports import SerialBench

SGTIN = "3074257BF7194E4000001A85"
TAGS = [{"epc": SGTIN}]
WITHIN = 15.0  # s in which a module's trouble must be told
both = pytest.mark.parametrize("kind", ["rfid.m100", "rfid.mercury"])


class Bench(SerialBench):
    """An emulated module with one tag, and its driver, read all the time."""

    PATIENCE = 60.0  # s, against a hang

    def __init__(self, folder, kind, *, options=None, **emulated):
        super().__init__(kind, folder, tags=emulated.pop("tags", TAGS), read_rate=1.0, **emulated)
        self.given |= {"report_interval": 0.2} | (options or {})

    async def reads(self):
        """The next reading."""
        before = len(self.seen)
        await self.until(lambda: len(self.seen) > before)
        return self.seen[before]

    def change(self, change):
        """Send what `change` makes of what the module says."""

        def through(write):
            async def changed(data):
                await write(change(data))

            return changed

        self.emulator.port.through(through)


def spoilt(data):
    """A frame with a wrong check."""
    return data[:-2] + bytes([data[-2] ^ 1, data[-1]])


@pytest.fixture
def soon(monkeypatch):
    """What takes seconds in the field takes tenths of them."""
    monkeypatch.setattr(discards, "LOST_FOR", 0.3)
    monkeypatch.setattr(m100, "SILENT", 0.3)


def test_trouble_is_told_within_fifteen_seconds():
    assert discards.LOST_FOR + m100.SILENT < WITHIN
    assert 2 * m100.SILENT < WITHIN


async def test_an_m100_whose_tags_are_all_lost_is_faulty(tmp_path, soon):
    async with Bench(tmp_path, "rfid.m100", rounds=50.0) as bench:
        await bench.reads()
        bench.change(lambda data: spoilt(data) if data[1] == m100_protocol.NOTICE else data)
        await bench.until(lambda: bench.health.state is State.FAULTY)
        assert "none of the last" in bench.health.detail
        assert "a notice whose sum is wrong" in bench.health.detail
        assert "cable" in bench.health.advice


async def test_a_mercury_whose_tags_are_all_lost_is_faulty(tmp_path, soon):
    buffer = mercury_protocol.GET_BUFFER
    async with Bench(tmp_path, "rfid.mercury", options={"search_ms": 50}) as bench:
        await bench.reads()
        bench.change(lambda data: spoilt(data) if data[2] == buffer else data)
        await bench.until(lambda: bench.health.state is State.FAULTY)
        assert "the answer to the command get_buffer is not a frame" in bench.health.detail
        assert bench.health.counters["bad frames"] >= 1
        assert "reopens" not in bench.health.counters


@both
async def test_tags_none_of_which_is_intact_make_it_faulty(tmp_path, soon, kind):
    async with Bench(tmp_path, kind, corrupt=1.0) as bench:
        assert (await bench.reads()).quality is Quality.CORRUPT
        await bench.until(lambda: bench.health.state is State.FAULTY)
        assert "a tag whose own CRC is wrong" in bench.health.detail


@both
async def test_noise_from_a_module_that_was_read_is_a_fault_and_asked_again_soon(
    tmp_path, soon, kind
):
    async with Bench(tmp_path, kind) as bench:
        await bench.reads()
        noisy = True
        bench.change(lambda data: bytes(len(data)) if noisy else data)
        await bench.until(lambda: bench.health.counters.get("reopens", 0) >= 2)
        assert bench.health.state is State.FAULTY
        assert "noise" in bench.health.detail
        assert "00 00 00" in bench.health.detail
        assert "cable" in bench.health.advice
        noisy = False
        await bench.until(lambda: bench.health.state is State.RUNNING)


@pytest.mark.parametrize("interval", [0.2, 3600])
async def test_silence_is_found_out_whatever_the_report_interval_is(tmp_path, soon, interval):
    async with Bench(tmp_path, "rfid.m100", options={"report_interval": interval}) as bench:
        await bench.until(lambda: bench.health.counters.get("reads"))
        bench.change(lambda _: b"")
        await bench.until(lambda: bench.health.state is State.MISSING)
        assert "fell silent" in bench.health.detail


@both
@pytest.mark.parametrize("talks", [False, True])
async def test_a_module_at_another_rate_is_found_and_the_rate_is_said(tmp_path, kind, talks):
    """At the configured one there is silence, or noise where it talks by itself."""
    async with Bench(tmp_path, kind, baudrate=9600) as bench:
        if talks and kind == "rfid.m100":
            bench.emulator.answers(m100_protocol.MULTI, bytes.fromhex("22FFFF"))
        bench.emulator.streaming = talks
        assert (await bench.reads()).fields["epc"] == SGTIN
        await bench.reads()
        assert bench.health.state is State.RUNNING
        assert "heard at 9600 baud, not at 115200 as configured" in bench.health.detail
        assert bench.health.advice == "set baudrate = 9600 in its configuration"


async def test_a_module_that_answered_once_is_not_looked_for_elsewhere(tmp_path, soon):
    async with Bench(tmp_path, "rfid.m100") as bench:
        await bench.reads()
        port, rates = bench.driver._port, []
        open_at = port._open_at

        async def noted(rate):
            rates.append(rate)
            return await open_at(rate)

        port._open_at = noted
        bench.change(lambda _: b"")
        await bench.until(lambda: len(rates) >= 2)
        assert set(rates) == {115200}


async def test_another_module_in_its_place_is_looked_for(tmp_path, soon):
    """What is plugged in now talks at another rate than what was there."""
    async with Bench(tmp_path, "rfid.m100") as bench:
        await bench.reads()
        bench.unplug()
        await bench.until(lambda: bench.health.state is State.MISSING)
        bench.emulator.port._speed = speed_code(57600)
        bench.plug()
        await bench.reads()
        await bench.until(lambda: "heard at 57600 baud" in bench.health.detail)


@both
async def test_a_tag_without_an_epc_is_suspect(tmp_path, kind):
    async with Bench(tmp_path, kind, tags=[{"epc": ""}]) as bench:
        first = await bench.reads()
        assert (first.quality, first.fields["epc"]) == (Quality.SUSPECT, "")
        assert first.fields["epc_bits"] == 0


@both
async def test_more_tags_than_are_kept_are_reported_before_their_time(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(sightings, "MOST", 3)
    tags = [{"epc": f"{number:024X}"} for number in range(4)]
    async with Bench(tmp_path, kind, options={"report_interval": 3600}, tags=tags) as bench:
        await bench.until(lambda: len({one.fields["epc"] for one in bench.seen}) >= 3)


async def test_notices_that_nobody_knows_are_lost_ones(tmp_path, soon):
    strange = m100_protocol.frame(m100_protocol.NOTICE, 0x99, b"\x00")
    async with Bench(tmp_path, "rfid.m100", tags=[], rounds=50.0) as bench:
        await bench.until(lambda: bench.health.state is State.RUNNING)
        bench.change(lambda _: strange)
        await bench.until(lambda: bench.health.state is State.FAULTY)
        assert "a notice 0x99, which is unknown" in bench.health.detail


def test_what_a_module_does_not_tell_is_unknown_and_not_zero():
    """Only the read count is in the metadata: no RSSI, no antenna."""
    air = bytes.fromhex("3000" + SGTIN)
    data = bytes.fromhex("0001 00 01 03") + (128).to_bytes(2) + air + b"\x00\x00"
    [tag] = buffered(Answer(Opcode.GET_BUFFER, 0, data))
    assert (tag.rssi, tag.antenna, tag.count) == (None, None, 3)


def test_a_module_s_name_steers_no_terminal():
    frame = Frame(FrameType.ANSWER, 0x03, b"\x00M100\x1b[2J\n" + b"x" * 250)
    text = version_text(frame)
    assert text.startswith("M100?[2J?xxx")
    assert len(text) == 200
