"""What an emulated modem finds around it: card, network, place and time. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

IMEI = "867584031234565"  # a made-up serial number in a real type's range, with Luhn's digit
ICCID = "89391078000234163954"
IMSI = "222019876543210"
REGISTERED = (1, 5)
TRIES = 3  # TS 11.11 §11.2.1

Now = Callable[[], datetime]


@dataclass(slots=True)
class Network:
    """Card and surroundings.

    `sim` is ready, pin, puk or absent. `stat` is what the network says to a modem that asks to be
    let in (1 home, 5 roaming, 2 searching, 3 denied, 0 none). `dbm` is the strength at the antenna;
    `data` says whether packets pass. `place` is latitude and longitude, None for no fix.
    """

    sim: str = "ready"
    pin: str = ""
    tries: int = TRIES
    stat: int = 1
    dbm: int = -85
    plmn: str = "22201"
    name: str = "TIM"
    area: int = 0x30A2
    cell: int = 135012865
    address: str = "10.64.1.2"
    apn: str = "internet"  # of the call as the modem is set up
    offered: str = "internet"  # the access point that the network knows
    data: bool = True
    place: tuple[float, float] | None = None
    zone: int = 4  # quarters of an hour east of UTC

    def enter_pin(self, pin: str) -> bool:
        """Try a PIN as the card does: after the last wrong one it asks for the PUK."""
        if self.sim != "pin":
            return False
        if pin == self.pin:
            self.sim, self.tries = "ready", TRIES
            return True
        self.tries -= 1
        if self.tries == 0:
            self.sim = "puk"
        return False

    @property
    def has_call(self) -> bool:
        """Whether the network gives it a data call."""
        return self.registered and self.apn == self.offered

    @property
    def registered(self) -> bool:
        """Whether the network took the modem in."""
        return self.sim == "ready" and self.stat in REGISTERED


def clock(now: datetime, zone: int) -> str:
    """Return a moment of UTC as `+CCLK` has it, in local time."""
    local = now.astimezone(UTC) + timedelta(minutes=15 * zone)
    return f"{local:%y/%m/%d,%H:%M:%S}{zone:+03d}"


def minutes(degrees: float, width: int) -> str:
    """Return degrees as `ddmm.mmmmmm`, with so many digits of degrees."""
    whole, part = divmod(abs(degrees), 1)
    return f"{int(whole):0{width}d}{part * 60:09.6f}"
