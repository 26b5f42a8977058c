"""What a line of a modem says, once it is understood. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Model(StrEnum):
    """The modems there is a profile for."""

    SIM7600 = "SIM7600"
    SIM800 = "SIM800"
    SIM7070 = "SIM7070"
    EC25 = "EC25"
    EG25 = "EG25"
    BG96 = "BG96"


@dataclass(frozen=True, slots=True)
class Registration:
    """Whether a network took the modem in, for calls (cs), packets (ps), LTE (eps) or 5G (5gs).

    `state` is home, roaming, searching, denied, none, emergency, sms-only or unknown. `area` is the
    location, routing or tracking area, `cell` the cell's identity; None where the modem knows none.
    `cause` is the network's reject cause (3GPP TS 24.008, 24.301).
    """

    what: ClassVar[str] = "registration"
    domain: str
    state: str
    technology: str | None = None
    area: int | None = None
    cell: int | None = None
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """How strong the network is here.

    `dbm` is what `measure` names: RSSI in GSM and where the modem does not say of what network it
    speaks, RSCP in UMTS, RSRP in LTE and NR; None where it is unknown. `rsrq` and `sinr` in dB.
    """

    what: ClassVar[str] = "signal"
    technology: str | None = None
    dbm: float | None = None
    measure: str | None = None
    rsrq: float | None = None
    sinr: float | None = None
    plmn: str | None = None
    area: int | None = None
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """One network of a scan. `state` is unknown, available, current or forbidden."""

    state: str
    name: str
    plmn: str | None
    technology: str | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """Whose network it is: a name, or `plmn` (its country's and its own number); None: nobody's.

    `networks` are those of a scan.
    """

    what: ClassVar[str] = "operator"
    name: str | None = None
    plmn: str | None = None
    technology: str | None = None
    networks: tuple[Network, ...] | None = None


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """The network's time (NITZ). It is never proven, so it is a source among others.

    `local` is as told, without its zone; `zone` in minutes east of UTC. `utc` is None where the
    zone is unknown or the clock was never set; `problem` says so.
    """

    what: ClassVar[str] = "time"
    utc: datetime | None = None
    local: datetime | None = None
    zone: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Sim:
    """The SIM card.

    `state` is ready, pin, puk, pin2, puk2, locked (to a device or network), not-ready, busy,
    failure, wrong, or absent: none that answers. `tries` are those left before it is blocked.
    """

    what: ClassVar[str] = "sim"
    state: str | None = None
    iccid: str | None = None
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where the modem's own GNSS is; without a fix `lat` and `lon` are None.

    Units as in the record `position`. `fix` is none, 2d, 3d, or None where the modem does not say.
    """

    what: ClassVar[str] = "position"
    lat: float | None = None
    lon: float | None = None
    altitude: float | None = None
    speed: float | None = None
    course: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    fix: str | None = "none"
    utc: datetime | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The data call: a PDP context or bearer, or whether the modem is attached at all.

    `cause` is the network's reason against a call (SM cause, 3GPP TS 24.008 §10.5.6.6).
    """

    what: ClassVar[str] = "context"
    cid: int | None = None
    active: bool | None = None
    attached: bool | None = None
    apn: str | None = None
    address: str | None = None
    problem: str | None = None
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class Boot:
    """The modem has begun, or ends: a line of its start or of its last words."""

    what: ClassVar[str] = "boot"
    event: str


@dataclass(frozen=True, slots=True)
class Unsolicited:
    """Something that the modem says by itself and that is none of the above."""

    what: ClassVar[str] = "unsolicited"
    event: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A line in the form of an answer that nobody here knows, or that is not whole.

    `error` is what a refusal says, and `code` its number.
    """

    what: ClassVar[str] = "unknown"
    name: str
    values: tuple[str, ...] = field(default=())
    error: str | None = None
    code: int | None = None


Answer = (
    Registration
    | Signal
    | Operator
    | NetworkTime
    | Sim
    | Position
    | Context
    | Boot
    | Unsolicited
    | Unknown
)
