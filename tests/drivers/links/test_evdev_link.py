"""An input device as a link: what the kernel is asked, what comes, and how it goes away."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from drivers.errors import CommandTimeout, DeviceMissing, LinkLost, WrongDevice
from drivers.links import causes
from drivers.links.evdev import EvdevLink, open_error

EVENT = 24  # bytes of struct input_event on a 64-bit machine
KEPT = 64  # events that the kernel keeps for a reader
SILENCE = 0.01  # s


class Kernel:
    """Answers as linux/input.h says; `refuse` is the errno of a grab."""

    def __init__(self, refuse=0):
        self.asked, self.files, self.refuse = [], [], refuse

    def __call__(self, fd, number, argument):
        self.asked.append((number, argument))
        self.files.append(fd)
        if number == 0x81004506:  # EVIOCGNAME(256)
            return b"Honeywell 1900\0rest of the buffer".ljust(256, b"\0")
        if self.refuse:
            raise OSError(self.refuse, os.strerror(self.refuse))
        return 0


@pytest.fixture
def device(tmp_path):
    """A pipe in the device's place: its path, and where its events are written."""
    path = tmp_path / "event3"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with path.open("wb", buffering=0) as writer:
        os.close(reader)
        yield str(path), writer


async def test_it_is_named_and_grabbed_and_never_blocks(device):
    kernel = Kernel()
    link = await EvdevLink.open(device[0], kernel)
    assert kernel.asked == [(0x81004506, bytes(256)), (0x40044590, 1)]  # EVIOCGNAME, EVIOCGRAB
    assert link.device_name == "Honeywell 1900"
    assert not os.get_blocking(kernel.files[0])
    link.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(kernel.files[0])
    link.close()


async def test_all_that_the_kernel_keeps_comes_at_once(device):
    link = await EvdevLink.open(device[0], Kernel())
    events = os.urandom(EVENT * (KEPT + 1))
    device[1].write(events)
    assert await link.read(1.0) == events[: EVENT * KEPT]
    assert await link.read(1.0) == events[EVENT * KEPT :]
    assert await link.read(SILENCE) == b""
    link.close()


async def test_a_device_that_is_pulled_is_lost(device):
    link = await EvdevLink.open(device[0], Kernel())
    device[1].close()
    with pytest.raises(LinkLost, match=r"/event3 went away while in use$"):
        await link.read(1.0)
    link.close()


async def test_an_error_of_the_kernel_is_told(device, monkeypatch):
    link = await EvdevLink.open(device[0], Kernel())
    device[1].write(bytes(EVENT))

    def gone(*_):
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    with monkeypatch.context() as patch:
        patch.setattr("drivers.links.evdev.os.read", gone)
        with pytest.raises(LinkLost, match=r"/event3 went away while in use: No such device$"):
            await link.read(1.0)
    link.close()


async def test_being_woken_for_nothing_is_silence(device, monkeypatch):
    link = await EvdevLink.open(device[0], Kernel())
    device[1].write(bytes(EVENT))

    def nothing(*_):
        raise BlockingIOError

    with monkeypatch.context() as patch:
        patch.setattr("drivers.links.evdev.os.read", nothing)
        assert await link.read(SILENCE) == b""
    link.close()


async def test_nothing_is_written_to_it(device):
    link = await EvdevLink.open(device[0], Kernel())
    with pytest.raises(CommandTimeout, match="/event3 is only read"):
        await link.write(b"x", 1.0)
    link.close()


async def test_a_device_that_somebody_else_has_is_left_to_them(device):
    kernel = Kernel(refuse=errno.EBUSY)
    with pytest.raises(DeviceMissing, match="/event3 is grabbed by another process") as caught:
        await EvdevLink.open(device[0], kernel)
    assert f"fuser -v {device[0]}" in caught.value.advice
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(kernel.files[0])


async def test_a_real_file_that_is_no_input_device():
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(WrongDevice, match=r"^/dev/null is not an input device$"):
        await EvdevLink.open("/dev/null")
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1  # the listing's own


async def test_a_device_that_is_not_there(tmp_path):
    with pytest.raises(DeviceMissing, match=r"there is no input device .*event9$"):
        await EvdevLink.open(str(tmp_path / "event9"))


ABSENT = "there is no input device /dev/input/event3"
FORBIDDEN = "no permission to open /dev/input/event3"
OTHER = "/dev/input/event3 is not an input device"


@pytest.mark.parametrize(
    ("number", "kind", "text", "cause"),
    [
        *((each, DeviceMissing, ABSENT, causes.INPUT_ABSENT)
          for each in (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.EIO)),
        *((each, DeviceMissing, FORBIDDEN, causes.INPUT_FORBIDDEN)
          for each in (errno.EACCES, errno.EPERM)),
        *((each, WrongDevice, OTHER, WrongDevice.cause) for each in (errno.ENOTTY, errno.EINVAL)),
        (errno.EMFILE, DeviceMissing, "cannot open /dev/input/event3: Too many open files",
         DeviceMissing.cause),
        (None, DeviceMissing, "cannot open /dev/input/event3: unknown cause", DeviceMissing.cause),
    ],
)  # fmt: skip
def test_why_it_cannot_be_opened(number, kind, text, cause):
    error = open_error("/dev/input/event3", number)
    assert (type(error), str(error), error.cause) == (kind, text, cause)


async def test_who_closes_it_twice_closes_nobody_else_s_file(device, tmp_path):
    link = await EvdevLink.open(device[0], Kernel())
    link.close()
    others = [os.open(tmp_path, os.O_RDONLY) for _ in range(64)]  # one has the number now
    link.close()
    for each in others:
        os.close(each)  # all are still open
