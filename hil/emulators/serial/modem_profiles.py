"""What tells one model of modem from another: its names, its first words, its own commands."""

from __future__ import annotations

from dataclasses import dataclass

SPIC = "AT+SPIC", "+SPIC: {},10,3,10"
QPINC = 'AT+QPINC="SC"', '+QPINC: "SC",{},10'
SIMCOM_BOOT = ("RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready")


@dataclass(frozen=True, slots=True)
class Profile:
    """One model.

    `boot` is said after power comes; `domains` are the registrations it knows. `card` is the
    command for the SIM card's number and what stands before the answer, `cell` the command for the
    serving cell (or none), `gnss_on` and `gnss` switch the receiver on and ask it. `act` is what it
    calls its network in <AcT>, `technology` what its cell's line calls it; `tries` asks
    how many wrong PINs the card still takes.
    """

    maker: str
    model: str
    firmware: str
    boot: tuple[str, ...]
    card: tuple[str, str]
    tries: tuple[str, str]
    domains: tuple[str, ...] = ("CREG", "CGREG", "CEREG")
    cell: str = ""
    gnss_on: str = ""
    gnss: str = ""
    act: int = 7
    technology: str = "LTE"
    knows_cesq: bool = True


PROFILES = {
    "SIM7600": Profile(
        "SIMCOM INCORPORATED",
        "SIMCOM_SIM7600E-H",
        "LE20B04SIM7600M22",
        ("*ATREADY: 1", "+CPIN: READY", "SMS DONE", "PB DONE"),
        ("AT+CICCID", "+ICCID: "),
        SPIC,
        cell="AT+CPSI?",
        gnss_on="AT+CGPS=1",
        gnss="AT+CGPSINFO",
    ),
    "SIM800": Profile(
        "SIMCOM_Ltd",
        "SIMCOM_SIM800L",
        "Revision:1418B05SIM800L24",
        SIMCOM_BOOT,
        ("AT+CCID", ""),
        SPIC,
        domains=("CREG", "CGREG"),
        act=0,
        technology="GSM",
        knows_cesq=False,
    ),
    "EC25": Profile(
        "Quectel",
        "EC25",
        "EC25EFAR06A03M4G",
        ("RDY", "+CFUN: 1", "+CPIN: READY", "+QUSIM: 1", "+QIND: SMS DONE", "+QIND: PB DONE"),
        ("AT+QCCID", "+QCCID: "),
        QPINC,
        cell="AT+QCSQ",
        gnss_on="AT+QGPS=1",
        gnss="AT+QGPSLOC=2",
    ),
    "EG25": Profile(
        "Quectel",
        "EG25",
        "EG25GGBR07A08M2G",
        ("RDY", "+CFUN: 1", "+CPIN: READY", "+QUSIM: 1", "+QIND: SMS DONE", "+QIND: PB DONE"),
        ("AT+QCCID", "+QCCID: "),
        QPINC,
        cell="AT+QCSQ",
        gnss_on="AT+QGPS=1",
        gnss="AT+QGPSLOC=2",
    ),
    "BG96": Profile(
        "Quectel",
        "BG96",
        "BG96MAR02A07M1G",
        ("RDY", "APP RDY", "+CPIN: READY"),
        ("AT+QCCID", "+QCCID: "),
        QPINC,
        cell="AT+QCSQ",
        gnss_on="AT+QGPS=1",
        gnss="AT+QGPSLOC=2",
        act=8,
        technology="CAT-M1",
    ),
    "SIM7070": Profile(
        "SIMCOM_Ltd",
        "SIMCOM_SIM7070",
        "1951B05SIM7070",
        SIMCOM_BOOT,
        ("AT+CCID", ""),
        SPIC,
        cell="AT+CPSI?",
        gnss_on="AT+CGNSPWR=1",
        gnss="AT+CGNSINF",
        technology="LTE CAT-M1",
    ),
}
"""By name; from the makers' AT command manuals."""
