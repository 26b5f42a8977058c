"""What is asked of each model, where 3GPP's own commands do not tell it. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.modem.answer import Model
from drivers.modem.technologies import GSM


@dataclass(frozen=True, slots=True)
class Profile:
    """The commands of one model; empty where it has none.

    `card` tells the SIM card's number, `signal` the cell and its strength, `tell_time` lets the
    network set the modem's clock to local time, `gnss_on` and `gnss` are of its own receiver.
    `tries` tells how many wrong PINs the card still takes. `only` is the one technology it knows.
    """

    card: str = "AT+CCID"
    signal: str = "AT+CESQ"
    tell_time: str = "AT+CTZU=1"
    gnss_on: str = ""
    gnss: str = ""
    tries: str = 'AT+CPINR="SIM PIN"'
    only: str | None = None


_QUECTEL = Profile("AT+QCCID", "AT+QCSQ", "AT+CTZU=3", "AT+QGPS=1", "AT+QGPSLOC=2", 'AT+QPINC="SC"')

UNKNOWN = Profile()
PROFILES = {
    Model.SIM7600: Profile(
        "AT+CICCID", "AT+CPSI?", "AT+CTZU=1", "AT+CGPS=1", "AT+CGPSINFO", "AT+SPIC"
    ),
    Model.SIM800: Profile(signal="AT+CSQ", tell_time="AT+CLTS=1", tries="AT+SPIC", only=GSM),
    Model.SIM7070: Profile(
        "AT+CCID", "AT+CPSI?", "AT+CLTS=1", "AT+CGNSPWR=1", "AT+CGNSINF", "AT+SPIC"
    ),
    Model.EC25: _QUECTEL,
    Model.EG25: _QUECTEL,
    Model.BG96: _QUECTEL,
}
"""`AT+CTZU=3` of Quectel: with 1 its clock shows UTC behind which a zone stands."""
