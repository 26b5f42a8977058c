"""The configuration: one TOML file → frozen dataclasses, or every mistake in it with its line."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.config.devices import Catalog, Device, devices, read_points
from agent.config.keys import CITY, LONGEST_SOCKET_PATH, NODE, SECTIONS
from agent.config.tables import Tables, read_file
from agent.observe.coarse import City
from agent.observe.points import ReadPoint
from agent.signing.token_uri import EXAMPLE, TOKEN_ALGORITHMS, BadTokenUri, TokenUri
from evidence.algorithms import ALGORITHMS


@dataclass(frozen=True, slots=True)
class Gateway:
    """[gateway]."""

    name: str
    state_dir: Path
    control: Path


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """[journal]; `window` in seconds."""

    window: float
    ring_bytes: int


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """[storage]; sizes in bytes, `slow_commit` in seconds, the card's endurance in terabytes."""

    archive_bytes: int
    alarm_bytes: int
    alarm_reserve_bytes: int
    slow_commit: float
    card_endurance_tb: int


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """[batch]: sealed at `records` records or `seconds` seconds."""

    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """[signing]; `algorithm` by its IANA name, `token` where keys are made in a PKCS#11 token."""

    algorithm: str
    token: TokenUri | None

    @property
    def identifier(self) -> int:
        """The COSE algorithm id."""
        return ALGORITHMS[self.algorithm]


@dataclass(frozen=True, slots=True)
class SilenceSettings:
    """[silence]."""

    limit_minutes: int


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """[health]; `interval` in seconds."""

    enabled: bool
    interval: float


@dataclass(frozen=True, slots=True)
class UplinkSettings:
    """[uplink]; 0: no limit."""

    budget_bytes_per_day: int


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """[views] and each [[city]]; `grid_km` 0: positions are recorded as they are alone."""

    grid_km: int = 0
    cities: tuple[City, ...] = ()


