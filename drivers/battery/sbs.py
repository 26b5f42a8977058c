"""Smart batteries on I2C (Smart Battery Data 1.1): charge, volts, amperes, temperature, faults."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from drivers.battery import causes
from drivers.battery import sbs_codec as codec
from drivers.battery.pack import KIND, nothing
from drivers.driver import Host, State
from drivers.errors import WrongDevice
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = (KIND,)
CAUSES = causes.SMART


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one battery."""

    bus: str = option(str, "the I2C bus, such as /dev/i2c-1")
    address: int = option(
        int,
        "0x0b, the only one; another only behind a part that moves it",
        codec.ADDRESS,
        choices=tuple(range(0x08, 0x78)),
        hexadecimal=True,
    )
    interval: float = option(float, "time between two readings", 30.0, 0.5, 3600.0, "s")


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> SmartBattery:
    """Make the driver; opens nothing."""
    return SmartBattery(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class SmartBattery(ReopeningDriver):
    """One battery; its words have a checksum where it says so."""

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, host)
        self._bus = host.i2c(settings.bus)
        self._address = settings.address
        self._interval = settings.interval
        self._damaged = False  # whether a word of the reading under way failed its check

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Find out what it is, then ask for as long as it answers."""
        await self._bus.claim(self._address)
        kind = await self._kind()
        due = self.timing.monotonic()
        while True:
            yield await self._measure(kind)
            due = max(due + self._interval, self.timing.monotonic())
            await self.pause(due - self.timing.monotonic())

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        return Reading(self.name, KIND, nothing(), self.timing.monotonic(), Quality.NO_ANSWER)

    async def _kind(self) -> codec.Kind:
        data = await self._read(codec.SPECIFICATION, codec.PLAIN_LENGTH)
        kind = codec.kind_of(codec.word_of(data))
        if kind is None:
            raise WrongDevice(
                f"the chip at {self._place} is no smart battery: its specification is "
                f"0x{codec.word_of(data):04x}",
                cause=causes.OTHER,
            )
        return kind

    async def _measure(self, kind: codec.Kind) -> Reading:
        self._damaged = False
        words = {command: await self._word(kind, command) for command in codec.ASKED}
        pack = codec.pack_of(kind, words)
        now = self.timing.monotonic()
        silent = words[codec.STATUS] == codec.ALL_ONES
        if self._damaged or silent:
            self.health.count("bad frames")
            seen = "nothing but ones" if silent else "wrong checksums"
            self.health.enter(State.FAULTY, now, f"{seen} from {self._place}", causes.DAMAGED)
            return Reading(self.name, KIND, pack.fields(), now, Quality.CORRUPT)
        if pack.faults:
            self.running(f"it reports: {', '.join(pack.faults)}", causes.PROTECTS)
        else:
            self.running()
        quality = Quality.OK if pack.possible else Quality.OUT_OF_RANGE
        return Reading(self.name, KIND, pack.fields(), now, quality)

    async def _word(self, kind: codec.Kind, command: int) -> int:
        """Return a word; where its check fails twice, the reading is damaged."""
        if not kind.checked:
            return codec.word_of(await self._read(command, codec.PLAIN_LENGTH))
        data = await self._read(command, codec.CHECKED_LENGTH)
        if not codec.intact(self._address, command, data):
            data = await self._read(command, codec.CHECKED_LENGTH)
            self._damaged |= not codec.intact(self._address, command, data)
        return codec.word_of(data)

    async def _read(self, command: int, count: int) -> bytes:
        return await self._bus.write_read(self._address, bytes([command]), count)

    @property
    def _place(self) -> str:
        return f"{self._address:#04x} on {self._bus.path}"
