"""JBD battery management on a serial port: charge, cells, temperatures, cycles, faults.

Also sold as Xiaoxiang and Overkill Solar. It answers and never speaks by itself; one that slept
loses the first question.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from drivers.battery import causes
from drivers.battery.jbd_frames import BASIC, CELLS, OK, Frame, pack_of, parse, request
from drivers.battery.pack import KIND, nothing
from drivers.driver import Host
from drivers.errors import BadFrame, CommandTimeout, DeviceFault
from drivers.links.link import Link
from drivers.links.reopen import ReopeningDriver
from drivers.links.serial import SerialLink, baudrate_option, port_option
from drivers.reading import Quality, Reading
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = (KIND,)
CAUSES = causes.JBD
ANSWER_WITHIN = 0.5  # s; 40 bytes take 42 ms at 9600 baud
TRIES = 3  # the first question may wake it


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one pack."""

    port: str = port_option()
    baudrate: int = baudrate_option(9600)
    interval: float = option(float, "time between two readings", 30.0, 0.05, 3600.0, "s")


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Jbd:
    """Make the driver; opens nothing."""
    return Jbd(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class Jbd(ReopeningDriver):
    """One pack."""

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._rest = b""

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Ask for as long as the pack answers."""
        link = await SerialLink.open(self._settings.port, self._settings.baudrate)
        self._rest = b""
        try:
            due = self.timing.monotonic()
            while True:
                yield await self._measure(link)
                due = max(due + self._settings.interval, self.timing.monotonic())
                await self.pause(due - self.timing.monotonic())
        finally:
            link.close()

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        return Reading(self.name, KIND, nothing(), self.timing.monotonic(), Quality.NO_ANSWER)

    async def _measure(self, link: Link) -> Reading:
        basic, cells = await self._ask(link, BASIC), await self._ask(link, CELLS)
        try:
            pack = pack_of(basic, cells)
        except BadFrame as error:
            raise DeviceFault(
                f"{self._settings.port}: {error}: that is no JBD pack", cause=causes.REFUSES
            ) from error
        if pack.faults:
            self.running(f"it reports {', '.join(pack.faults)}", causes.PROTECTS)
        else:
            self.running()
        quality = Quality.OK if pack.possible else Quality.OUT_OF_RANGE
        return Reading(self.name, KIND, pack.fields(), self.timing.monotonic(), quality)

    async def _ask(self, link: Link, register: int) -> bytes:
        """Return a register's data; CommandTimeout or DeviceFault after some tries."""
        heard = 0
        for _ in range(TRIES):
            await link.write(request(register), ANSWER_WITHIN)
            until = self.timing.monotonic() + ANSWER_WITHIN
            while (left := until - self.timing.monotonic()) > 0:
                data = await link.read(left)
                heard += len(data)
                for frame in self._frames(data):
                    if frame.register == register:
                        return self._taken(frame)
        if heard:
            self.health.count("bad frames")
            raise DeviceFault(
                f"{heard} bytes from {self._settings.port} are no answer", cause=causes.DAMAGED
            )
        raise CommandTimeout(f"no pack answers at {self._settings.port}", cause=causes.ASLEEP)

    def _frames(self, data: bytes) -> list[Frame]:
        frames, self._rest = parse(self._rest + data)
        return frames

    def _taken(self, frame: Frame) -> bytes:
        if frame.status != OK:
            raise DeviceFault(
                f"the pack at {self._settings.port} refuses register {frame.register:#04x} with "
                f"status {frame.status:#04x}",
                cause=causes.REFUSES,
            )
        return frame.data
