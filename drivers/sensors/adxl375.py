"""ADXL375 on I2C: shocks up to ±200 g.

On a bus of 400 kHz the chip gives 800 samples a second. Its FIFO keeps 32 of them: PRE_SAMPLES
from before the first one above the threshold and the rest after it, 40 ms in all. While a shock is
waiting to be read the chip is blind: 30 ms of samples, up to one `poll`, and 25 ms to read and arm.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Protocol

from drivers.driver import Host
from drivers.errors import DeviceFault, WrongDevice
from drivers.links.causes import chip_at_another_address
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from drivers.sensors import adxl375_codec as codec
from drivers.sensors import causes
from drivers.sensors.shock_reading import SHOCK, shock_reading
from foundation.counting import counted
from foundation.options import OptionValue, option, options_of, settings_of

ACCELERATION = "acceleration"
KINDS = (SHOCK, ACCELERATION)
ADDRESSES = (0x53, 0x1D)
CAUSES = (chip_at_another_address(ADDRESSES), *causes.CAUSES)
PRE_SAMPLES = 8  # 10 ms: the rise to the threshold and a resting time
LOOK_EVERY = 3600.0  # s
RESTING_SAMPLES = 4  # the earlier half: the later may hold the rise
SETTLING = (
    PRE_SAMPLES + 2
) / codec.RATE  # s, until they are there; turning on takes 1/rate + 1.1 ms


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one accelerometer."""

    bus: str = option(str, "the I2C bus, such as /dev/i2c-1, run at 400 kHz")
    address: int = option(
        int,
        "0x53 (pin ALT ADDRESS low) or 0x1D (high)",
        0x53,
        choices=ADDRESSES,
        hexadecimal=True,
    )
    # The trigger is DC-coupled: gravity and the part's zero-g offset count, so it needs some room.
    threshold_g: float = option(float, "acceleration that makes a shock", 10.0, 7.0, 190.0, "g")
    # A dropped parcel bounces after 200 ms and more; blind for 155 ms at most, the driver sees each
    # impact. Half of it would cost twice the transfers and find nothing else.
    poll: float = option(float, "time between looks for a shock", 0.1, 0.01, 1.0, "s")


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Adxl375:
    """Make the driver; opens nothing."""
    return Adxl375(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: no shock is no news, and a chip that is gone does not answer."""
    return None


class Wanted(Protocol):
    """The options that both parts have."""

    @property
    def bus(self) -> str:
        """Path of the bus."""
        ...

    @property
    def address(self) -> int:
        """The chip's seven bits."""
        ...

    @property
    def threshold_g(self) -> float:
        """Acceleration that makes a shock, g."""
        ...

    @property
    def poll(self) -> float:
        """Seconds."""
        ...


class Adxl375(ReopeningDriver):
    """One accelerometer that waits for shocks; `read_once()` gives the acceleration of now.

    Every poll also reads back the trigger's set-up, so a chip that lost its supply for a moment
    (and would stay silent for ever) is set up again at once. The whole set-up is read back every
    hour: another program may have set offsets, low power or the self-test.
    """

    def __init__(
        self, name: str, settings: Wanted, host: Host, part: codec.Part = codec.ADXL375
    ) -> None:
        super().__init__(name, host)
        self._part = part
        self._bus = host.i2c(settings.bus)
        self._address = settings.address
        self._threshold = codec.threshold_code(settings.threshold_g, part)
        self._poll = settings.poll
        self._look_at = 0.0  # monotonic moment of the next look at the whole set-up

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Set the chip up, then yield a reading for each shock."""
        await self._start()
        while True:
            await self.pause(self._poll)
            seen = self.timing.monotonic()
            state = await self._state()
            if state.control != codec.fifo_control(PRE_SAMPLES) or await self._changed(seen):
                self.health.count("resets")
                await self._start()
                continue
            self._alive()
            if state.triggered:
                shock = await self._shock(seen, state)
                await self._arm()  # before the consumer has its turn: the chip is blind until then
                yield shock
            elif self.asked:
                yield await self._acceleration()

    async def one_reading(self) -> Reading:
        """Set the chip up and return the acceleration of now."""
        await self._start()
        return await self._acceleration()

    @property
    def _place(self) -> str:
        return f"{self._address:#04x} on {self._bus.path}"

    def _alive(self) -> None:
        resets = self.health.counters.get("resets", 0)
        if resets:
            self.running(
                f"lost its set-up {counted(resets, 'time')} and got it again",
                causes.SUPPLY,
            )
        else:
            self.running()

    async def _start(self) -> None:
        await self._bus.claim(self._address)
        identity = (await self._registers(codec.DEVID, 1))[0]
        if identity != codec.DEVID_VALUE:
            raise WrongDevice(
                f"the chip at {self._place} is not {self._part.name}: its DEVID is {identity:#04x}",
                cause=causes.OTHER_CHIP,
            )
        for register, value in codec.setup(self._threshold):
            await self._set(register, value)
        await self._arm()
        for register, value, wanted in await self._wrong():
            raise DeviceFault(
                f"the chip at {self._place} did not take its set-up: "
                f"register {register:#04x} is {value:#04x}, not {wanted:#04x}",
                cause=causes.NOT_TAKEN,
            )
        self._look_at = self.timing.monotonic() + LOOK_EVERY
        self._alive()

    async def _wrong(self) -> list[tuple[int, int, int]]:
        """Return each register that is not as it was set up: number, value, and the right one."""
        set_up = {**dict(codec.setup(self._threshold)), codec.INT_ENABLE: codec.ACTIVITY}
        found = [(each, (await self._registers(each, 1))[0]) for each in set_up]
        return [(each, value, set_up[each]) for each, value in found if value != set_up[each]]

    async def _changed(self, now: float) -> bool:
        """Whether it is time to look at the whole set-up, and some of it is not as it was."""
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_EVERY
        return bool(await self._wrong())

    async def _arm(self) -> None:
        """Empty the FIFO, let it fill with samples from before a shock, then allow the trigger."""
        await self._set(codec.INT_ENABLE, 0)
        await self._set(codec.FIFO_CTL, codec.FIFO_BYPASS)
        await self._registers(codec.INT_SOURCE, 1)  # takes back the event that triggered
        await self._set(codec.FIFO_CTL, codec.fifo_control(PRE_SAMPLES))
        await self.timing.sleep(SETTLING)
        await self._set(codec.INT_ENABLE, codec.ACTIVITY)

    async def _state(self) -> codec.FifoState:
        state = codec.FifoState.parse(await self._registers(codec.FIFO_CTL, 2))
        if state.control == codec.fifo_control(PRE_SAMPLES) and state.entries == 0:
            raise DeviceFault(
                f"the chip at {self._place} takes no samples", cause=causes.CHIP_HANGS
            )
        return state

    async def _shock(self, seen: float, state: codec.FifoState) -> Reading:
        """Wait for the last sample, read the FIFO and describe the pulse.

        A read costs more than the 5 µs that the FIFO needs after a trigger and between entries:
        the address and register bytes alone take 45 µs at 400 kHz.
        """
        missing = max(0, codec.FIFO_DEPTH - state.entries)
        since = max(0, state.entries - PRE_SAMPLES) / codec.RATE
        if missing:
            await self.timing.sleep((missing + 1) / codec.RATE)
        entries = await self._bus.repeat_write_read(
            self._address, bytes([codec.DATAX0]), codec.SAMPLE_LENGTH, codec.FIFO_DEPTH
        )
        self.health.count("shocks")
        samples = [codec.sample(entry) for entry in entries]
        reading = shock_reading(
            self.name,
            samples,
            self._part.scale,
            codec.pack_waveform(samples),
            rate=codec.RATE,
            resting=RESTING_SAMPLES,
            threshold=self._threshold * self._part.threshold_lsb,
            monotonic=seen - since,
        )
        silent = sum(map(codec.undriven, entries))  # a falling parcel feels nothing, for a while
        if reading.quality is Quality.OK and silent > codec.FIFO_DEPTH // 2:
            return replace(reading, quality=Quality.SUSPECT)
        return reading

    async def _acceleration(self) -> Reading:
        """Return the oldest sample of the FIFO: up to 40 ms old."""
        now = self.timing.monotonic()
        entry = await self._registers(codec.DATAX0, codec.SAMPLE_LENGTH)
        if codec.undriven(entry):
            self.health.count("bad frames")
            entry = await self._registers(codec.DATAX0, codec.SAMPLE_LENGTH)
        quality = Quality.SUSPECT if codec.undriven(entry) else Quality.OK
        x, y, z = codec.to_g(codec.sample(entry), self._part)
        return Reading(self.name, ACCELERATION, {"x": x, "y": y, "z": z}, now, quality)

    async def _registers(self, register: int, count: int) -> bytes:
        return await self._bus.write_read(self._address, bytes([register]), count)

    async def _set(self, register: int, value: int) -> None:
        await self._bus.write(self._address, bytes([register, value]))
