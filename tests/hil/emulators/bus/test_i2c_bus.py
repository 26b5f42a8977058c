import errno
import random

import pytest

from hil.emulators.bus.chip_slot import BusFault, ChipSlot
from hil.emulators.bus.i2c_bus import I2cBus
from hil.emulators.chips.catalog import CHIPS
from hil.emulators.chips.sht3x_chip import Sht3xChip
from hil.emulators.chips.weather import drift


def make_slot(seed, **rates):
    chip = Sht3xChip(drift(2.0, 8.0, 600.0, 0.0, seed), lambda: 0.0)
    return ChipSlot("cargo", chip, random.Random(seed), address=0x44, faults=rates)


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


def complaint(call, *args, **settings):
    """What a person reads who asked for something that there is not."""
    with pytest.raises(ValueError, match="no ") as caught:
        call(*args, **settings)
    return str(caught.value)


def test_a_bus_lists_the_faults_it_knows(tmp_path):
    bus = I2cBus(link=tmp_path / "bus")
    text = complaint(bus.fault, "melt")
    assert text == "a bus has no fault 'melt', only stuck, hang and clear"


def test_an_unknown_chip_is_answered_with_all_that_the_table_has(tmp_path):
    text = complaint(I2cBus, link=tmp_path / "bus", chips=[{"name": "a", "kind": "x"}])
    *others, last = CHIPS
    assert text == f"no chip 'x', only {', '.join(others)} and {last}"


@pytest.mark.parametrize("kind", CHIPS)
def test_every_chip_lists_its_faults_and_those_of_any_chip(tmp_path, kind):
    chip = I2cBus(link=tmp_path / "bus", chips=[{"name": "one", "kind": kind}]).parts["one"]
    text = complaint(chip.fault, "melt")
    assert text.startswith("one has no fault 'melt', only ")
    for fault in ("reset", "nack", "error", "busy", "free", *chip.chip.faults()):
        assert fault in text
        chip.fault(fault)


@pytest.mark.parametrize("kind", CHIPS)
def test_a_setting_that_a_chip_has_not_is_answered_with_those_it_has(tmp_path, kind):
    chips = [{"name": "one", "kind": kind, "melt": 3}]
    text = complaint(I2cBus, link=tmp_path / "bus", chips=chips)
    assert text.startswith(f"one ({kind}) has no setting 'melt', only ")
    assert "noise" in text


def test_rates_are_of_faults_that_end_or_spoil_a_transfer(tmp_path):
    chips = [{"name": "one", "kind": "lm75", "faults": {"crc": 0.1}}]
    text = complaint(I2cBus, link=tmp_path / "bus", chips=chips)
    assert (
        text
        == "no transfer of one suffers 'crc', only nack, error, reset, bits, float and float-twice"
    )


def test_chips_without_an_address_sit_at_their_own(tmp_path):
    bus = I2cBus(link=tmp_path / "bus", chips=[{"name": "a", "kind": "sht3x"}])
    with pytest.raises(ValueError, match="two chips at 0x44"):
        I2cBus(link=tmp_path / "bus", chips=[{"name": n, "kind": "sht3x"} for n in "ab"])
    assert list(bus.parts) == ["a"]
