"""The lines of a GPIO chip: who has which, their levels, and the edges that are told.

As gpiolib-cdev.c does it, version 2 (linux/gpio.h), with one line a request.
"""

from __future__ import annotations

import asyncio
import errno
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

CHIP = struct.Struct("=32s32sI")  # struct gpiochip_info
INFO = struct.Struct("=32s32sIIQ160s16s")  # struct gpio_v2_line_info
REQUEST = struct.Struct("=64I32sQI20s240sII20si")  # struct gpio_v2_line_request
ATTRIBUTE = struct.Struct("=IIQQ")
VALUES = struct.Struct("=QQ")  # struct gpio_v2_line_values
EVENT = struct.Struct("=QIIII24s")  # struct gpio_v2_line_event

USED, INPUT, OUTPUT, RISING, FALLING = 1 << 0, 1 << 2, 1 << 3, 1 << 4, 1 << 5
OUTPUT_VALUES, DEBOUNCE = 2, 3

Tell = Callable[[bytes], None]
"""Takes an event on its way to whoever has the line."""


@dataclass(slots=True)
class Held:
    """A line that a program has; `known` is the level that it was told of, once debounced."""

    line: int
    consumer: bytes
    flags: int
    debounce: float
    known: int
    serial: int = 0
    tell: Tell | None = None
    timers: set[asyncio.TimerHandle] = field(default_factory=set)


class Refused(Exception):
    """The kernel would not; `number` is the errno."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Lines:
    """`count` lines; what is `high` is so from outside, and `taken` are a kernel driver's."""

    def __init__(self, count: int, high: Iterable[int], taken: Iterable[int]) -> None:
        self.count = count
        self.levels = [int(line in set(high)) for line in range(count)]
        self._taken = set(taken)
        self._held: dict[int, Held] = {}
        self._lose = 0

    def lose(self, events: int) -> None:
        """Let so many of the next edges come to nobody, as where the kernel's queue is full."""
        self._lose = events

    def chip_info(self) -> bytes:
        """Return what GPIO_GET_CHIPINFO_IOCTL gives."""
        return CHIP.pack(b"gpiochip9", b"pinctrl-emulated", self.count)

    def info(self, asked: bytes) -> bytes:
        """Return what GPIO_V2_GET_LINEINFO_IOCTL gives."""
        line = INFO.unpack(asked)[2]
        self._check(line)
        held = self._held.get(line)
        used = held is not None or line in self._taken
        consumer = held.consumer if held is not None else b"w1" if used else b""
        return INFO.pack(b"GPIO%d" % line, consumer, line, 0, used * USED, b"", b"")

    def take(self, asked: bytes) -> Held:
        """Give a program a line, as GPIO_V2_GET_LINE_IOCTL does; Refused."""
        fields = REQUEST.unpack(asked)
        line, consumer, flags, count = fields[0], fields[64], fields[65], fields[66]
        if fields[69] != 1 or bool(flags & INPUT) == bool(flags & OUTPUT):
            raise Refused(errno.EINVAL)
        self._check(line)
        if line in self._held or line in self._taken:
            raise Refused(errno.EBUSY)
        attributes = dict(
            ATTRIBUTE.unpack_from(fields[68], at * ATTRIBUTE.size)[::2][:2] for at in range(count)
        )
        if flags & OUTPUT:
            self.levels[line] = attributes.get(OUTPUT_VALUES, 0) & 1
        debounce = attributes.get(DEBOUNCE, 0) / 1e6
        held = Held(line, consumer.rstrip(b"\0"), flags, debounce, self.levels[line])
        self._held[line] = held
        return held

    def give_back(self, held: Held) -> None:
        """Take a line back from a program."""
        for timer in held.timers:
            timer.cancel()
        self._held.pop(held.line, None)

    def values(self, held: Held, asked: bytes) -> bytes:
        """Return what GPIO_V2_LINE_GET_VALUES_IOCTL gives."""
        _, mask = VALUES.unpack(asked)
        level = held.known if held.debounce else self.levels[held.line]
        return VALUES.pack(level & mask, mask)

    def set_values(self, held: Held, asked: bytes) -> bytes:
        """Do what GPIO_V2_LINE_SET_VALUES_IOCTL asks; Refused of an input."""
        bits, mask = VALUES.unpack(asked)
        if not held.flags & OUTPUT:
            raise Refused(errno.EPERM)
        if mask & 1:
            self.levels[held.line] = bits & 1
        return asked

    def drive(self, line: int, level: int) -> None:
        """Let what is outside bring a line to a level."""
        self.levels[line] = level
        held = self._held.get(line)
        if held is None or not held.flags & INPUT:
            return
        if not held.debounce:
            self._settled(held, level)
            return
        loop = asyncio.get_running_loop()
        for timer in held.timers:
            timer.cancel()
        held.timers = {loop.call_later(held.debounce, self._settled, held, level)}

    def _settled(self, held: Held, level: int) -> None:
        if level == held.known:
            return
        held.known = level
        if not held.flags & (RISING if level else FALLING):
            return
        held.serial += 1
        if self._lose:
            self._lose -= 1
        elif held.tell is not None:
            at, what = time.monotonic_ns(), 1 if level else 2
            held.tell(EVENT.pack(at, what, held.line, held.serial, held.serial, b""))

    def _check(self, line: int) -> None:
        if line >= self.count:
            raise Refused(errno.EINVAL)
