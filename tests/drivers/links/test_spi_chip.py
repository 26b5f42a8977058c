"""A chip on an SPI bus: what its ioctls ask of the kernel, and what their errors say."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from pathlib import Path

import pytest

from drivers.driver import Host
from drivers.errors import DeviceMissing, LinkLost, WrongDevice
from drivers.links import causes
from drivers.links.bus_thread import BusThread
from drivers.links.spi import SpiChip, bus_of, open_error
from foundation.options import OptionError

SET_MODE = 0x40016B01  # _IOW('k', 1, __u8)
SPEED = 1_000_000  # Hz


def message_of(count):
    """Return SPI_IOC_MESSAGE(count): _IOW('k', 0, char[32 * count])."""
    return 1 << 30 | 32 * count << 16 | ord("k") << 8


class Kernel:
    """Spidev with a chip behind it that answers each byte with its complement."""

    def __init__(self):
        self.modes, self.messages, self.files = [], [], []
        self.refuse = 0

    def __call__(self, fd, number, argument):
        if self.refuse:
            raise OSError(self.refuse, os.strerror(self.refuse))
        self.files.append(fd)
        if number == SET_MODE:
            self.modes.append(bytes(argument))
            return
        transfers = list(struct.iter_unpack("=QQIIH6B", argument))
        assert number == message_of(len(transfers))
        self.messages.append([self.transfer(*each) for each in transfers])

    def transfer(self, tx, rx, length, speed, *rest):
        sent = ctypes.string_at(tx, length)
        ctypes.memmove(rx, bytes(byte ^ 0xFF for byte in sent), length)
        return sent, speed, *rest

    @property
    def sent(self):
        return [[transfer[0] for transfer in message] for message in self.messages]


@pytest.fixture
def kernel(monkeypatch):
    kernel = Kernel()
    monkeypatch.setattr("drivers.links.spi.fcntl.ioctl", kernel)
    return kernel


@pytest.fixture
def chip(kernel, tmp_path):
    path = tmp_path / "spidev0.0"
    path.touch()
    thread = BusThread("spidev0", "spi", timeout=30.0)
    chip = SpiChip(str(path), thread, SPEED, mode=3)
    yield chip
    thread.close(chip.close)


async def test_each_access_selects_the_chip_anew_within_one_message(kernel, chip):
    assert await chip.exchange(b"\x01\x02", b"\x03", b"\xf0\x0f") == [
        b"\xfe\xfd", b"\xfc", b"\x0f\xf0",
    ]  # fmt: skip
    # of each: speed, no delay, 8 bits, cs_change but behind the last, one wire, no word delay
    assert kernel.messages == [
        [
            (b"\x01\x02", SPEED, 0, 8, 1, 0, 0, 0, 0),
            (b"\x03", SPEED, 0, 8, 1, 0, 0, 0, 0),
            (b"\xf0\x0f", SPEED, 0, 8, 0, 0, 0, 0, 0),
        ]
    ]


async def test_the_file_is_opened_once_and_put_into_the_chips_mode(kernel, chip):
    await chip.exchange(b"\x00")
    await chip.exchange(b"\x01")
    assert kernel.modes == [b"\x03"]
    assert len(set(kernel.files)) == 1


async def test_after_a_failure_the_next_exchange_opens_the_file_again(kernel, chip):
    await chip.exchange(b"\x00")
    before = set(Path("/proc/self/fd").iterdir())
    kernel.refuse = errno.EIO
    with pytest.raises(LinkLost, match=r"/spidev0\.0 failed: Input/output error$"):
        await chip.exchange(b"\x01")
    kernel.refuse = 0
    assert await chip.exchange(b"\x02") == [b"\xfd"]
    assert kernel.modes == [b"\x03", b"\x03"]
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1  # the listing's own


async def test_looks_are_taken_at_their_distance_with_what_follows_from_each(
    kernel, chip, monkeypatch
):
    slept = []
    monkeypatch.setattr("drivers.links.spi.time.sleep", slept.append)
    answers = iter([[], [b"\x10", b"\x20"], []])
    looks = await chip.polled(b"\x0f", lambda said: next(answers), every=0.002, times=3)
    assert slept == [0.002] * 3
    assert kernel.sent == [[b"\x0f"], [b"\x0f"], [b"\x10", b"\x20"], [b"\x0f"]]
    assert [(look.answer, look.others) for look in looks] == [
        (b"\xf0", []), (b"\xf0", [b"\xef", b"\xdf"]), (b"\xf0", []),
    ]  # fmt: skip
    assert sorted(look.at for look in looks) == [look.at for look in looks]


async def test_what_follows_is_asked_about_the_answer(kernel, chip):
    told = []
    await chip.polled(b"\x01", lambda said: told.append(said) or [], every=0.0, times=1)
    assert told == [b"\xfe"]


async def test_a_closed_chip_gives_its_file_back_and_may_be_closed_twice(kernel, chip):
    await chip.exchange(b"\x00")
    (fd,) = set(kernel.files)
    chip.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
    chip.close()
    assert await chip.exchange(b"\x00") == [b"\xff"]


async def test_a_file_that_is_no_spi_device_is_closed_again():
    thread = BusThread("null", "spi", timeout=30.0)
    chip = SpiChip("/dev/null", thread, SPEED)
    before = set(Path("/proc/self/fd").iterdir())
    for _ in range(3):
        with pytest.raises(WrongDevice, match=r"^/dev/null is not an SPI device$"):
            await chip.exchange(b"\x00")
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1
    thread.close(chip.close)


async def test_a_path_that_is_not_there_is_named(tmp_path):
    thread = BusThread("none", "spi", timeout=30.0)
    with pytest.raises(DeviceMissing, match=r"spidev9.9: no such SPI device"):
        await SpiChip(str(tmp_path / "spidev9.9"), thread, SPEED).exchange(b"\x00")
    thread.close(lambda: None)


@pytest.mark.parametrize(
    ("number", "kind", "text", "cause"),
    [
        (errno.ENOENT, DeviceMissing, "/dev/spidev0.0: no such SPI device", causes.NO_SPI),
        (errno.ENXIO, DeviceMissing, "/dev/spidev0.0: no such SPI device", causes.NO_SPI),
        (errno.ENODEV, DeviceMissing, "/dev/spidev0.0: no such SPI device", causes.NO_SPI),
        (errno.EACCES, DeviceMissing, "/dev/spidev0.0: permission denied", causes.SPI_FORBIDDEN),
        (errno.EPERM, DeviceMissing, "/dev/spidev0.0: permission denied", causes.SPI_FORBIDDEN),
        (errno.ENOTTY, WrongDevice, "/dev/spidev0.0 is not an SPI device", WrongDevice.cause),
        (errno.EINVAL, WrongDevice, "/dev/spidev0.0 is not an SPI device", WrongDevice.cause),
        (errno.EMFILE, DeviceMissing, "/dev/spidev0.0: Too many open files", DeviceMissing.cause),
    ],
)
def test_why_it_cannot_be_opened(number, kind, text, cause):
    error = open_error("/dev/spidev0.0", OSError(number, os.strerror(number)))
    assert (type(error), str(error), error.cause) == (kind, text, cause)


def test_the_bus_of_a_chip_select():
    assert bus_of("/dev/spidev0.1") == "/dev/spidev0"
    assert bus_of("/dev/spidev12.0") == "/dev/spidev12"
    for other in ("/dev/spidev0", "/dev/i2c-1", "/dev/spidev0.0x", "spidev0.0"):
        with pytest.raises(OptionError, match="is not an SPI chip select"):
            bus_of(other)


async def test_the_chips_of_a_bus_share_a_thread_and_all_are_closed_with_the_host(
    kernel, monkeypatch, tmp_path
):
    file = tmp_path / "spidev"
    file.touch()
    opening = os.open

    def opened(path, flags, **more):  # and whoever else opens something
        device = str(path).startswith("/dev/spidev")
        return opening(file if device else path, flags, **more)

    monkeypatch.setattr("drivers.links.spi.os.open", opened)
    host = Host()
    one, two, other = (host.spi(f"/dev/spidev{at}", SPEED) for at in ("0.0", "0.1", "1.0"))
    assert (one.path, two.path, other.path) == (
        "/dev/spidev0.0",
        "/dev/spidev0.1",
        "/dev/spidev1.0",
    )
    assert one._thread is two._thread is not other._thread
    for chip in (one, two, other):
        await chip.exchange(b"\x00")
    assert kernel.modes == [b"\x00"] * 3  # mode 0, unless another is asked for
    host.close()
    for chip in (one, two, other):
        with pytest.raises(LinkLost, match=r"^/dev/spidev[01] is closed$"):
            await chip.exchange(b"\x00")
    again = host.spi("/dev/spidev0.0", SPEED)
    assert await again.exchange(b"\x00") == [b"\xff"]
    host.close()
