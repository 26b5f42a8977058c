"""Mobile modems with an AT port: SIM7600, SIM800, SIM7070, EC25, EG25, BG96.

The driver asks and does not dial: NetworkManager or pppd makes the data call. Reading kinds:
`mobile-network` (registration, operator, signal in dBm, cell, address, SIM) and, with `gnss`,
`position` of the modem's own receiver; none without a fix.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass

from drivers.driver import Host
from drivers.links.link import Connect, Link
from drivers.links.reopen import ReopeningDriver
from drivers.links.serial import SerialLink, baudrate_option, port_option
from drivers.modem import causes, diagnosis
from drivers.modem.answer import Registration, Signal
from drivers.modem.diagnosis import Diagnosis, diagnose
from drivers.modem.exchange import Exchange
from drivers.modem.knowledge import Knowledge
from drivers.modem.nitz import Nitz
from drivers.modem.pin import TRIED, mark, why_not
from drivers.modem.session import Modem
from drivers.reading import FieldValue, Quality, Reading
from foundation.counting import counted
from foundation.durable import WriteFailed
from foundation.options import OptionValue, option, options_of, settings_of

LISTEN = 1.0  # s between looks at whether somebody waits for a reading
NETWORK, POSITION = "mobile-network", "position"
KINDS = (NETWORK, POSITION)
CAUSES = causes.CAUSES
FIELDS = (
    "state", "domain", "technology", "operator", "plmn", "dbm", "rsrq", "sinr", "area", "cell",
    "address", "sim", "imei", "iccid", "problem",
)  # fmt: skip
PLACE = ("lat", "lon", "altitude", "speed", "course", "hdop", "satellites", "fix", "problem")
UNREAD = Registration("", "unknown")  # a modem that answers no question of it
NO_WORD = "the modem does not say whether it has a fix"


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one modem."""

    port: str = port_option()
    baudrate: int = baudrate_option(115200)
    interval: float = option(float, "time between readings", 60.0, 0.1, 3600, "s")
    pin: str = option(str, "the SIM card's PIN, tried once", "", form=r"\d{4,8}", example="1234")
    cid: int = option(int, "number of the data call's context", 1, 1, 16)
    gnss: bool = option(bool, "whether to switch on and read the modem's own GNSS", default=False)


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> AtModem:
    """Make the driver of one modem; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    return AtModem(name, chosen, host, lambda: SerialLink.open(chosen.port, chosen.baudrate))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class AtModem(ReopeningDriver):
    """One modem, asked through the links that `connect` opens."""

    def __init__(self, name: str, settings: Settings, host: Host, connect: Connect) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._host = host
        self._connect = connect
        self._nitz = Nitz()
        self._pin_refused = ""  # why the PIN is not tried
        self.known = Knowledge()

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Ask the modem once an interval until it does not answer."""
        link = await self._connect()
        try:
            modem = self._modem(link)
            await self._begin(modem)
            new = True
            while True:
                due = self.timing.monotonic() + self._settings.interval
                for reading in await self._readings_of(modem, new=new):
                    yield reading
                new = await self._wait(modem, due)
        finally:
            link.close()

    def _modem(self, link: Link) -> Modem:
        self.known = Knowledge()
        return Modem(Exchange(link, self.timing, self.health), self.known)

    async def _begin(self, modem: Modem) -> None:
        """Set the modem up as after its start: it forgets all that it is told."""
        await modem.greet()
        self.running("set up")
        await modem.identify()
        await modem.look_at_card()
        if self.known.sim == "pin" and self._settings.pin:
            await self._open_card(modem)
        await modem.set_up(gnss=self._settings.gnss)
        self.known.booted = False

    async def _open_card(self, modem: Modem) -> None:
        """Try the PIN, if it may be tried; write down before that it is."""
        await modem.ask(modem.profile.tries)
        sign = mark(self.known.iccid, self._settings.pin)
        notes = await self._host.notebook.recall(self.name)
        self._pin_refused = why_not(notes, sign, self.known.tries)
        if not self._host.notebook.kept:
            self._pin_refused = "only the running agent enters it"
        if self._pin_refused:
            return
        try:
            await self._host.notebook.keep(self.name, {**notes, TRIED: sign})
        except WriteFailed as error:
            self._pin_refused = f"that it is tried cannot be written down: {error}"
            return
        opened = await modem.enter_pin(self._settings.pin)
        await modem.look_at_card()
        if opened:
            notes.pop(TRIED, None)
            with suppress(WriteFailed):  # then a person sees to it once more
                await self._host.notebook.keep(self.name, notes)
        else:
            self._pin_refused = "the card refused it"

    async def _readings_of(self, modem: Modem, *, new: bool) -> list[Reading]:
        await modem.look(self._settings.cid)
        at = self.timing.monotonic()
        found = self._diagnosis()
        self.running(self._in_words(modem.technology, found.problem), found.cause)
        readings = [self._network(modem, found.problem, at, new=new)]
        if self._settings.gnss:
            await modem.look_for_place()
            readings += self._place()
        return readings

    def _diagnosis(self) -> Diagnosis:
        if self.known.sim != "pin" or not self._settings.pin:
            return diagnose(self.known)
        left = (
            ""
            if self.known.tries is None
            else f"; {counted(self.known.tries, 'try', 'tries')} left"
        )
        return diagnosis.of(causes.PIN_REFUSED, f": {self._pin_refused}{left}")

    def _network(self, modem: Modem, problem: str | None, at: float, *, new: bool) -> Reading:
        known, signal = self.known, self.known.signal or Signal()
        best = known.registration or UNREAD
        utc = None if known.time is None else known.time.utc
        confirmed = self._nitz.confirmed(utc, at, self._host.not_before())
        fields: dict[str, FieldValue] = {
            "state": best.state,
            "domain": best.domain or None,
            "technology": modem.technology,
            "operator": known.operator,
            "plmn": known.plmn or signal.plmn,
            "dbm": signal.dbm,
            "rsrq": signal.rsrq,
            "sinr": signal.sinr,
            "area": best.area or signal.area,
            "cell": best.cell or signal.cell,
            "address": known.address,
            "sim": None if known.sim == "ready" else known.sim,
            "imei": modem.imei if new else None,
            "iccid": known.iccid if new else None,
            "problem": problem,
        }
        return Reading(self.name, NETWORK, fields, at, Quality.OK, confirmed)

    def _place(self) -> Iterator[Reading]:
        """Yield where the modem is, if its receiver says so."""
        place = self.known.position
        if place is None or place.lat is None:
            return
        fields = {name: getattr(place, name) for name in PLACE[:-1]}
        problem = NO_WORD if place.fix is None and place.utc is None else None
        quality = Quality.SUSPECT if problem else Quality.OK
        at = self.timing.monotonic()
        yield Reading(self.name, POSITION, {**fields, "problem": problem}, at, quality, place.utc)

    def _in_words(self, technology: str | None, problem: str | None) -> str:
        """Return what there is to say of the modem in one line."""
        known, signal = self.known, self.known.signal or Signal()
        best, network = known.registration, known.operator or known.plmn
        dbm = None if signal.dbm is None else f"{signal.dbm:g} dBm"
        where = f"{best.state} in {network}" if best and network else None
        words = (where, technology, dbm, known.address, problem)
        return ", ".join(str(each) for each in words if each) or "it answers"

    async def _wait(self, modem: Modem, due: float) -> bool:
        """Listen until the next reading is due or asked for; whether the modem began anew."""
        while (left := due - self.timing.monotonic()) > 0 and not self.asked:
            await modem.exchange.listen(min(LISTEN, left))
            if self.known.booted:
                self.health.count("restarts")
                await self._begin(modem)
                return True
        return False

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        now = self.timing.monotonic()
        return Reading(self.name, NETWORK, dict.fromkeys(FIELDS), now, Quality.NO_ANSWER)
