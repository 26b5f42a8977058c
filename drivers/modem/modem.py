"""Mobile modems with an AT port: SIM7600, SIM800, SIM7070, EC25, EG25, BG96.

The driver asks and does not dial: NetworkManager or pppd makes the data call. Reading kinds:
`mobile-network` (registration, operator, signal in dBm, cell, address, SIM) and, with `gnss`,
`position` of the modem's own receiver; none without a fix. With `alarm_numbers`, `text-message`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from drivers.driver import Host
from drivers.errors import DeviceFault, DriverError
from drivers.links.link import Connect
from drivers.links.reopen import ReopeningDriver
from drivers.links.serial import SerialLink
from drivers.modem import alarms, causes, telling
from drivers.modem.alarms import Alarms
from drivers.modem.cards import Cards
from drivers.modem.diagnosis import Diagnosis, diagnose
from drivers.modem.exchange import Exchange
from drivers.modem.knowledge import Knowledge
from drivers.modem.ladder import Around, Pace
from drivers.modem.nitz import Nitz
from drivers.modem.probe import Probe, addresses, through
from drivers.modem.recovery import Recovery
from drivers.modem.session import Modem
from drivers.modem.settings import Settings, check, switches
from drivers.modem.trouble import coverage, trouble_of
from drivers.modem.two_cards import CardPace
from drivers.reading import Reading
from foundation.options import OptionValue, options_of, settings_of
from foundation.release import RELEASED

if TYPE_CHECKING:
    from drivers.modem.managed import ManagedModem

LISTEN = 1.0  # s between looks at whether somebody waits for a reading
PACE = Pace()
CARD_PACE = CardPace()

KINDS = (telling.NETWORK, telling.POSITION, alarms.KIND)
CAUSES = causes.CAUSES
OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> AtModem | ManagedModem:
    """Make the driver of one modem; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    if chosen.manager:
        from drivers.modem.managed import ManagedModem  # noqa: PLC0415  most modems are our own

        return ManagedModem(name, chosen, host)
    paths = filter(None, (chosen.port, chosen.second))
    ports = [partial(SerialLink.open, path, chosen.baudrate) for path in paths]
    return AtModem(name, chosen, host, ports)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings; OptionError where options contradict each other."""
    chosen = settings_of(Settings, options)
    check(chosen)
    return chosen.interval


class AtModem(ReopeningDriver):
    """One modem, asked through the links that the first of `ports` opens, or the second."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        host: Host,
        ports: Sequence[Connect],
        pace: Pace = PACE,
    ) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._host = host
        self._recovery = Recovery(name, ports, switches(settings), host, pace)
        self._coverage = Around()
        targets = addresses(settings.probe)
        self._probe = Probe(targets, settings.probe_every, through(settings.interface))
        self._cards = Cards(name, settings, host, CARD_PACE)
        self._nitz = Nitz()
        self._alarms = Alarms(name, settings.alarm_numbers, settings.alarms_per_day, host)

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Ask the modem once an interval until it does not answer; then see to it that it does."""
        greeted = False
        try:
            link = await self._recovery.connect()
            try:
                modem = Modem(Exchange(link, self.timing, self.health), Knowledge())
                await modem.greet()
                greeted = True
                async with aclosing(self._asked(modem)) as readings:
                    async for reading in readings:
                        yield reading
            finally:
                link.close()
        except DriverError as error:
            await self._recover(error, greeted=greeted)
            raise

    async def _asked(self, modem: Modem) -> AsyncGenerator[Reading, None]:
        """Yield what the modem says, once an interval."""
        new = True
        await self._begin(modem)
        while True:
            due = self.timing.monotonic() + self._settings.interval
            for reading in await self._readings_of(modem, new=new):
                yield reading
            async for reading in self._alarms.send(modem):
                yield reading
            if await self._cards.change(modem, self.health):
                self._probe.forget()
                await self._begin(modem)
                new = True
                continue
            await self._see_to_packets(modem)
            if new := await self._wait(modem, due):
                await modem.greet()
                await self._begin(modem)

    async def _recover(self, error: DriverError, *, greeted: bool) -> None:
        """Take the ladder's next step, if it is due."""
        trouble = trouble_of(error, greeted=greeted)
        if trouble is None or not self._settings.recover:
            return
        self._probe.forget()
        rung = await self._recovery.attempt(trouble, self._around())
        if rung is not None:
            self.health.count(str(rung))
        if self._recovery.word:
            error.args = (f"{error}; {self._recovery.word}",)

    def _around(self) -> Around:
        host = self._host
        return replace(self._coverage, budget_spent=host.budget_spent(), flight=host.flight())

    async def _see_to_packets(self, modem: Modem) -> None:
        """Tell the ladder whether packets pass; raises DeviceFault where a step is due for them."""
        known = modem.known
        if known.passes is not False:
            await self._recovery.works(passes=known.passes, card=known.iccid)
        elif self._settings.recover and await self._recovery.stuck(self._around(), known.iccid):
            raise DeviceFault(causes.NO_PACKETS.sentence, cause=causes.NO_PACKETS)

    async def _begin(self, modem: Modem) -> None:
        """Set the modem up as after its start: it forgets all that it is told."""
        self.running("set up")
        await modem.identify()
        await modem.look_at_radio()
        await self._see_to_radio(modem)
        await self._cards.open(modem)
        await modem.set_up(gnss=self._settings.gnss)
        modem.known.booted = False

    async def _see_to_radio(self, modem: Modem) -> None:
        """Have the radio as flight mode wants it; also one that a step cut short left off."""
        wanted = not self._host.flight()
        if self._host.notebook.kept and modem.known.radio is (not wanted):
            await modem.switch_radio(on=wanted)

    async def _readings_of(self, modem: Modem, *, new: bool) -> list[Reading]:
        await modem.look_at_radio()
        await self._see_to_radio(modem)
        await modem.look(self._settings.cid)
        at = self.timing.monotonic()
        if modem.known.registered and modem.known.address is not None:
            modem.known.passes = await self._probe.passes(at)
            modem.known.probed = self._probe.targets
        self._coverage = coverage(modem.known, at) or self._coverage
        problem, cause = self._diagnosis(modem)
        self.running(telling.in_words(modem, problem), cause)
        readings = [telling.network(self.name, modem, problem, at, self._utc(modem, at), new=new)]
        if self._settings.gnss:
            await modem.look_for_place()
            place = telling.place(self.name, modem, self.timing.monotonic(), self._today())
            readings += place
        return readings

    def _diagnosis(self, modem: Modem) -> Diagnosis:
        if self._host.flight():
            return diagnose(modem.known, flight=True)
        refused = self._cards.refused(modem.known.tries) if modem.known.sim == "pin" else None
        return refused or diagnose(modem.known, self._settings.apn, self._settings.cid)

    def _today(self) -> date:
        """Return the newest date that is over for sure."""
        known, release = self._host.not_before(), RELEASED.date()
        return release if known is None else max(release, known.date())

    def _utc(self, modem: Modem, at: float) -> datetime | None:
        told = None if modem.known.time is None else modem.known.time.utc
        return self._nitz.confirmed(told, at, self._host.not_before())

    async def _wait(self, modem: Modem, due: float) -> bool:
        """Listen until the next reading is due or asked for; whether the modem began anew."""
        while (left := due - self.timing.monotonic()) > 0 and not self.asked:
            await modem.exchange.listen(min(LISTEN, left))
            if modem.known.booted:
                self.health.count("restarts")
                return True
            if self._alarms.wait and modem.known.registered:
                return False
        return False

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        return telling.silence(self.name, self.timing.monotonic())
