"""A bus over unmodified smbus2: which messages the kernel is given, and what it opens again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from drivers.errors import DeviceFault, DeviceMissing, LinkLost
from drivers.links import causes
from drivers.links.i2c import I2cBus, open_error, transfer_error

SLAVE, FUNCTIONS, RDWR = 0x0703, 0x0705, 0x0707  # linux/i2c-dev.h
READ = 0x0001  # I2C_M_RD of linux/i2c.h


class Kernel:
    """I2C with a chip at 0x44 that answers a read with 1, 2, 3 …; `refuse` is an errno."""

    def __init__(self):
        self.transfers, self.claimed, self.opened = [], [], 0
        self.refuse = 0

    def __call__(self, fd, number, argument):
        if number == FUNCTIONS:
            self.opened += 1
            return
        if self.refuse:
            raise OSError(self.refuse, os.strerror(self.refuse))
        if number == SLAVE:
            self.claimed.append(argument)
            return
        assert number == RDWR
        self.transfers.append([self.message(argument.msgs[at]) for at in range(argument.nmsgs)])

    def message(self, message):
        if not message.flags & READ:
            return message.addr, bytes(message.buf[at][0] for at in range(message.len))
        for at in range(message.len):
            message.buf[at] = bytes([at + 1])
        return message.addr, message.len


@pytest.fixture
def kernel(monkeypatch):
    kernel = Kernel()
    monkeypatch.setattr("smbus2.smbus2.ioctl", kernel)
    monkeypatch.setattr("drivers.links.i2c.fcntl.ioctl", kernel)
    return kernel


@pytest.fixture
def bus(kernel, tmp_path):
    path = tmp_path / "i2c-7"
    path.touch()
    bus = I2cBus(str(path), timeout=30.0)
    yield bus
    bus.close()


async def test_each_method_is_the_messages_it_names(kernel, bus):
    await bus.write(0x44, b"\x24\x00")
    assert await bus.read(0x44, 3) == b"\x01\x02\x03"
    assert await bus.write_read(0x44, b"\xd0", 2) == b"\x01\x02"
    assert await bus.repeat_write_read(0x44, b"\xf7", 1, times=3) == [b"\x01"] * 3
    await bus.claim(0x44)
    assert kernel.transfers == [
        [(0x44, b"\x24\x00")],
        [(0x44, 3)],
        [(0x44, b"\xd0"), (0x44, 2)],
        *[[(0x44, b"\xf7"), (0x44, 1)]] * 3,
    ]
    assert kernel.claimed == [0x44]
    assert kernel.opened == 1


@pytest.mark.parametrize("number", [errno.EREMOTEIO, errno.ENXIO, errno.EIO])
async def test_a_chip_that_does_not_answer_leaves_the_bus_open(kernel, bus, number):
    kernel.refuse = number
    with pytest.raises(DeviceMissing, match="no chip answers at 0x44"):
        await bus.write(0x44, b"\x00")
    kernel.refuse = 0
    await bus.write(0x44, b"\x00")
    assert kernel.opened == 1


async def test_a_bus_that_fails_is_closed_and_opened_again(kernel, bus):
    await bus.write(0x44, b"\x00")
    before = set(Path("/proc/self/fd").iterdir())
    for method in (bus.write(0x44, b"\x00"), bus.claim(0x44)):
        kernel.refuse = errno.ETIMEDOUT
        with pytest.raises(LinkLost, match="is stuck"):
            await method
        kernel.refuse = 0
        await bus.write(0x44, b"\x00")
    assert kernel.opened == 3
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1  # the listing's own


async def test_a_chip_that_the_kernel_has_taken_is_left_to_it(kernel, bus):
    kernel.refuse = errno.EBUSY
    with pytest.raises(DeviceFault, match="a driver of the kernel has taken 0x44") as caught:
        await bus.claim(0x44)
    assert caught.value.cause is causes.I2C_CLAIMED
    kernel.refuse = 0
    await bus.write(0x44, b"\x00")
    assert kernel.opened == 1


@pytest.mark.parametrize(
    ("number", "text", "cause"),
    [
        (errno.ENOENT, "/dev/i2c-7: no such bus", causes.NO_I2C),
        (errno.EPERM, "/dev/i2c-7: permission denied", causes.I2C_FORBIDDEN),
        (errno.EMFILE, "/dev/i2c-7: Too many open files", DeviceMissing.cause),
    ],
)
def test_why_it_cannot_be_opened(number, text, cause):
    error = open_error("/dev/i2c-7", OSError(number, os.strerror(number)))
    assert (type(error), str(error), error.cause) == (DeviceMissing, text, cause)


@pytest.mark.parametrize(
    ("number", "kind", "text", "cause"),
    [
        (errno.ENXIO, DeviceMissing, "no chip answers at 0x07 on /dev/i2c-7",
         causes.I2C_SILENT.of(bus_number="7")),
        (errno.ETIMEDOUT, LinkLost, "/dev/i2c-7 is stuck: a line is held low", causes.I2C_STUCK),
        (errno.ENODEV, LinkLost, "/dev/i2c-7 was taken away", causes.I2C_GONE),
        (errno.EAGAIN, LinkLost,
         "/dev/i2c-7 failed with 0x07: Resource temporarily unavailable", LinkLost.cause),
    ],
)  # fmt: skip
def test_why_a_chip_is_not_reached(number, kind, text, cause):
    error = transfer_error("/dev/i2c-7", 7, OSError(number, os.strerror(number)))
    assert (type(error), str(error), error.cause) == (kind, text, cause)
