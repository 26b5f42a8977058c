"""A line of a GPIO chip: taken, read, driven, lost, and what is said where it is not given."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from drivers.errors import BadFrame, DeviceMissing, LinkLost, WrongDevice
from drivers.links import causes, gpio_uapi
from drivers.links.gpio import GpioLine, line_error, open_error
from tests.drivers.gpio.gpio_kernel import Kernel

BOTH_EDGES = gpio_uapi.INPUT | gpio_uapi.EDGE_RISING | gpio_uapi.EDGE_FALLING
SILENCE = 0.01  # s


@pytest.fixture
def kernel(tmp_path):
    kernel = Kernel(tmp_path / "gpiochip0", taken=(4,))
    yield kernel
    kernel.unplug()


def taken(kernel, line=17, flags=BOTH_EDGES, attribute=None):
    return GpioLine.open(str(kernel.path), line, flags, attribute, ioctl=kernel)


async def test_an_input_tells_its_level_and_each_edge(kernel):
    line = await taken(kernel)
    assert line.level() == 0
    kernel.drive(1)
    kernel.drive(0)
    kernel.drive(1)
    assert line.level() == 1
    edges = await line.edges(1.0)
    while len(edges) < 3:
        edges += await line.edges(1.0)
    assert [(edge.level, edge.serial) for edge in edges] == [(1, 1), (0, 2), (1, 3)]
    assert sorted(edge.at for edge in edges) == [edge.at for edge in edges]
    assert await line.edges(SILENCE) == []
    line.close()


async def test_an_output_begins_at_its_level_and_is_driven(kernel):
    line = await taken(kernel, flags=gpio_uapi.OUTPUT, attribute=(gpio_uapi.OUTPUT_VALUES, 1))
    assert kernel.lines.levels[17] == 1
    line.drive(0)
    assert (kernel.lines.levels[17], line.level()) == (0, 0)
    line.drive(1)
    assert (kernel.lines.levels[17], line.level()) == (1, 1)
    line.close()


async def test_a_line_given_back_may_be_taken_again(kernel):
    line = await taken(kernel)
    with pytest.raises(DeviceMissing, match="is in use by 'tallyman'"):
        await taken(kernel)
    line.close()
    line.close()
    (await taken(kernel)).close()


async def test_neither_chip_nor_line_blocks_and_only_the_line_stays_open(kernel):
    asked = []

    def watched(fd, number, argument):
        asked.append((fd, os.get_blocking(fd), os.fstat(fd).st_ino == kernel.path.stat().st_ino))
        return kernel(fd, number, argument)

    line = await GpioLine.open(str(kernel.path), 17, BOTH_EDGES, ioctl=watched)
    line.level()
    (chip, *of_chip), (_, *of_line) = asked
    assert of_chip == [False, True]
    assert of_line == [False, False]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(chip)
    line.close()


async def test_a_chip_that_is_pulled_is_lost(kernel):
    line = await taken(kernel)
    kernel.unplug()
    where = rf"^line 17 of {kernel.path} went away while in use: "
    with pytest.raises(LinkLost, match=where + "no more events$") as caught:
        await line.edges(1.0)
    assert caught.value.cause is causes.NO_GPIO
    with pytest.raises(LinkLost, match=where + "No such device$"):
        line.level()
    line.close()


async def test_an_error_while_events_are_read_is_told(kernel, monkeypatch):
    line = await taken(kernel)

    def gone(*_):
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    with monkeypatch.context() as patch:
        patch.setattr("drivers.links.gpio.os.read", gone)
        with pytest.raises(LinkLost, match=r"went away while in use: No such device$"):
            await line.edges(1.0)
    line.close()


async def test_events_that_are_none_are_refused(kernel):
    kernel._said = lambda data: data[:8] + bytes(4) + data[12:] if len(data) == 48 else data
    line = await taken(kernel)
    kernel.drive(1)
    with pytest.raises(BadFrame, match="0 is no edge"):
        await line.edges(1.0)
    line.close()


async def test_a_line_that_another_driver_has_is_named_with_it(kernel):
    with pytest.raises(DeviceMissing) as caught:
        await taken(kernel, line=4)
    assert str(caught.value) == f"line 4 of {kernel.path} is in use by 'w1'"
    assert caught.value.cause == causes.GPIO_HELD.of(line=4)


async def test_where_the_kernel_does_not_say_who_has_a_line_nobody_is_named(kernel):
    def mute(fd, number, argument):
        if number == gpio_uapi.GET_LINE_INFO:
            raise OSError(errno.ENOTTY, "no such request")
        return kernel(fd, number, argument)

    with pytest.raises(DeviceMissing, match=rf"^line 4 of {kernel.path} is in use$"):
        await GpioLine.open(str(kernel.path), 4, BOTH_EDGES, ioctl=mute)


async def test_a_real_file_that_is_no_chip_is_closed_again():
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(WrongDevice, match=r"^/dev/null is no GPIO chip, or one of a kernel"):
        await GpioLine.open("/dev/null", 17, BOTH_EDGES)
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1  # the listing's own


async def test_a_chip_that_is_not_there(tmp_path):
    with pytest.raises(DeviceMissing, match=r"there is no GPIO chip .*gpiochip9"):
        await GpioLine.open(str(tmp_path / "gpiochip9"), 17, BOTH_EDGES)


GONE = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR)
CHIP = "/dev/gpiochip0"


@pytest.mark.parametrize(
    ("number", "text", "cause"),
    [
        *((each, f"there is no GPIO chip {CHIP}", causes.NO_GPIO) for each in GONE),
        *((each, f"no permission to open {CHIP}", causes.GPIO_FORBIDDEN)
          for each in (errno.EACCES, errno.EPERM)),
        (errno.EMFILE, f"cannot open {CHIP}: Too many open files", DeviceMissing.cause),
    ],
)  # fmt: skip
def test_why_a_chip_cannot_be_opened(number, text, cause):
    error = open_error(CHIP, number)
    assert (type(error), str(error), error.cause) == (DeviceMissing, text, cause)


@pytest.mark.parametrize(
    ("number", "kind", "text", "cause"),
    [
        (errno.EBUSY, DeviceMissing, "line 7 of /dev/gpiochip0 is in use by 'w1'",
         causes.GPIO_HELD.of(line=7)),
        (errno.ENOTTY, WrongDevice, f"{CHIP} is no GPIO chip, or one of a kernel before 5.10",
         WrongDevice.cause),
        (errno.EINVAL, WrongDevice,
         "there is no line 7 of /dev/gpiochip0, or it cannot be what is asked of it",
         WrongDevice.cause),
        *((each, DeviceMissing, f"{CHIP} was taken away", causes.NO_GPIO) for each in GONE),
        (errno.EPERM, DeviceMissing, "cannot get line 7 of /dev/gpiochip0: Operation not permitted",
         DeviceMissing.cause),
    ],
)  # fmt: skip
def test_why_a_line_is_not_given(number, kind, text, cause):
    error = line_error(CHIP, 7, number, "w1")
    assert (type(error), str(error), error.cause) == (kind, text, cause)


async def test_who_closes_a_line_twice_closes_nobody_else_s_file(kernel, tmp_path):
    line = await taken(kernel)
    line.close()
    others = [os.open(tmp_path, os.O_RDONLY) for _ in range(64)]  # one has the number now
    line.close()
    for each in others:
        os.close(each)  # all are still open
