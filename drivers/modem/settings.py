"""The options of one modem."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.links.serial import baudrate_option, port_option
from drivers.modem.ladder import Rung
from drivers.modem.messages import NUMBER
from drivers.modem.recovery import Switch, load_switch, usb_port
from foundation.options import OptionError, option

TARGET = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]):\d{1,5}"
CHOOSE = r"AT[+*][A-Z]{2,16}=\d(,\d)?"
TARGETS = rf"{TARGET}( *, *{TARGET})*"


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one modem."""

    port: str = port_option()
    baudrate: int = baudrate_option(115200)
    manager: bool = option(
        bool, "ModemManager owns the modem: read it over D-Bus, leave its port alone", default=False
    )
    interval: float = option(float, "time between readings", 60.0, 0.1, 3600, "s")
    pin: str = option(str, "the SIM card's PIN, tried once", "", form=r"\d{4,8}", example="1234")
    second_pin: str = option(
        str, "the second SIM card's PIN, tried once", "", form=r"\d{4,8}", example="1234"
    )
    first_sim: str = option(
        str, "command that has it use its first SIM card", "", form=CHOOSE, example="AT+QDSIM=0"
    )
    second_sim: str = option(
        str,
        "command for the second, which is used while the first gives no data; none: one card",
        "",
        form=CHOOSE,
        example="AT+QDSIM=1",
    )
    cid: int = option(int, "number of the data call's context", 1, 1, 16)
    apn: str = option(
        str,
        "access point's name that the data call should have, by the card's letter",
        "",
        form=r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}",
        example="internet.example",
    )
    alarm_numbers: str = option(
        str,
        "who gets a text message for each alarm; nobody: no message is ever sent",
        "",
        form=rf"{NUMBER}( *, *{NUMBER})*",
        example="+393331234567, +393337654321",
    )
    alarms_per_day: int = option(int, "text messages in 24 hours at most", 10, 1, 100)
    gnss: bool = option(bool, "whether to switch on and read the modem's own GNSS", default=False)
    probe: str = option(
        str,
        "who is asked whether packets pass: addresses of the node and of another machine",
        "",
        form=TARGETS,
        example="203.0.113.7:7701, 198.51.100.2:53",
    )
    probe_every: float = option(float, "time between two probes", 300.0, 0.1, 86_400, "s")
    interface: str = option(
        str,
        "network interface of its data call",
        "",
        form=r"[A-Za-z0-9][A-Za-z0-9._@-]{0,14}",
        example="wwan0",
    )
    recover: bool = option(bool, "whether to reset it when it hangs", default=True)
    second: str = option(str, "path of its second AT port, asked when the first is silent", "")
    usb_power: str = option(str, "file `disable` of its USB port, to switch its power", "")
    power: str = option(str, "file that gives it its supply while it holds 1", "")


OURS_ALONE = (
    "pin", "second_pin", "first_sim", "second_sim", "alarm_numbers", "gnss", "second", "usb_power",
    "power",
)  # fmt: skip
"""What only a driver that owns the modem can do."""


def check(settings: Settings) -> None:
    """Raise OptionError where options contradict each other."""
    idle = next((name for name in OURS_ALONE if getattr(settings, name)), None)
    if settings.manager and idle is not None:
        text = f"{idle} does nothing with manager = true: the modem is ModemManager's"
        raise OptionError(idle, text)
    if bool(settings.first_sim) != bool(settings.second_sim):
        raise OptionError("second_sim", "first_sim and second_sim go together")


def switches(settings: Settings) -> dict[Rung, Switch]:
    """Return what can switch the modem's power."""
    found = {}
    if settings.usb_power:
        found[Rung.USB] = usb_port(settings.usb_power)
    if settings.power:
        found[Rung.POWER] = load_switch(settings.power)
    return found
