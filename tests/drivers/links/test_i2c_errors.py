import errno
import os
from pathlib import Path

import pytest

from drivers.driver import Host
from drivers.errors import DeviceMissing, LinkLost, WrongDevice
from drivers.links.i2c import I2cBus, open_error, transfer_error


def of(number):
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ENXIO, errno.ENODEV])
def test_no_bus(number):
    error = open_error("/dev/i2c-1", of(number))
    assert isinstance(error, DeviceMissing)
    assert str(error) == "/dev/i2c-1: no such bus"
    assert "dtparam=i2c_arm=on" in error.advice


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_no_permission(number):
    error = open_error("/dev/i2c-1", of(number))
    assert isinstance(error, DeviceMissing)
    assert "group i2c" in error.advice


def test_another_kind_of_device_file():
    assert isinstance(open_error("/dev/null", of(errno.ENOTTY)), WrongDevice)


@pytest.mark.parametrize("number", [errno.EREMOTEIO, errno.ENXIO, errno.EIO])
def test_no_acknowledge(number):
    error = transfer_error("/dev/i2c-1", 0x44, of(number))
    assert isinstance(error, DeviceMissing)
    assert str(error) == "no chip answers at 0x44 on /dev/i2c-1"
    assert "i2cdetect -y 1" in error.advice


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, errno.ENODEV, errno.EAGAIN])
def test_the_bus_itself_fails(number):
    error = transfer_error("/dev/i2c-1", 0x44, of(number))
    assert isinstance(error, LinkLost)
    assert "/dev/i2c-1" in str(error)


async def test_a_real_file_that_is_no_bus_is_closed_again():
    before = set(Path("/proc/self/fd").iterdir())
    bus = I2cBus("/dev/null")
    for _ in range(3):
        with pytest.raises(WrongDevice, match="/dev/null is not an I2C bus"):
            await bus.read(0x44, 1)
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1  # the listing's own
    bus.close()


async def test_a_closed_bus_says_so():
    host = Host()
    bus = host.i2c("/dev/i2c-none")
    assert host.i2c("/dev/i2c-none") is bus
    with pytest.raises(DeviceMissing):
        await bus.write(0x44, b"\x00")
    host.close()
    with pytest.raises(LinkLost, match="closed"):
        await bus.write(0x44, b"\x00")
    assert host.i2c("/dev/i2c-none") is not bus
