import errno
import random

import pytest

from hil.emulators.bus.i2c_bus import BusFault, ChipSlot, I2cBus
from hil.emulators.chips.sht3x_chip import Sht3xChip, drift


def make_slot(seed, **rates):
    chip = Sht3xChip(drift(2.0, 8.0, 600.0, 0.0, seed), lambda: 0.0)
    return ChipSlot("cargo", chip, random.Random(seed), rates)


def outcomes(slot, count=400):
    found = []
    for _ in range(count):
        try:
            slot.begin()
            found.append(0)
        except BusFault as fault:
            found.append(fault.number)
    return found


def test_seeded_faults_come_again_with_the_seed_and_about_as_often_as_asked():
    first = outcomes(make_slot(5, nack=0.1, error=0.05))
    assert first == outcomes(make_slot(5, nack=0.1, error=0.05))
    assert first != outcomes(make_slot(6, nack=0.1, error=0.05))
    assert 20 <= first.count(errno.EREMOTEIO) <= 60
    assert 5 <= first.count(errno.EIO) <= 40


def test_a_fault_asked_for_happens_once():
    slot = make_slot(1)
    slot.fault("nack")
    assert outcomes(slot, 3) == [errno.EREMOTEIO, 0, 0]
    slot.fault("error")
    assert outcomes(slot, 2) == [errno.EIO, 0]


def test_an_unplugged_chip_never_answers_and_starts_from_reset_when_plugged():
    slot = make_slot(1)
    slot.unplug()
    assert outcomes(slot, 3) == [errno.EREMOTEIO] * 3
    slot.plug()
    assert outcomes(slot, 1) == [0]


def test_drift_stays_between_its_ends():
    air = drift(2.0, 8.0, 100.0, 0.0, 1)
    warmth = [air(second)[0] for second in range(101)]
    assert warmth[0] == pytest.approx(2.0)
    assert warmth[50] == pytest.approx(8.0)
    assert all(2.0 <= value <= 8.0 for value in warmth)


async def test_the_socket_is_there_only_while_plugged(tmp_path):
    bus = I2cBus(link=tmp_path / "bus")
    assert not (tmp_path / "bus").exists()
    bus.plug()
    bus.plug()
    assert (tmp_path / "bus").is_socket()
    bus.unplug()
    bus.unplug()
    assert not (tmp_path / "bus").exists()


def test_unknown_faults_and_chips_are_named(tmp_path):
    bus = I2cBus(link=tmp_path / "bus")
    with pytest.raises(ValueError, match="stuck, hang and clear"):
        bus.fault("melt")
    with pytest.raises(ValueError, match="sht3x, lm75, tmp105 and adxl375"):
        I2cBus(link=tmp_path / "bus", chips=[{"name": "a", "kind": "x", "address": 1}])
