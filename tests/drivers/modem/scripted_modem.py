"""A modem at the end of a link that the test writes down: nobody waits, nothing is emulated."""

import asyncio
import copy
from collections import deque
from contextlib import asynccontextmanager

from drivers import catalog
from drivers.driver import Health, Host
from drivers.errors import DeviceMissing
from drivers.links.causes import PORT_ABSENT
from drivers.modem.exchange import Exchange
from drivers.modem.knowledge import Knowledge
from drivers.modem.modem import AtModem
from drivers.modem.session import Modem
from drivers.modem.settings import Settings
from foundation.durable import WriteFailed
from foundation.options import settings_of
from tests.drivers.fake_timing import FakeTiming

OK = "OK"
SILENT = None

AT_HOME = {
    "AT+CGMM": ["SIM7600", OK],
    "AT+CGSN": ["490154203237518", OK],
    "AT+CICCID": ["+ICCID: 89391078000234163954", OK],
    "AT+CFUN?": ["+CFUN: 1", OK],
    "AT+CPIN?": ["+CPIN: READY", OK],
    "AT+CREG?": ['+CREG: 2,1,"30A2","0807A3C1",7', OK],
    "AT+CPSI?": [
        "+CPSI: LTE,Online,222-01,0x30A2,134718401,427,EUTRAN-BAND3,1750,5,5,-75,-910,-710,10",
        OK,
    ],
    "AT+COPS?": ['+COPS: 0,0,"TIM",7', OK],
    "AT+CGPADDR=1": ['+CGPADDR: 1,"10.64.1.2"', OK],
}
"""What a SIM7600 says in its network."""


class ScriptedLink:
    """Answers each command with its lines, with OK where none are written down.

    `answers` are those of a command in turn, `always` holds behind them; `sent` is what was written
    and within how many seconds it was to go.
    """

    def __init__(self, timing, answers=None, always=None):
        self.timing = timing
        self.answers = {name: deque(each) for name, each in (answers or {}).items()}
        self.always = dict(always or {})
        self.sent = []
        self.says = deque()  # bytes that come by themselves
        self.closed = 0

    @property
    def commands(self):
        return [data.decode("latin-1").removesuffix("\r") for data, _ in self.sent]

    async def write(self, data, within):
        self.sent.append((data, within))
        command = data.decode("latin-1").removesuffix("\r")
        given = self.answers.get(command)
        lines = given.popleft() if given else self.always.get(command, [OK])
        if isinstance(lines, bytes):
            self.says.append(lines)
        elif lines is not SILENT:
            self.says.append("".join(f"\r\n{each}\r\n" for each in lines).encode())

    async def read(self, within):
        if self.says:
            return self.says.popleft()
        await self.timing.sleep(within)
        return b""

    def close(self):
        self.closed += 1


class Scripted:
    """An open modem that answers so."""

    def __init__(self, answers=None, model=None, always=None):
        self.timing, self.health = FakeTiming(), Health()
        self.link = ScriptedLink(self.timing, answers, always)
        self.exchange = Exchange(self.link, self.timing, self.health)
        self.modem = Modem(self.exchange, Knowledge(), model)

    @property
    def commands(self):
        return self.link.commands

    @property
    def waited(self):
        """How many seconds passed."""
        return self.timing.now - 100.0


class Notes:
    """A notebook in memory; `full` is that of a disk without room."""

    def __init__(self, **notes):
        self.kept, self.full, self.notes, self.writes = True, False, notes, []

    async def recall(self, device):
        assert device == "modem"
        return copy.deepcopy(self.notes)

    async def keep(self, device, notes):
        assert device == "modem"
        if self.full:
            raise WriteFailed("no space left")
        self.notes = copy.deepcopy(dict(notes))
        self.writes.append(self.notes)


class Port:
    """A port that opens its link, or is away."""

    def __init__(self, link):
        self.link, self.away, self.opened = link, False, 0

    async def __call__(self):
        if self.away:
            raise DeviceMissing("there is no serial port x", cause=PORT_ABSENT)
        self.opened += 1
        return self.link


def host_of(timing, **notes):
    host = Host(timing)
    host.notebook = Notes(**notes)
    return host


class Driven:
    """The driver on a modem that answers so, with its readings one by one."""

    def __init__(self, options=None, always=None, answers=None, **notes):
        self.timing = FakeTiming()
        self.link = ScriptedLink(self.timing, answers, AT_HOME | (always or {}))
        self.host = host_of(self.timing, **notes)
        given = {"port": "/dev/ttyUSB2"} | (options or {})
        settings = settings_of(Settings, catalog.check_options("modem.at", given))
        self.driver = AtModem("modem", settings, self.host, [Port(self.link)])

    @asynccontextmanager
    async def open(self):
        async with self.driver:
            self._readings = self.driver.readings()
            try:
                yield self
            finally:
                await self._readings.aclose()

    async def next(self, kind="mobile-network"):
        async with asyncio.timeout(30):
            while (reading := await anext(self._readings)).kind != kind:
                pass
        return reading
