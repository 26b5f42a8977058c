"""A JBD pack: the protocol's own frames, damaged ones, and a pack that sleeps, refuses, reports."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import catalog
from drivers.battery.jbd_frames import BASIC, CELLS, Frame, pack_of, parse, request
from drivers.driver import Host, State
from drivers.errors import BadFrame, DeviceFault
from drivers.reading import Quality
from hil.emulators.serial.jbd_pack import JbdPack
from tests.drivers.fake_timing import FakeTiming

PATIENCE = 30.0  # s
# "JBD general communication protocol", V4: the answers that it prints, and what it says they mean.
BASIC_ANSWER = bytes.fromhex(
    "DD 03 00 1B 17 00 00 00 02 D0 03 E8 00 00 20 78 00 00 00 00 00 00 10 48 03 0F 02 0B 76 0B 82 FB FF 77"
)
CELLS_ANSWER = bytes.fromhex(
    "DD 04 00 1E 0F 66 0F 63 0F 63 0F 64 0F 3E 0F 63 0F 37 0F 5B 0F 65 0F 3B 0F 63 0F 63 0F 3C 0F 66 0F 3D"
    "F9 F9 77"
)  # fmt: skip


def test_the_protocols_own_frames():
    assert request(BASIC) == bytes.fromhex("DD A5 03 00 FF FD 77")
    assert request(CELLS) == bytes.fromhex("DD A5 04 00 FF FC 77")
    (basic, cells), rest = parse(BASIC_ANSWER + CELLS_ANSWER)
    assert rest == b""
    pack = pack_of(basic.data, cells.data)
    assert (pack.voltage, pack.current, pack.charge) == (58.88, 0.0, 72.0)
    assert (pack.remaining, pack.full, pack.cycles) == (7.2, 10.0, 0)
    assert list(pack.temperatures) == [20.3, 21.5]
    assert (len(pack.cells), pack.cells[0], min(pack.cells)) == (15, 3.942, 3.895)
    assert (pack.state, pack.faults) == ("idle", ())


@given(st.integers(0, len(BASIC_ANSWER)), st.binary(max_size=40))
def test_a_frame_in_pieces_behind_noise_is_found_once(cut, noise):
    clean = noise.replace(b"\xdd", b"")
    first, rest = parse(clean + BASIC_ANSWER[:cut])
    second, _ = parse(rest + BASIC_ANSWER[cut:])
    assert [each.register for each in (*first, *second)] == [BASIC]


@given(st.binary(max_size=300))
def test_whatever_comes_is_a_frame_or_none(data):
    frames, rest = parse(data)
    assert all(isinstance(each, Frame) for each in frames)
    assert len(rest) <= len(data)


@pytest.mark.parametrize("at", range(2, len(BASIC_ANSWER) - 1))
def test_one_bit_changed_anywhere_it_is_no_frame(at):
    data = bytearray(BASIC_ANSWER)
    data[at] ^= 0x04
    assert parse(bytes(data))[0] == []


@pytest.mark.parametrize(
    ("basic", "cells"),
    [(b"", b""), (bytes(22) + b"\x05", b""), (bytes(23), b"\0\0"), (bytes(23), b"\0")],
)
def test_data_that_is_of_no_pack_is_refused(basic, cells):
    with pytest.raises(BadFrame):
        pack_of(basic, cells)


@contextlib.asynccontextmanager
async def read(folder, **emulated):
    """A pack, its driver and what that said."""
    pack = JbdPack(link=folder / "port", **emulated)
    given_ = {"port": str(folder / "port"), "interval": 0.05}
    driver = catalog.build("battery.jbd", "under-test", given_, Host())
    seen = []
    keep = seen.append

    async def follow():
        async for reading in driver.readings():
            keep(reading)

    async with driver:
        tasks = [asyncio.ensure_future(run) for run in (pack.run(), follow())]
        try:
            yield pack, driver, seen
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_pack_that_slept_is_asked_again_and_tells_all(tmp_path):
    async with read(tmp_path, asleep=True, current=-12.34, probes=[-3.0, 21.5]) as (_, _, seen):
        await until(lambda: seen)
    fields = seen[0].fields
    assert (fields["charge"], fields["state"], fields["current"]) == (72.0, "discharging", -12.34)
    assert (fields["temperature"], fields["temperature_low"]) == (21.5, -3.0)
    assert (fields["cell_low"], fields["cell_high"]) == (3.899, 3.941)
    assert fields["cells"] == "3.920 3.941 3.899 3.930"
    assert fields["faults"] is None


async def test_what_its_management_reports_is_told_and_is_in_the_state(tmp_path):
    async with read(tmp_path) as (pack, driver, seen):
        await until(lambda: seen)
        pack.fault("hot")
        await until(lambda: seen[-1].fields["faults"] == "too warm to charge")
        assert driver.health.state is State.RUNNING
        assert driver.health.cause.id == "battery.protects"
        pack.fault("none")
        await until(lambda: driver.health.cause is None)


async def test_one_that_refuses_is_faulty_and_nothing_is_made_up(tmp_path):
    async with read(tmp_path) as (pack, driver, seen):
        await until(lambda: seen)
        pack.fault("refuse")
        await until(lambda: driver.health.state is State.FAULTY)
        assert "refuses register 0x03 with status 0x80" in driver.health.detail
        await until(lambda: seen[-1].quality is Quality.NO_ANSWER)


async def test_one_that_says_nothing_is_missing_with_what_to_do(tmp_path):
    async with read(tmp_path) as (pack, driver, seen):
        await until(lambda: seen)
        pack.fault("silent")
        await until(lambda: driver.health.state is State.MISSING)
        assert driver.health.cause.id == "battery.silent"
        pack.fault("none")
        await until(lambda: driver.health.state is State.RUNNING)


async def test_a_probe_that_fell_off_is_out_of_range(tmp_path):
    async with read(tmp_path, probes=[20.0, 200.0]) as (_, _, seen):
        await until(lambda: seen)
    assert seen[0].quality is Quality.OUT_OF_RANGE


class Rubbish:
    """A link at whose end something answers that is no pack."""

    def __init__(self, *answers):
        self.answers, self.asked, self.closed = list(answers), [], 0

    async def write(self, data, within):
        self.asked.append((data, within))

    async def read(self, within):
        await asyncio.sleep(0 if self.answers else within)
        return self.answers.pop(0) if self.answers else b""

    def close(self):
        self.closed += 1


async def test_what_answers_and_is_no_pack_is_damaged_and_counted(monkeypatch):
    link = Rubbish(b"hello", b"\xdd\x03")

    async def opened(_path, _rate):
        return link

    monkeypatch.setattr("drivers.battery.jbd.ANSWER_WITHIN", 0.01)
    monkeypatch.setattr("drivers.battery.jbd.SerialLink.open", opened)
    driver = catalog.build("battery.jbd", "under-test", {"port": "/dev/x"}, Host())
    async with driver:
        with pytest.raises(DeviceFault, match="7 bytes from /dev/x are no answer"):
            await driver.read_once()
        assert driver.health.cause.id == "battery.checksum"
        assert driver.health.counters["bad frames"] == 1
    assert [data for data, _ in link.asked] == [request(BASIC)] * 3
    assert link.closed == 1


async def test_a_pack_is_asked_once_an_interval_and_its_answers_come_in_pieces(monkeypatch):
    pieces = BASIC_ANSWER[:7], BASIC_ANSWER[7:] + CELLS_ANSWER[:3], CELLS_ANSWER[3:]
    link = Rubbish(*pieces * 3)

    async def opened(_path, _rate):
        return link

    monkeypatch.setattr("drivers.battery.jbd.SerialLink.open", opened)
    driver = catalog.build(
        "battery.jbd", "under-test", {"port": "/dev/x", "interval": 20}, Host(FakeTiming())
    )
    async with driver, contextlib.aclosing(driver.readings()) as readings:
        found = [await anext(readings) for _ in range(3)]
    assert [each.monotonic for each in found] == [100.0, 120.0, 140.0]
    assert link.asked == [(request(BASIC), 0.5), (request(CELLS), 0.5)] * 3
