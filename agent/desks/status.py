"""One snapshot of how the gateway does, as it goes over the control socket and into JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, field
from enum import StrEnum
from typing import Any

from agent.config.ways import Sends
from agent.upstream.mode import LogStatus, TrustStatus
from agent.upstream.states import LinkState
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One ledger node's link; `since_ms` is wall time."""

    name: str
    endpoint: str
    state: LinkState
    since_ms: int
    detail: str = ""
    advice: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class WayStatus:
    """One way to the ledger; `trouble` is why it leads nowhere, or empty.

    `there` is the interface that leads there, where the way has `others` of the same SIM card.
    `sends` is the least urgent that may go, `spent` today's bytes, `budget` those of a day (0: no
    limit), `standby` what probes cost in a day on which it only stands by. `manager` is what
    NetworkManager says of a way with trouble.
    """

    interface: str
    metered: bool
    used: bool
    trouble: str = ""
    there: str = ""
    others: Sequence[str] = ()
    sends: str = str(Sends.BACKLOG)
    spent: int = 0
    budget: int = 0
    price_per_mb: float = 0.0
    standby: int = 0
    manager: str = ""


@dataclass(frozen=True, slots=True)
class BytesStatus:
    """What went over a way on a day (UTC, as 2026-11-30), by what it carried."""

    day: str
    way: str
    carried: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UplinkStatus:
    """Bytes spent today (UTC) and the day's budget."""

    spent: int
    budget: int


@dataclass(frozen=True, slots=True)
class DisputeStatus:
    """A source that says another time, `differs_ms` later than ours; `since_ms` is wall time."""

    source: str
    differs_ms: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class ClockStatus:
    """What time the gateway believes it is; `bound_ms` None: nobody vouches for it."""

    wall_ms: int
    source: str
    bound_ms: int | None
    boot: int
    disputes: Sequence[DisputeStatus] = ()
    advice: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """Records and batches; None for all of these while the journal was never read.

    `as_of_ms` is when they were read, where that is not now; `failing_since_ms` is set while the
    disk refuses writes. `waiting` records are in memory.
    """

    records: int | None
    unsealed: int | None
    sealed: int | None
    accepted: int | None
    confirmed: int | None
    refused: int | None
    bodies_owed: int | None
    unsent_records: int | None
    oldest_unsent_ms: int | None
    confirmed_upto: int | None
    disk_bytes: int | None
    waiting: int
    as_of_ms: int | None = None
    failing_since_ms: int | None = None
    error: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """One device; moments are wall times; `last_ms` and `last` tell of its newest reading."""

    name: str
    kind: str
    read_point: str
    state: str
    since_ms: int
    silent: bool
    last_ms: int | None
    last: str = ""
    detail: str = ""
    advice: str = ""
    counters: Mapping[str, int] = field(default_factory=dict)
    cause: str = ""

    @property
    def well(self) -> bool:
        """Whether it needs nobody's attention."""
        return self.state == "running" and not self.silent and not self.advice


