"""One configured device: its driver's readings on their way into the gateway's order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.clock.belief import Estimate
from agent.clock.change import Change
from agent.clock.clock import Clock
from agent.config.devices import Device
from agent.intake.declared import Declared
from agent.intake.health_board import HealthBoard
from agent.intake.placed import Placed
from agent.intake.receiver_time import ReceiverTime
from agent.journal.recorder import Recorder
from agent.journal.recorder import Source as Readings
from agent.observe.calibration import KIND as CALIBRATION
from agent.observe.calibration import Calibration, corrected
from agent.observe.silence import Closed, Silence
from agent.records.convert import OWN_DEVICE
from drivers.driver import (
    Commission,
    Commissioned,
    Driver,
    Health,
    NetworkKeeper,
    Switch,
    TagWriter,
)
from drivers.errors import DeviceFault
from drivers.reading import Quality, Reading

if TYPE_CHECKING:  # not every gateway sees goods
    from agent.intake.tag_watch import TagWatch


class Collector:
    """Reads one device for as long as the agent runs; `run` is its task."""

    def __init__(
        self,
        device: Device,
        make: Callable[[], Driver],
        declared: Declared,
        board: HealthBoard,
        recorder: Recorder,
        clock: Clock,
        silence: Silence,
        tags: TagWatch | None = None,
        *,
        calibrations: Sequence[Calibration] = (),
        placed: Placed | None = None,
    ) -> None:
        self.device = device
        self._make = make
        self._declared = declared
        self._board = board
        self._driver = self._new_driver()
        self._used = False
        self._recorder = recorder
        self._clock = clock
        self._time = ReceiverTime()
        self._silence = silence
        self._tags = tags
        self._calibrations = calibrations
        self._placed = placed
        self.last: Reading | None = None

    def _new_driver(self) -> Driver:
        driver = self._make()
        self._board.put(self.device.name, driver.health)
        return driver

    @property
    def health(self) -> Health:
        """What the driver says of the device."""
        return self._driver.health

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds that its driver declares."""
        return self._declared.kinds

    @property
    def calibrations(self) -> Sequence[Calibration]:
        """What its readings are corrected by."""
        return self._calibrations

    async def read_once(self) -> Reading:
        """Return one fresh reading, or raise the DriverError that prevented it."""
        return self._held_against_time(self._marked(await self._driver.read_once()))

    def _marked(self, given: Reading) -> Reading:
        """Return a reading as declared and calibrated."""
        reading = self._declared.marked(given)
        if not self._calibrations:
            return reading
        now = self._clock.now()
        vouched = None if now.bound_ms is None else now.wall_ms
        return corrected(reading, self._calibrations, vouched)

    async def commission(self, order: Commission) -> Commissioned:
        """Write a tag, or raise the DriverError that prevented it."""
        if not isinstance(self._driver, TagWriter):
            raise DeviceFault(
                f"{self.device.name} ({self.device.kind}) cannot write tags",
                advice="use a device of kind rfid.m100",
            )
        return await self._driver.commission(order)

    async def order(self, order: Mapping[str, object]) -> object:
        """Have the device's network looked after, or raise the DriverError that prevented it."""
        if not isinstance(self._driver, NetworkKeeper):
            raise DeviceFault(
                f"{self.device.name} ({self.device.kind}) keeps no network",
                advice="name a device of kind zigbee.radio",
            )
        return await self._driver.order(order)

    async def switch(self, *, on: bool, cause: str) -> None:
        """Switch what the device switches, or raise the DriverError that prevented it."""
        if not isinstance(self._driver, Switch):
            raise DeviceFault(
                f"{self.device.name} ({self.device.kind}) switches nothing",
                advice="name a device of kind gpio.output",
            )
        await self._driver.switch(on=on, cause=cause)

    async def run(self) -> None:
        """Hand on readings until cancelled; a driver that failed is replaced by a new one."""
        if self._used:
            self._driver = self._new_driver()
        else:
            await self._tell_calibrations()
        self._used = True
        source = Readings(self._driver.committed)
        async with self._driver as driver:
            async for given in driver.readings():
                reading = await self._told_the_time(self._marked(given))
                await self._observe(reading)
                if self._placed is not None:
                    reading = self._placed(reading)
                if self._tags is None or not await self._tags.take(reading):
                    await self._recorder.take(reading, source)

    async def _tell_calibrations(self) -> None:
        """Put on record what the readings are corrected by, before the first of them."""
        for each in self._calibrations:
            await self._recorder.note(CALIBRATION, each.values(), device=self.device.name)

    def _held_against_time(self, reading: Reading) -> Reading:
        """Return a reading nobody waits for, as `_told_the_time` does; the clock hears nothing."""
        word = self._time.word(reading)
        return reading if word is None else self._believable(reading, word)

    async def _told_the_time(self, reading: Reading) -> Reading:
        """Let the clock hear a reading; return what may be believed of it."""
        if reading.quality is Quality.NO_ANSWER:
            self._time.lost()
            return reading
        word = self._time.word(reading)
        if word is None or self._clock.repeats(word):
            return reading
        # The time of a doubtful fix is doubtful.
        change = self._clock.hear(word, doubtful=reading.quality is not Quality.OK)
        if change is not None:
            await note_change(self._recorder, change)
        return self._believable(reading, word)

    def _believable(self, reading: Reading, word: Estimate) -> Reading:
        """Return the reading; a good one as `suspect` where its own time cannot be right.

        Who sends what was recorded elsewhere, or makes up satellites, gets the time wrong first.
        """
        if reading.quality is not Quality.OK or not self._clock.excludes(word):
            return reading
        return replace(reading, quality=Quality.SUSPECT)

    async def _observe(self, reading: Reading) -> None:
        if reading.quality is Quality.NO_ANSWER:
            return  # silence, said aloud: it must not end a gap
        self.last = reading
        closed = self._silence.seen(reading.device, reading.monotonic)
        if closed is not None:
            await self._recorder.note(
                "gap", closed_values(closed, self._clock), device=reading.device
            )


async def note_change(recorder: Recorder, change: Change) -> None:
    """Record a change of the gateway's idea of time."""
    quality = Quality.SUSPECT if change.suspect else Quality.OK
    await recorder.note("clock", change.values, device=OWN_DEVICE, quality=quality)


def closed_values(closed: Closed, clock: Clock) -> dict[str, int | str]:
    """Return the fields of the `gap` record that ends a gap."""
    values: dict[str, int | str] = {
        "state": "closed",
        "to_ms": clock.stamp(closed.until).wall_ms,
        "reason": "the device reads again",
    }
    if closed.since is not None:
        values["from_ms"] = clock.stamp(closed.since).wall_ms
        values["duration_ms"] = round((closed.until - closed.since) * 1000)
    elif closed.from_ms is not None:
        values["from_ms"] = closed.from_ms
    return values
