"""What an emulated modem answers to each command: 3GPP's, and its model's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from hil.emulators.serial.modem_network import (
    ICCID,
    IMEI,
    IMSI,
    REGISTERED,
    Network,
    Now,
    clock,
    minutes,
)
from hil.emulators.serial.modem_profiles import Profile

OK, ERROR = "OK", "ERROR"
NOT_INSERTED, PIN_REQUIRED, PUK_REQUIRED, WRONG_PASSWORD = 10, 11, 12, 16
NOT_ALLOWED, NOT_FIXED = 3, 516
NO_NETWORK, UNASSIGNED = 331, 1  # of +CMS ERROR, TS 27.005 §3.2.5
TEXTS = {
    NOT_ALLOWED: "operation not allowed",
    NOT_INSERTED: "SIM not inserted",
    PIN_REQUIRED: "SIM PIN required",
    PUK_REQUIRED: "SIM PUK required",
    WRONG_PASSWORD: "incorrect password",
    NOT_FIXED: "Not fixed now",
}
REFUSALS = {"absent": NOT_INSERTED, "pin": PIN_REQUIRED, "puk": PUK_REQUIRED}
CPIN = {"ready": "READY", "pin": "SIM PIN", "puk": "SIM PUK"}

_PIN = re.compile(r'AT\+CPIN="?(\d{4,8})"?')
_MESSAGE = re.compile(r'AT\+CMGS="([+0-9A-F]+)"')
_REGISTRATION = re.compile(r"AT\+(C5GREG|CEREG|CGREG|CREG)(\?|=\d)")
_SETTING = re.compile(
    r"AT(?:Z|V1|&F|&W|\+COPS=\d.*|\+CTZU=\d|\+CTZR=\d|\+CLTS=\d|\+CSMP=.*|\+CGDCONT=.*|\+CGATT=1"
    r"|\+CGACT=1.*|\+CGPS=\d.*|\+CGNSPWR=\d|\+QGPS=\d|\+QGPSEND|\+QDSIM=[01]|\+QCFG=.*)?"
)


class Refused(Exception):
    """A command that the modem does not do; `code` as in +CME ERROR."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Answers:
    """The interpreter of one modem, as fresh as after power on."""

    def __init__(self, profile: Profile, network: Network, now: Now) -> None:
        self._profile = profile
        self._network = network
        self._now = now
        self.echo = True
        self.functionality = 1  # 27.007 §8.2: 0 the least, 1 all, 4 the radio off
        self._cmee = 0
        self._told = dict.fromkeys(profile.domains, 0)
        self._operator_format = 0
        self._gnss_on = False
        self._text_mode = False
        self._charset = "IRA"
        self._sent = 0

    @property
    def radio(self) -> bool:
        """Whether the radio is on."""
        return self.functionality == 1

    def answer(self, command: str) -> list[str]:
        """Return the lines of the answer, the result last."""
        try:
            lines = self._lines(command.strip())
        except Refused as refused:
            return [self._refusal(refused.code)]
        return [ERROR] if lines is None else [*lines, OK]

    def message_to(self, command: str) -> str | None:
        """Return whom a text message is for that a command begins; None for any other command."""
        match = _MESSAGE.fullmatch(command.upper())
        return None if match is None or not self._text_mode else match[1]

    def message(self, number: str, text: bytes) -> list[str]:
        """Return the answer to a text message; one to 000 is refused by the network."""
        if not self._in_network:
            return [f"+CMS ERROR: {NO_NETWORK}"]
        if self.read_message(number, text)[0] == "000":
            return [f"+CMS ERROR: {UNASSIGNED}"]
        self._sent += 1
        return [f"+CMGS: {self._sent}", OK]

    def read_message(self, number: str, text: bytes) -> tuple[str, str]:
        """Return whom a message is for and what it says, by the character set that was chosen."""
        if self._charset != "UCS2":
            return number, text.decode("latin-1")
        return _ucs2(number), _ucs2(text.decode("latin-1"))

    def told(self) -> list[str]:
        """Return what the modem says by itself of its registrations, where it was asked to."""
        return [
            f"+{name}: {self._told_state(name, how)}" for name, how in self._told.items() if how
        ]

    def _refusal(self, code: int) -> str:
        if not self._cmee:
            return ERROR
        return f"+CME ERROR: {code if self._cmee == 1 else TEXTS[code]}"

    def _lines(self, command: str) -> list[str] | None:
        """Return the lines before the result; None for a command that is not known."""
        name = command.upper()
        if self._set(name):
            return []
        if (match := _PIN.fullmatch(name)) is not None:
            return self._enter_pin(match[1])
        if (match := _REGISTRATION.fullmatch(name)) is not None:
            return self._registered(match[1], match[2])
        fixed = self._table().get(name)
        return None if fixed is None else fixed()

    def _set(self, name: str) -> bool:
        """Do what a command sets; whether it is one that does."""
        if name in {"ATE0", "ATE1"}:
            self.echo = name == "ATE1"
        elif name.startswith("AT+CMEE="):
            self._cmee = int(name[-1])
        elif name.startswith("AT+CFUN="):
            self.functionality = int(name.split("=")[1][:1])
        elif name.startswith("AT+COPS=3,"):
            self._operator_format = int(name[-1])
        elif name.startswith("AT+CMGF="):
            self._text_mode = name.endswith("1")
        elif name.startswith("AT+CSCS="):
            self._charset = name[8:].strip('"')
        elif name and name == self._profile.gnss_on:
            self._gnss_on = True
        else:
            return _SETTING.fullmatch(name) is not None
        return True

    def _table(self) -> dict[str, Callable[[], list[str] | None]]:
        profile = self._profile
        table: dict[str, Callable[[], list[str] | None]] = {
            "ATI": lambda: [profile.maker, profile.model, f"Revision: {profile.firmware}"],
            "AT+CGMI": lambda: [profile.maker],
            "AT+CGMM": lambda: [profile.model],
            "AT+CGMR": lambda: [profile.firmware],
            "AT+CGSN": lambda: [IMEI],
            "AT+CPIN?": self._pin_state,
            "AT+CIMI": lambda: self._of_card(IMSI),
            profile.card[0]: lambda: self._of_card(profile.card[1] + ICCID),
            "AT+CSQ": lambda: [f"+CSQ: {self._csq()},99"],
            "AT+COPS?": self._operator,
            "AT+CCLK?": lambda: [f'+CCLK: "{clock(self._now(), self._network.zone)}"'],
            "AT+CGATT?": lambda: [f"+CGATT: {int(self._in_network)}"],
            "AT+CGACT?": lambda: [f"+CGACT: 1,{int(self._has_call)}"],
            "AT+CGDCONT?": lambda: [f'+CGDCONT: 1,"IP","{self._network.apn}","0.0.0.0",0,0'],
            "AT+CGPADDR=1": self._address,
            "AT+CFUN?": lambda: [f"+CFUN: {self.functionality}"],
            "AT+CEER": lambda: [f"+CEER: {self._why_no_call()}"],
            profile.tries[0]: lambda: [profile.tries[1].format(self._network.tries)],
        }
        if profile.knows_cesq:
            table["AT+CESQ"] = lambda: [self._cesq()]
        if profile.cell:
            table[profile.cell] = lambda: [self._cell()]
        if profile.gnss:
            table[profile.gnss] = self._position
        return table

    @property
    def _in_network(self) -> bool:
        return self.radio and self._network.registered

    @property
    def _has_call(self) -> bool:
        return self.radio and self._network.has_call

    def _why_no_call(self) -> str:
        refused = self._in_network and not self._has_call
        return "Missing or unknown APN" if refused else "No report available"

    def _of_card(self, line: str) -> list[str]:
        if self._network.sim in REFUSALS:
            raise Refused(REFUSALS[self._network.sim])
        return [line]

    def _pin_state(self) -> list[str]:
        if self._network.sim == "absent":
            raise Refused(NOT_INSERTED)
        return [f"+CPIN: {CPIN[self._network.sim]}"]

    def _enter_pin(self, pin: str) -> list[str]:
        if self._network.sim == "ready":
            raise Refused(NOT_ALLOWED)
        if not self._network.enter_pin(pin):
            code = WRONG_PASSWORD if self._network.sim == "pin" else REFUSALS[self._network.sim]
            raise Refused(code)
        return []

    def _registered(self, domain: str, asked: str) -> list[str] | None:
        if domain not in self._told:
            return None
        if asked.startswith("="):
            self._told[domain] = int(asked[1])
            return []
        told = self._told[domain]
        return [f"+{domain}: {told},{self._told_state(domain, told)}"]

    def _told_state(self, domain: str, told: int) -> str:
        stat = self._network.stat if self.radio and self._network.sim == "ready" else 0
        if told < 2 or stat not in REGISTERED:  # noqa: PLR2004
            return str(stat)
        act = "" if self._profile.act == 0 else f",{self._profile.act}"
        return f'{stat},"{self._network.area:04X}","{self._network.cell:08X}"{act}'

    def _csq(self) -> int:
        return max(0, min(31, (self._network.dbm + 113) // 2)) if self.radio else 99

    def _cesq(self) -> str:
        if not self._in_network:
            return "+CESQ: 99,99,255,255,255,255"
        return f"+CESQ: 99,99,255,255,20,{max(0, min(97, self._network.dbm + 141))}"

    def _cell(self) -> str:
        there, network = self._in_network, self._network
        if self._profile.cell == "AT+QCSQ":
            name = self._profile.technology
            return f'+QCSQ: "{name}",-60,{network.dbm},150,-9' if there else '+QCSQ: "NOSERVICE"'
        if not there:
            return "+CPSI: NO SERVICE,Online"
        tenths = 10 if self._profile.technology == "LTE" else 1
        return (
            f"+CPSI: {self._profile.technology},Online,{network.plmn[:3]}-{network.plmn[3:]},"
            f"0x{network.area:04X},{network.cell},427,EUTRAN-BAND3,1750,5,5,{-9 * tenths},"
            f"{network.dbm * tenths},{-60 * tenths},10"
        )

    def _operator(self) -> list[str]:
        if not self._in_network:
            return ["+COPS: 0"]
        name = self._network.plmn if self._operator_format == 2 else self._network.name  # noqa: PLR2004
        return [f'+COPS: 0,{self._operator_format},"{name}",{self._profile.act}']

    def _address(self) -> list[str]:
        address = self._network.address if self._has_call else "0.0.0.0"  # noqa: S104
        return [f'+CGPADDR: 1,"{address}"']

    def _position(self) -> list[str]:
        place, now = self._network.place if self._gnss_on else None, self._now()
        command = self._profile.gnss
        if command == "AT+QGPSLOC=2":
            if place is None:
                raise Refused(NOT_FIXED)
            return [_qgpsloc(place, now)]
        if command == "AT+CGNSINF":
            return [_cgnsinf(place, now, on=self._gnss_on)]
        return ["+CGPSINFO: ,,,,,,,," if place is None else _cgpsinfo(place, now)]


def _time(now: datetime) -> str:
    return f"{now:%H%M%S}.0"


def _qgpsloc(place: tuple[float, float], now: datetime) -> str:
    lat, lon = place
    return f"+QGPSLOC: {_time(now)},{lat:.5f},{lon:.5f},0.9,122.0,3,0.00,0.0,0.0,{now:%d%m%y},08"


def _cgpsinfo(place: tuple[float, float], now: datetime) -> str:
    lat, lon = place
    return (
        f"+CGPSINFO: {minutes(lat, 2)},{'N' if lat >= 0 else 'S'},{minutes(lon, 3)},"
        f"{'E' if lon >= 0 else 'W'},{now:%d%m%y},{_time(now)},122.0,0.0,0.0"
    )


def _cgnsinf(place: tuple[float, float] | None, now: datetime, *, on: bool) -> str:
    if place is None:
        return f"+CGNSINF: {int(on)},0,19800106000009.000,,,,,,0,,,,,,,,,,,,"
    return (
        f"+CGNSINF: 1,1,{now:%Y%m%d%H%M%S}.000,{place[0]:.6f},{place[1]:.6f},122.0,0.00,0.0,1,,"
        "0.9,1.2,0.8,,12,8,,,38,,"
    )


def _ucs2(text: str) -> str:
    """Return what hexadecimal digits of UCS2 say (TS 27.005 §3.1)."""
    return bytes.fromhex(text).decode("utf-16-be")
