import asyncio
import errno
import os
import termios
import threading
import time

import pytest
import serial

from drivers.errors import CommandTimeout, DeviceMissing, LinkLost, WrongDevice
from drivers.links.serial import SerialLink, open_error
from hil.emulators.serial.pty_port import PtyPort

CLOSING_WAIT = 30.0  # s; what Linux gives a port to send what is left (setserial(8), closing_wait)


@pytest.fixture
def port(tmp_path):
    port = PtyPort(tmp_path / "device", baudrate=57600, patience=1.0)
    port.plug()
    yield port
    port.unplug()


async def opened(port):
    return await SerialLink.open(str(port.path), 57600)


async def test_bytes_go_both_ways_unchanged(port):
    link = await opened(port)
    every_byte = bytes(range(256))
    await port.write(every_byte)
    assert await link.read(1.0) == every_byte
    await link.write(every_byte, 1.0)
    assert await port.read() == every_byte
    link.close()


async def test_silence_gives_nothing_after_the_time_allowed(port):
    link = await opened(port)
    began = time.monotonic()
    assert await link.read(0.05) == b""
    assert time.monotonic() - began > 0.04
    link.close()


async def test_the_rate_is_set(port):
    link = await SerialLink.open(str(port.path), 9600)
    await port.write(b"hello")
    assert await link.read(1.0) not in {b"hello", b""}  # the device speaks at 57,600
    link.close()


async def test_another_rate_is_set_on_the_open_port_and_what_came_before_is_dropped(port):
    link = await SerialLink.open(str(port.path), 9600)
    await port.write(b"hello")
    link.tune(57600)
    await port.write(b"again")
    assert await link.read(1.0) == b"again"
    port.unplug()
    with pytest.raises(LinkLost, match="device"):
        link.tune(9600)
    link.close()


async def test_a_missing_path_is_named(tmp_path):
    path = str(tmp_path / "no-such-port")
    with pytest.raises(DeviceMissing, match="no-such-port") as caught:
        await SerialLink.open(path, 9600)
    assert "by-id" in caught.value.advice


async def test_a_port_is_never_opened_twice(port):
    link = await opened(port)
    with pytest.raises(DeviceMissing, match="in use by another process") as caught:
        await opened(port)
    assert "fuser" in caught.value.advice
    link.close()
    (await opened(port)).close()


async def test_a_file_is_no_serial_port(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"")
    with pytest.raises(WrongDevice, match="not a serial port"):
        await SerialLink.open(str(path), 9600)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_without_permission_the_group_is_named(number):
    error = open_error("/dev/ttyUSB0", number)
    assert isinstance(error, DeviceMissing)
    assert "/dev/ttyUSB0" in str(error)
    assert "dialout" in error.advice


def test_an_unexpected_errno_is_spelled_out():
    assert os.strerror(errno.EMFILE) in str(open_error("/dev/ttyUSB0", errno.EMFILE))


async def test_unplugged_while_waiting(port):
    link = await opened(port)
    asyncio.get_running_loop().call_later(0.05, port.unplug)
    with pytest.raises(LinkLost, match=r"device.* went away"):
        await link.read(2.0)
    link.close()


async def test_unplugged_before_a_write(port):
    link = await opened(port)
    port.unplug()
    with pytest.raises(LinkLost):
        await link.write(b"hello", 1.0)
    link.close()


async def test_a_device_that_takes_nothing_times_a_write_out(port):
    link = await opened(port)
    with pytest.raises(CommandTimeout, match=r"of 100000 bytes in 0\.1 s"):
        await link.write(bytes(100_000), 0.1)
    began = time.monotonic()
    link.close()
    assert time.monotonic() - began < CLOSING_WAIT / 2  # does not wait for what was never sent


async def test_opening_does_not_stop_the_loop(port, monkeypatch):
    tried = threading.Event()

    def slow(path, baudrate):
        assert tried.wait(60), "the loop stands while a port is opened"
        raise open_error(path, errno.ENODEV)

    monkeypatch.setattr("drivers.links.serial._open", slow)
    opening = asyncio.ensure_future(SerialLink.open("/dev/slow", 9600))
    await asyncio.sleep(0.01)
    tried.set()
    with pytest.raises(DeviceMissing):
        await opening


@pytest.mark.parametrize("vanished", [OSError, termios.error, serial.SerialException])
async def test_a_port_that_vanishes_while_it_is_opened_is_missing(monkeypatch, vanished):
    """pyserial passes on what the ioctls behind open(2) raise as it comes."""

    def opened(*_, **__):
        raise vanished(errno.EIO, "Input/output error")

    monkeypatch.setattr(serial, "Serial", opened)
    with pytest.raises(DeviceMissing, match="there is no serial port /dev/ttyUSB9"):
        await SerialLink.open("/dev/ttyUSB9", 9600)
