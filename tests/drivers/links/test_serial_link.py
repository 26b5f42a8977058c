import asyncio
import errno
import os
import termios
import threading
import time

import pytest
import serial

from drivers.errors import CommandTimeout, DeviceMissing, LinkLost, WrongDevice
from drivers.links import causes
from drivers.links.serial import BAUD_RATES, SerialLink, open_error
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


ABSENT, HELD = "there is no serial port /dev/ttyUSB0", "/dev/ttyUSB0 is in use by another process"


@pytest.mark.parametrize(
    ("number", "kind", "text", "cause"),
    [
        *((each, DeviceMissing, ABSENT, causes.PORT_ABSENT)
          for each in (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.EIO)),
        *((each, DeviceMissing, "no permission to open /dev/ttyUSB0", causes.PORT_FORBIDDEN)
          for each in (errno.EACCES, errno.EPERM)),
        *((each, DeviceMissing, HELD, causes.PORT_HELD.of(port="/dev/ttyUSB0"))
          for each in (errno.EBUSY, errno.EAGAIN)),
        (errno.ENOTTY, WrongDevice, "/dev/ttyUSB0 is not a serial port", WrongDevice.cause),
        (errno.EMFILE, DeviceMissing, "cannot open /dev/ttyUSB0: Too many open files",
         DeviceMissing.cause),
        (None, DeviceMissing, "cannot open /dev/ttyUSB0: unknown cause", DeviceMissing.cause),
    ],
)  # fmt: skip
def test_why_it_cannot_be_opened(number, kind, text, cause):
    error = open_error("/dev/ttyUSB0", number)
    assert (type(error), str(error), error.cause) == (kind, text, cause)


def test_rates_that_a_port_can_be_set_to():
    assert BAUD_RATES == (4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)


class Port:
    """What pyserial gives, over one end of a pipe or none."""

    def __init__(self, fd):
        self.fd, self.baudrate = fd, 9600

    def fileno(self):
        return self.fd

    def reset_input_buffer(self):
        raise termios.error(errno.EIO, "Input/output error")

    def close(self):
        raise OSError(errno.EIO, "Input/output error")


def failing(error):
    def fail(*_):
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "lost"),
    [(BlockingIOError(), False), (OSError(errno.EIO, "Input/output error"), True)],
)
async def test_what_the_kernel_says_to_a_read_and_a_write(monkeypatch, error, lost):
    ours, theirs = os.pipe()
    link, out = SerialLink("/dev/ttyUSB0", Port(ours)), SerialLink("/dev/ttyUSB0", Port(theirs))
    os.write(theirs, b"x")
    with monkeypatch.context() as patch:
        patch.setattr("drivers.links.serial.os.read", failing(error))
        patch.setattr("drivers.links.serial.os.write", failing(error))
        if lost:
            gone = r"^/dev/ttyUSB0 went away while in use: Input/output error$"
            with pytest.raises(LinkLost, match=gone):
                await link.read(1.0)
            with pytest.raises(LinkLost, match=gone):
                await out.write(b"abc", 1.0)
        else:
            assert await link.read(0.01) == b""
            with pytest.raises(
                CommandTimeout, match=r"^/dev/ttyUSB0 took 0 of 3 bytes in 0\.01 s$"
            ):
                await out.write(b"abc", 0.01)
    link.close()  # a device that is gone raises nothing
    with pytest.raises(LinkLost, match="went away while in use"):
        link.tune(57600)
    os.close(ours)
    os.close(theirs)


async def test_an_end_without_a_hang_up_is_silence(monkeypatch):
    ours, theirs = os.pipe()
    os.write(theirs, b"x")
    link = SerialLink("/dev/ttyUSB0", Port(ours))
    with monkeypatch.context() as patch:
        patch.setattr("drivers.links.serial.os.read", lambda *_: b"")
        assert await link.read(0.01) == b""
        os.close(theirs)
        with pytest.raises(LinkLost, match=r"^/dev/ttyUSB0 went away while in use$"):
            await link.read(1.0)
    os.close(ours)


async def test_no_more_is_read_at_once_than_a_tty_gives():
    ours, theirs = os.pipe()
    link = SerialLink("/dev/ttyUSB0", Port(ours))
    os.write(theirs, bytes(4097))
    assert [len(await link.read(1.0)) for _ in range(2)] == [4096, 1]
    os.close(ours)
    os.close(theirs)


async def test_a_port_is_opened_for_us_alone_and_never_blocks(monkeypatch):
    asked = []

    def opened(*args, **named):
        asked.append((args, named))
        return Port(0)

    monkeypatch.setattr(serial, "Serial", opened)
    await SerialLink.open("/dev/ttyUSB0", 9600)
    assert asked == [
        (("/dev/ttyUSB0", 9600), {"timeout": 0, "write_timeout": 0, "exclusive": True})
    ]


@pytest.mark.parametrize("stuck", [True, False])
async def test_output_that_was_not_taken_is_thrown_away_before_a_port_is_closed(monkeypatch, stuck):
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    link = SerialLink("/dev/ttyUSB0", Port(theirs))
    flushed = []
    monkeypatch.setattr("drivers.links.serial.termios.tcflush", lambda *how: flushed.append(how))
    if stuck:
        with pytest.raises(CommandTimeout):
            await link.write(bytes(1 << 20), 0.01)
    link.close()
    assert flushed == ([(theirs, termios.TCOFLUSH)] if stuck else [])
    os.close(ours)
    os.close(theirs)
