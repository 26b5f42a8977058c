"""The gateway's own health, read from a made-up sysfs."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from agent.machine.board import DiskSpace
from agent.machine.health import (
    HealthMonitor,
    Power,
    disk_space,
    power,
    soc_temperature,
)
from agent.records.convert import OWN_DEVICE
from drivers.reading import Reading
from tests.agent.fakes import FakeTiming, settle


def put(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0\n", Power(False, 0)), ("50005\n", Power(True, 0x50005)), ("50000", Power(False, 0x50000))],
)
def test_the_firmware_tells_the_supply(tmp_path, text, expected):
    put(tmp_path, THROTTLED, text)
    assert power(tmp_path) == expected


def test_the_voltage_sensor_tells_where_the_firmware_does_not(tmp_path):
    put(tmp_path, "class/hwmon/hwmon0/name", "cpu_thermal\n")
    put(tmp_path, "class/hwmon/hwmon0/in0_lcrit_alarm", "1\n")
    assert power(tmp_path) is None
    put(tmp_path, "class/hwmon/hwmon1/name", "rpi_volt\n")
    put(tmp_path, "class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert power(tmp_path) == Power(True, None)
    put(tmp_path, "class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
    assert power(tmp_path) == Power(False, None)
    put(tmp_path, "class/hwmon/hwmon1/in0_lcrit_alarm", "2\n")
    assert power(tmp_path) is None, "what the sensor does not say is unknown"


def test_boards_without_sensors_and_rubbish(tmp_path):
    assert power(tmp_path) is None
    assert soc_temperature(tmp_path) is None
    put(tmp_path, THROTTLED, "unknown")
    put(tmp_path, "class/thermal/thermal_zone0/temp", "hot")
    assert power(tmp_path) is None
    assert soc_temperature(tmp_path) is None


def test_soc_temperature(tmp_path):
    put(tmp_path, "class/thermal/thermal_zone0/temp", "48312\n")
    assert soc_temperature(tmp_path) == 48.312


def test_of_the_disk_counts_what_this_user_may_fill(tmp_path, monkeypatch):
    space = disk_space(tmp_path)
    assert 0 <= space.free <= space.total
    said = SimpleNamespace(f_bsize=8192, f_frsize=4096, f_blocks=2600, f_bfree=1300, f_bavail=520)
    monkeypatch.setattr(os, "statvfs", lambda _: said)
    assert disk_space(tmp_path) == DiskSpace(free=2, total=10)


class Taken:
    def __init__(self):
        self.readings: list[Reading] = []

    async def take(self, reading: Reading) -> None:
        self.readings.append(reading)


async def test_the_supply_is_recorded_when_it_changes_the_rest_at_each_look(tmp_path):
    put(tmp_path, THROTTLED, "0")
    put(tmp_path, "class/thermal/thermal_zone0/temp", "48000")
    taken, timing = Taken(), FakeTiming()
    monitor = HealthMonitor(taken, timing, interval=60.0, folder=tmp_path, sys=tmp_path)
    import asyncio

    task = asyncio.create_task(monitor.run())
    await settle()
    assert [r.kind for r in taken.readings] == ["power", "soc-temperature", "disk"]
    assert {r.device for r in taken.readings} == {OWN_DEVICE}
    assert {r.monotonic for r in taken.readings} == {100.0}
    assert taken.readings[1].fields == {"temperature": 48.0}
    space = disk_space(tmp_path)
    disk = taken.readings[2].fields
    assert (disk["path"], disk["total"]) == (str(tmp_path), space.total)
    assert 0 <= disk["free"] <= space.total
    assert taken.readings[0].fields == {"state": "ok", "under_voltage": 0, "flags": 0}
    await timing.advance(60.0)
    assert [r.kind for r in taken.readings[3:]] == ["soc-temperature", "disk"]
    put(tmp_path, THROTTLED, "1")
    await timing.advance(60.0)
    assert taken.readings[5].fields == {"state": "under-voltage", "under_voltage": 1, "flags": 1}
    task.cancel()
    await asyncio.wait({task})