@dataclass(frozen=True, slots=True)
class NeighbourSettings:
    """[neighbours]; addresses are `host:port`, `key` None: nothing is told or heard."""

    listen: str = ""
    tell: tuple[str, ...] = ()
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class LedgerNode:
    """One [[ledger.node]]; `server_key` in Z85.

    `own` says that the gateway's own firm runs it; a `witness` is only compared with. `log` is the
    origin of the log it serves, empty where the policy has one alone.
    """

    name: str
    endpoint: str
    server_key: str
    own: bool = False
    witness: bool = False
    log: str = ""


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """[ledger]; without nodes the gateway only collects."""

    policy: Path | None
    trusting_period_days: int
    compare_minutes: int
    nodes: tuple[LedgerNode, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """One whole configuration; `digest` is the SHA-256 of the file's bytes."""

    path: Path
    digest: bytes
    gateway: Gateway
    journal: JournalSettings
    storage: StorageSettings
    batch: BatchSettings
    signing: SigningSettings
    silence: SilenceSettings
    health: HealthSettings
    uplink: UplinkSettings
    ledger: LedgerSettings
    devices: tuple[Device, ...]
    read_points: tuple[ReadPoint, ...] = ()
    views: ViewSettings = ViewSettings()
    neighbours: NeighbourSettings = NeighbourSettings()

    def device(self, name: str) -> Device | None:
        """Return the device called `name`, or None."""
        return next((device for device in self.devices if device.name == name), None)


def load(path: Path, catalog: Catalog, hostname: Callable[[], str] = socket.gethostname) -> Config:
    """Read and check the file at `path`; ConfigError lists everything that is wrong."""
    return parse(read_file(path), path, catalog, hostname)


def load_gateway(path: Path, hostname: Callable[[], str] = socket.gethostname) -> Gateway:
    """Read [gateway] alone, for commands that ask the agent: no driver is imported."""
    return load_keeper(path, hostname)[0]


def load_keeper(
    path: Path, hostname: Callable[[], str] = socket.gethostname
) -> tuple[Gateway, SigningSettings]:
    """Read [gateway] and [signing] alone: where the keys are, and how they are made."""
    tables = Tables.parse(read_file(path), path)
    found = _gateway(tables, hostname), _signing(tables)
    tables.finish()
    return found


def parse(
    data: bytes, path: Path, catalog: Catalog, hostname: Callable[[], str] = socket.gethostname
) -> Config:
    """Check the bytes of a configuration file; see `load`."""
    tables = Tables.parse(data, path)
    config = _config(tables, hashlib.sha256(data).digest(), catalog, hostname)
    tables.finish()
    return config


def _config(tables: Tables, digest: bytes, catalog: Catalog, hostname: Callable[[], str]) -> Config:
    tables.unknown((), tables.tree, [*SECTIONS, "device", "read_point", "city"], "the file")
    names = ("journal", "storage", "batch", "silence", "health", "uplink", "ledger")
    journal, storage, batch, silence, health, uplink, ledger = map(tables.section, names)
    _check_sizes(tables, journal["ring_bytes"], storage)
    limit = SilenceSettings(**silence)
    found = devices(tables, catalog, limit.limit_minutes * 60)
    return Config(
        path=tables.path,
        digest=digest,
        gateway=_gateway(tables, hostname),
        journal=JournalSettings(**journal),
        storage=StorageSettings(**storage),
        batch=BatchSettings(**batch),
        signing=_signing(tables),
        silence=limit,
        health=HealthSettings(**health),
        uplink=UplinkSettings(**uplink),
        ledger=_ledger(tables, ledger),
        devices=found,
        read_points=read_points(tables, [device.name for device in found]),
        views=_views(tables, tables.section("views")["grid_km"]),
        neighbours=_neighbours(tables, tables.section("neighbours")),
    )


def _signing(tables: Tables) -> SigningSettings:
    values = tables.section("signing")
    algorithm, text = values["algorithm"], values["token"]
    if text and algorithm not in TOKEN_ALGORITHMS:
        tables.problem(
            ("signing", "algorithm"), f"a token signs with {' or '.join(TOKEN_ALGORITHMS)}"
        )
    try:
        return SigningSettings(algorithm, TokenUri.parse(text) if text else None)
    except BadTokenUri as error:
        tables.problem(("signing", "token"), f"token: {error}, as in {EXAMPLE}")
        return SigningSettings(algorithm, None)


def _neighbours(tables: Tables, given: Mapping[str, Any]) -> NeighbourSettings:
    told = tuple(part.strip() for part in given["tell"].split(",") if part.strip())
    if (told or given["listen"]) and not given["key"]:
        tables.problem(("neighbours",), "[neighbours] needs a key: strangers may listen and lie")
    key = tables.path.parent / given["key"] if given["key"] else None
    return NeighbourSettings(given["listen"], told, key)


def _views(tables: Tables, grid_km: int) -> ViewSettings:
    cities: list[City] = []
    for place, given in tables.each("city"):
        tables.unknown(place, given, [key.name for key in CITY], "[[city]]")
        cities.append(City(**tables.values(place, given, CITY, "[[city]]")))
        tables.twice(place, cities[-1].name, [other.name for other in cities[:-1]])
    if cities and not grid_km:
        tables.problem(("city",), "[[city]] needs [views] grid_km, for what lies in no city")
    return ViewSettings(grid_km, tuple(cities))


def _check_sizes(tables: Tables, ring_bytes: int, storage: Mapping[str, Any]) -> None:
    """Refuse sizes that each may be and that together make no sense."""
    reserve, archive = storage["alarm_reserve_bytes"], storage["archive_bytes"]
    if reserve > ring_bytes // 2:
        tables.problem(
            ("storage", "alarm_reserve_bytes"),
            f"alarm_reserve_bytes ({reserve}) is more than half of [journal] ring_bytes "
            f"({ring_bytes}): nothing is left for telemetry",
        )
    if archive < ring_bytes:
        tables.problem(
            ("storage", "archive_bytes"),
            f"archive_bytes ({archive}) is less than [journal] ring_bytes ({ring_bytes}): what "
            "waits to be sealed would not fit",
        )


def _gateway(tables: Tables, hostname: Callable[[], str]) -> Gateway:
    given = tables.section("gateway")
    control = tables.path.parent / given["control"]
    if len(os.fsencode(control)) > LONGEST_SOCKET_PATH:
        tables.problem(
            ("gateway", "control"),
            f"control is longer than {LONGEST_SOCKET_PATH} bytes, the most a socket may have: "
            f"{control}",
        )
    state_dir = tables.path.parent / given["state_dir"]
    return Gateway(given["name"] or hostname(), state_dir, control)


def _ledger(tables: Tables, given: dict[str, Any]) -> LedgerSettings:
    nodes: list[LedgerNode] = []
    for place, node in tables.each("ledger", "node"):
        tables.unknown(place, node, [key.name for key in NODE], "[[ledger.node]]")
        nodes.append(LedgerNode(**tables.values(place, node, NODE, "[[ledger.node]]")))
        tables.twice(place, nodes[-1].name, [other.name for other in nodes[:-1]])
    if nodes and not given["policy"]:
        tables.problem(
            ("ledger",), "[ledger] needs the key 'policy': without it no node can be believed"
        )
    policy = tables.path.parent / given["policy"] if given["policy"] else None
    return LedgerSettings(
        policy, given["trusting_period_days"], given["compare_minutes"], tuple(nodes)
    )
