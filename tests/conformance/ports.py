"""Drivers of devices on a serial port, an input device or a network: bytes and time are real."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from drivers import catalog
from drivers.barcode import hid
from drivers.driver import Host, SystemTiming
from drivers.gpio import input as gpio_input
from drivers.gpio import output as gpio_output
from drivers.links.evdev import EvdevLink
from drivers.links.gpio import GpioLine
from foundation.options import settings_of
from hil.emulators.catalog import make
from hil.site.ports import HERE, free_port
from tests.conformance.bench import Bench
from tests.drivers.barcode.input_kernel import Kernel
from tests.drivers.gpio import gpio_kernel

LONGEST_WAIT = 0.05  # s
PAUSE = 0.01  # s between two bursts of garbage
EVENT = 24  # bytes of a `struct input_event`
BURST = 2 * EVENT  # bytes: a kernel gives whole events only


class Hurried(SystemTiming):
    """The machine's clock; nobody waits for long before the port is opened again."""

    def __init__(self, longest=LONGEST_WAIT):
        self._longest = longest

    async def sleep(self, seconds):
        await asyncio.sleep(min(seconds, self._longest))


class PortBench(Bench):
    """The emulator runs beside the driver."""

    STEP, ROUND, A_WHILE, PATIENCE = 0.01, 0.3, 0.8, 60.0
    PIECES = 6
    JITTER = 0.25

    emulator: Any

    def host(self):
        return Host(Hurried())

    def plug(self):
        self.emulator.plug()

    def unplug(self):
        self.emulator.unplug()

    async def passes(self, seconds):
        await asyncio.sleep(seconds)
        for task in self.tasks:
            if task.done():
                task.result()  # an emulator that ended says why; else its driver were to blame

    async def __aenter__(self):
        jobs = self.emulator.run(), self.noise()
        self.tasks = [asyncio.ensure_future(job) for job in jobs]
        await asyncio.sleep(0)  # it plugs in; from then on the test decides
        return await super().__aenter__()

    async def __aexit__(self, *_):
        await super().__aexit__()
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)

    async def noise(self):
        """Speak without being asked, where a device may."""

    def spoken(self, write):
        """Return a `write` by the bench's voice."""

        async def say(data):
            await write(self.voice.says(data))
            if self.voice.cut:
                self.voice.cut = False
                self.unplug()

        return say


class SerialBench(PortBench):
    """A pty behind a stable path."""

    def __init__(self, kind, folder, stir=None, **emulated):
        super().__init__(kind, stir)
        self.where = str(folder / "port")
        self.given = {"port": self.where}
        self.emulator = make(kind, {"link": self.where} | emulated)
        self.emulator.port.through(self.spoken)

    async def noise(self):
        while True:
            await asyncio.sleep(PAUSE)
            if self.voice.rng.random() < self.voice.garbage and self.emulator.port.plugged_in:
                await self.emulator.port.send(self.voice.rng.randbytes(BURST))


class AskedBench(SerialBench):
    """A pty with a device that says nothing by itself: its driver sleeps between two questions."""

    INTERVAL = 0.2  # s

    def host(self):
        return Host(Hurried(self.INTERVAL))


class InputBench(SerialBench):
    """A pty that carries input events; the kernel's own answers are made up."""

    def build(self):
        options = catalog.check_options(self.kind, self.given)
        connect = functools.partial(EvdevLink.open, self.where, Kernel())
        return hid.HidScanner(
            "under-test", settings_of(hid.Settings, options), self.host(), connect
        )


class Fast(SystemTiming):
    """A clock that runs twenty times as fast: a probe is asked once a second at most."""

    SPEED = 20.0

    def monotonic(self):
        return super().monotonic() * self.SPEED

    async def sleep(self, seconds):
        await asyncio.sleep(seconds / self.SPEED)


class OneWireBench(PortBench):
    """A folder that the kernel shows for a probe; what it says is a file."""

    JITTER = 0.4

    def host(self):
        return Host(Fast())

    def __init__(self, kind, folder, stir=None, **emulated):
        super().__init__(kind, stir)
        self.where = str(folder / "28-0316a2795c6f")
        self.given = {"port": self.where}
        self.emulator = make(kind, {"link": self.where} | emulated)
        self.emulator.around = self.around

    def around(self, text):
        said = self.voice.says(text)
        if self.voice.cut:
            self.voice.cut = False
            self.unplug()
        return said


class NetworkBench(PortBench):
    """A listener on TCP."""

    def __init__(self, kind, _folder, stir=None, **emulated):
        super().__init__(kind, stir)
        self.where = f"{HERE}:{free_port()}"
        self.given = {"address": self.where}
        self.emulator = make(kind, {"listen": self.where} | emulated)
        self.emulator._faults = self  # all it says goes through `around`

    def around(self, write):
        """See hil.emulators.faults.Faults."""
        return self.spoken(write)


class StackBench(PortBench):
    """The socket of a process that speaks for the device."""

    def __init__(self, kind, folder, stir=None, **emulated):
        super().__init__(kind, stir)
        self.where = str(folder / "socket")
        told = {key: emulated[key] for key in ("radio", "ieee", "port") if key in emulated}
        self.given = {"stack": self.where} | told
        self.emulator = make(kind, {"link": self.where} | emulated)
        self.emulator.through(self.spoken)


class GpioBench(PortBench):
    """A chip's file; the kernel's own answers are made up."""

    LINE, INTERVAL = 17, 0.2  # s

    def __init__(self, kind, folder, stir=None, **emulated):
        super().__init__(kind, stir)
        self.where = str(folder / "gpiochip")
        self.given = {"chip": self.where, "line": self.LINE}
        every = emulated.get("every", 0.0)
        self._timing = Hurried(self.INTERVAL)
        self.emulator = gpio_kernel.Kernel(
            folder / "gpiochip", self.said, line=self.LINE, every=every
        )

    def said(self, event):
        """Return an event or a level by the bench's voice."""
        data = self.voice.says(event)
        self.voice.cut = False  # the kernel pulls the chip where it is
        return data

    def build(self):
        module = catalog.module(self.kind)
        settings = settings_of(module.Settings, catalog.check_options(self.kind, self.given))
        driver = {"gpio.input": gpio_input.GpioInput, "gpio.output": gpio_output.GpioOutput}
        opens = functools.partial(GpioLine.open, ioctl=self.emulator)
        return driver[self.kind]("under-test", settings, Host(self._timing), opens)