@dataclass(frozen=True, slots=True)
class ConditionStatus:
    """What a rule says of the goods at a device; `since_ms` is wall time; `text` for people.

    `state` is ok, excursion, alarm, unknown, or `waiting` where no value was seen yet.
    """

    device: str
    rule: str
    state: str
    since_ms: int
    text: str
    severity: str


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """Space of the state folder's disk, in MiB."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class StorageStatus:
    """The disk under the journal: its state, and what was refused meanwhile.

    `reserve` tells that telemetry is refused and alarms use what is kept for them.
    """

    state: str
    since_ms: int
    error: str = ""
    advice: str = ""
    refused: int = 0
    reserve: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CardStatus:
    """Wear of the card: bytes written as counted here, and what follows; see `machine.wear`."""

    written: int
    per_day: int | None
    years: float | None
    endurance_tb: int
    own_words: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """How long the statement key counts by the policy; see `agent.chain.key_watch`."""

    state: str
    until_ms: int | None
    advice: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class PowerStatus:
    """Supply and processor, None where the board does not tell; `flags`: see `machine.health`."""

    under_voltage: bool | None = None
    flags: int | None = None
    celsius: float | None = None


@dataclass(frozen=True, slots=True)
class OpenCheckStatus:
    """A check of goods that nobody has decided yet; `last_ms` is when something came to it."""

    check: str
    notice: str
    read_point: str
    last_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DockStatus:
    """What waits at the dock, and how the site's other gateways are heard.

    `refused` is why the newest notice was refused since the start, empty where none was.
    """

    open: Sequence[OpenCheckStatus] = ()
    refused: str = ""
    refused_ms: int | None = None
    heard: int | None = None
    unopened: int | None = None


@dataclass(frozen=True, slots=True)
class IgnoredStatus:
    """A cause that somebody said to leave alone until `until_ms` (wall time)."""

    target: str
    cause: str
    reason: str
    until_ms: int


class ChannelState(StrEnum):
    """How a way to people elsewhere does."""

    UNKNOWN = "unknown"  # nothing was to be told yet
    OK = "ok"
    FAILING = "failing"
    DOWN = "down"  # the process that tells says nothing


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """One way by which events go to people elsewhere; moments are wall times.

    `state` is a ChannelState, or another of a newer agent. `waiting_ms` is of the oldest event that
    waits; `lost` records went untold.
    """

    name: str
    state: str
    since_ms: int
    detail: str = ""
    advice: str = ""
    cause: str = ""
    waiting_ms: int | None = None
    delivered: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """A rule of [privacy]: `overdue` batches wait for a node's signature, None: nobody looked yet.

    `error` is why nothing could be erased. In the journals of `earlier` epochs nothing is.
    """

    what: str
    days: int
    overdue: int | None = None
    error: str = ""
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class UpstreamStatus:
    """The way to the ledger: its nodes, the day's bytes where they are limited, trust, the key."""

    nodes: Sequence[NodeStatus]
    uplink: UplinkStatus | None
    trust: TrustStatus
    key: KeyStatus | None
    ways: Sequence[WayStatus] = ()
    days: Sequence[BytesStatus] = ()
    names: str = ""


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """A task of the agent that does not run as it should."""

    name: str
    state: str
    error: str
    advice: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The whole snapshot. `ledger` tells whether nodes are configured at all.

    `uplink` is there when a day's bytes are limited, `ways` where interfaces are configured, `days`
    where either is. `names` tells which names of nodes are not resolved; `flight`
    whether radios are to be off.
    """

    name: str
    gateway: str
    version: str
    config: str
    started_ms: int
    clock: ClockStatus
    journal: JournalStatus
    disk: DiskStatus | None
    storage: StorageStatus
    card: CardStatus
    ledger: bool
    nodes: Sequence[NodeStatus]
    uplink: UplinkStatus | None
    devices: Sequence[DeviceStatus]
    tasks: Sequence[TaskStatus]
    trust: TrustStatus | None = None
    key: KeyStatus | None = None
    power: PowerStatus = field(default_factory=PowerStatus)
    dock: DockStatus = field(default_factory=DockStatus)
    ignored: Sequence[IgnoredStatus] = ()
    conditions: Sequence[ConditionStatus] = ()
    ways: Sequence[WayStatus] = ()
    notify: Sequence[ChannelStatus] = ()
    days: Sequence[BytesStatus] = ()
    names: str = ""
    flight: bool = False
    privacy: Sequence[RuleStatus] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return asdict(self)


def from_dict(plain: Mapping[str, Any]) -> Status:
    """Read what `to_dict` gave; KeyError or TypeError when another version wrote it."""
    return Status(
        **{
            **plain,
            "clock": _clock_status(plain["clock"]),
            "journal": JournalStatus(**plain["journal"]),
            "ways": tuple(map(_way_status, plain["ways"])),
            "days": tuple(BytesStatus(**day) for day in plain.get("days", ())),
            "disk": DiskStatus(**plain["disk"]) if plain["disk"] else None,
            "storage": StorageStatus(**plain["storage"]),
            "card": CardStatus(**plain["card"]),
            "nodes": [NodeStatus(**node) for node in plain["nodes"]],
            "uplink": UplinkStatus(**plain["uplink"]) if plain["uplink"] else None,
            "devices": [DeviceStatus(**device) for device in plain["devices"]],
            "conditions": tuple(ConditionStatus(**each) for each in plain["conditions"]),
            "tasks": [TaskStatus(**task) for task in plain["tasks"]],
            "key": KeyStatus(**plain["key"]) if plain["key"] else None,
            "trust": _trust_status(plain["trust"]) if plain["trust"] else None,
            "power": PowerStatus(**plain.get("power", {})),
            "dock": _dock_status(plain.get("dock", {})),
            "ignored": tuple(IgnoredStatus(**each) for each in plain.get("ignored", ())),
            "notify": tuple(ChannelStatus(**each) for each in plain.get("notify", ())),
            "privacy": tuple(RuleStatus(**each) for each in plain.get("privacy", ())),
        }
    )


def _way_status(plain: Mapping[str, Any]) -> WayStatus:
    return WayStatus(**{**plain, "others": tuple(plain.get("others", ()))})


def _clock_status(plain: Mapping[str, Any]) -> ClockStatus:
    disputes = tuple(DisputeStatus(**dispute) for dispute in plain["disputes"])
    return ClockStatus(**{**plain, "disputes": disputes})


def _dock_status(plain: Mapping[str, Any]) -> DockStatus:
    return DockStatus(
        **{**plain, "open": tuple(OpenCheckStatus(**each) for each in plain.get("open", ()))}
    )


def _trust_status(plain: Mapping[str, Any]) -> TrustStatus:
    logs = [LogStatus(**log) for log in plain["logs"]]
    return TrustStatus(**{**plain, "logs": logs, "away": tuple(plain.get("away", ()))})
