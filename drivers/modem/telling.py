"""What is known of a modem as readings, and as one line for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol

from drivers.modem.answer import Registration, Signal
from drivers.modem.knowledge import Knowledge
from drivers.modem.session import Modem
from drivers.reading import FieldValue, Quality, Reading
from drivers.rollover import unfold

NETWORK, POSITION = "mobile-network", "position"
FIELDS = (
    "state", "domain", "technology", "operator", "plmn", "dbm", "rsrq", "sinr", "area", "cell",
    "address", "data", "sim", "imei", "iccid", "problem",
)  # fmt: skip
PLACE = ("lat", "lon", "altitude", "speed", "course", "hdop", "satellites", "fix")
UNREAD = Registration("", "unknown")  # of a modem that answers no question of it
YES_NO = {True: "yes", False: "no"}
NO_WORD = "the modem does not say whether it has a fix"


class Seen(Protocol):
    """A modem, whoever asks it."""

    @property
    def known(self) -> Knowledge:
        """What it said."""
        ...

    @property
    def technology(self) -> str | None:
        """What network it is in."""
        ...

    @property
    def imei(self) -> str | None:
        """Its own number."""
        ...


def network(
    name: str, modem: Seen, problem: str | None, at: float, utc: datetime | None, *, new: bool
) -> Reading:
    """Return what modem `name` sees at the moment `at`; `new`: it was just set up."""
    known, signal = modem.known, modem.known.signal or Signal()
    best = known.registration or UNREAD
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
        "data": None if known.passes is None else YES_NO[known.passes],
        "sim": None if known.sim == "ready" else known.sim,
        "imei": modem.imei if new else None,
        "iccid": known.iccid if new else None,
        "problem": problem,
    }
    return Reading(name, NETWORK, fields, at, Quality.OK, utc)


def silence(name: str, at: float) -> Reading:
    """Return a reading of modem `name` without values."""
    return Reading(name, NETWORK, dict.fromkeys(FIELDS), at, Quality.NO_ANSWER)


def place(name: str, modem: Modem, at: float, known: date) -> Iterator[Reading]:
    """Yield where the modem is, if its receiver says so; `known` is a date not far from today."""
    found = modem.known.position
    if found is None or found.lat is None:
        return
    fields: dict[str, FieldValue] = {field: getattr(found, field) for field in PLACE}
    if found.fix is None and found.utc is None:
        yield Reading(name, POSITION, fields | {"problem": NO_WORD}, at, Quality.SUSPECT)
        return
    utc = None if found.utc is None else dated(found.utc, known)
    moved = None if utc is None or utc == found.utc else f"its date was {found.utc:%Y-%m-%d}"
    yield Reading(name, POSITION, fields | {"problem": moved}, at, Quality.OK, utc)


def dated(told: datetime, known: date) -> datetime | None:
    """Return what a receiver means whose week has rolled over; None where it knows no date."""
    day = unfold(told.date(), known)
    return None if day is None else told + (day - told.date())


def in_words(modem: Seen, problem: str | None) -> str:
    """Return what there is to say of the modem in one line."""
    known, signal = modem.known, modem.known.signal or Signal()
    best, owner = known.registration, known.operator or known.plmn
    dbm = None if signal.dbm is None else f"{signal.dbm:g} dBm"
    where = f"{best.state} in {owner}" if best and owner else None
    words = (where, modem.technology, dbm, known.address, problem)
    return ", ".join(each for each in words if each) or "it answers"
