"""A line of a modem → what it says: the table of all answers. Pure.

Makers' names: SIMCom, Quectel, u-blox, Telit, Huawei, Sierra; all else is 3GPP's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from drivers.errors import BadFrame
from drivers.modem import cells, contexts, network_time, operators, positions, signal, sim_card
from drivers.modem.answer import (
    Answer,
    Boot,
    Model,
    NetworkTime,
    Sim,
    Unknown,
    Unsolicited,
)
from drivers.modem.fields import answer, texts
from drivers.modem.refusals import cme, cms
from drivers.modem.registration import DOMAINS, registration

Parser = Callable[[str, Model | None], Answer]

_TABLE: Mapping[str, Parser] = {
    **{name: partial(registration, name) for name in DOMAINS},
    "+CME ERROR": cme,
    "+CMS ERROR": cms,
    "+CSQ": signal.csq,
    "+CESQ": signal.cesq,
    "^RSSI": signal.rssi,
    "^HCSQ": signal.hcsq,
    "+QCSQ": cells.qcsq,
    "+CPSI": cells.cpsi,
    "+QENG": cells.qeng,
    "+COPS": operators.cops,
    "+QSPN": operators.qspn,
    "+QNWINFO": operators.qnwinfo,
    "*PSNWID": operators.psnwid,
    "+CCLK": network_time.cclk,
    "+CTZV": network_time.ctzv,
    "+CTZE": network_time.ctze,
    "+CTZEU": network_time.ctzeu,
    "*PSUTTZ": network_time.psuttz,
    "#CCLK": network_time.cclk,
    "#NITZ": network_time.cclk,
    "^NWTIME": network_time.cclk,
    "+CPIN": sim_card.cpin,
    "+CPINR": sim_card.tries,
    "+QPINC": sim_card.tries,
    "+SPIC": sim_card.spic,
    "+SIMCARD": sim_card.cpin,
    "+QSIMSTAT": sim_card.inserted,
    "+CCID": sim_card.iccid,
    "+ICCID": sim_card.iccid,
    "+QCCID": sim_card.iccid,
    "#CCID": sim_card.iccid,
    "^ICCID": sim_card.iccid,
    "+CGPSINFO": positions.cgpsinfo,
    "+CGNSSINFO": positions.cgnssinfo,
    "+CGNSINF": positions.cgnsinf,
    "+UGNSINF": positions.cgnsinf,
    "+QGPSLOC": positions.qgpsloc,
    "$GPSACP": positions.qgpsloc,
    "+UULOC": positions.uuloc,
    "+CGATT": contexts.cgatt,
    "+CGACT": contexts.cgact,
    "+CGDCONT": contexts.cgdcont,
    "+CGPADDR": contexts.cgpaddr,
    "+CGCONTRDP": contexts.cgcontrdp,
    "+QIACT": contexts.qiact,
    "+CNACT": contexts.cnact,
    "+CGEV": contexts.cgev,
    "+PDP": contexts.pdp_ended,
    "+APP PDP": contexts.pdp_ended,
    "+UUPSDD": contexts.pdp_ended,
    "+QIURC": contexts.qiurc,
    "+CEER": contexts.ceer,
}

_BOOT = {
    "RDY",
    "APP RDY",
    "START",
    "^SYSSTART",
    "+PBREADY",
    "CALL READY",
    "SMS READY",
    "SMS DONE",
    "PB DONE",
    "NEUL OK",
    "MODEM:STARTUP",
    "NORMAL POWER DOWN",
    "POWERED DOWN",
    "POWER DOWN",
    "UNDER-VOLTAGE POWER DOWN",
    "UNDER-VOLTAGE WARNNING",
    "UNDER-VOLTAGE WARNING",
    "OVER-VOLTAGE POWER DOWN",
    "OVER-VOLTAGE WARNNING",
    "GPS READY",
}
_BOOT_NAMES = {"*ATREADY", "+QIND", "+QUSIM", "^BOOT", "#QSS", "*ISIMAID"}
_FUNCTIONALITY = "+CFUN"  # SIM800 says it at its start; else it is the answer to a question

_UNSOLICITED = {"RING", "NO CARRIER", "NO DIALTONE", "BUSY"}
_UNSOLICITED_NAMES = {
    "+CMTI", "+CMT", "+CDS", "+CDSI", "+CBM", "+CUSD", "+CRING", "+CLIP", "+CCWA", "+CIEV", "+CMGW",
    "+CTEV", "+CSSI", "+CSSU", "+CIPEVENT", "+CGREP", "+UREG", "+UUSOCL", "+UUSORD", "+UUPSDA",
    "^MODE", "^SRVST", "^RSSILVL", "^DSFLOWRPT", "^SIMST", "^STIN", "^CSNR", "+QURC",
    "+QNBIOTEVENT", "+QPSMTIMER", "+CPSMSTATUS",
}  # fmt: skip

_DST = re.compile(r"DST: ?\d")  # SIM800, behind *PSUTTZ

_ECHO = re.compile(r"(?i)AT(?:$|[+&#$%^*/\\!@]?[A-Z0-9].*|[+&#$%^*?].*)")
_FINAL = {"OK", "ERROR", "ABORTED", "NO ANSWER", "COMMAND NOT SUPPORT"}
_CONNECT = re.compile(r"CONNECT(?: .*)?")

SIM_COMMANDS = ("AT+CPIN?", "AT+CCID", "AT+CCID?", "AT+CICCID", "AT+QCCID", "AT+CIMI")
"""Whose refusal without a reason (AT+CMEE=0) says that no SIM answers."""


def is_echo(line: str) -> bool:
    """Whether a line is a command that the modem sent back."""
    return _ECHO.fullmatch(line) is not None


def is_final(line: str) -> bool:
    """Whether a line ends an answer and says nothing else."""
    return line in _FINAL or _CONNECT.fullmatch(line) is not None


def understood(line: str, model: Model | None = None, command: str = "") -> Answer | None:
    """Return what a line says; None for echoes, results, prompts and noise.

    `command` is the one that was echoed or asked last, where that is known.
    """
    if line == "ERROR" and command.upper() in SIM_COMMANDS:
        return Sim("absent")
    if is_final(line) or is_echo(line):
        return None
    found = answer(line)
    if found is None:
        return _bare(line)
    name, text = found
    try:
        return _read(name, text, model, command)
    except BadFrame as error:
        return Unknown(name, error=str(error))


def _bare(line: str) -> Answer | None:
    """Return what a line without a name says."""
    if line.upper() in _BOOT:
        return Boot(line)
    if line.upper() in _UNSOLICITED or _DST.fullmatch(line):
        return Unsolicited(line)
    return sim_card.bare_iccid(line)


def _read(name: str, text: str, model: Model | None, command: str) -> Answer:
    if name == "+QLTS":
        return _qlts(text, command)
    if name in _TABLE:
        return _TABLE[name](text, model)
    if name in _BOOT_NAMES or (name == _FUNCTIONALITY and not command):
        return Boot(f"{name}: {text}"[:80])
    if name in _UNSOLICITED_NAMES:
        return Unsolicited(f"{name}: {text}"[:80])
    return Unknown(name, tuple(texts(text)[:16]))


def _qlts(text: str, command: str) -> NetworkTime:
    """Read Quectel's `+QLTS`, whose time is local or UTC by what was asked for."""
    asked = command.upper()
    if asked == "AT+QLTS=2":
        return network_time.cclk(text)
    if asked in {"AT+QLTS=1", "AT+QLTS"}:
        return network_time.universal(text)
    return network_time.unsure(text)
