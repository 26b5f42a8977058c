"""The configuration: one TOML file → frozen dataclasses, or every mistake in it with its line."""

from __future__ import annotations

import hashlib
import os
import socket
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agent.config_keys import CITY, DEVICE, LONGEST_SOCKET_PATH, NODE, READ_POINT, SECTIONS
from agent.errors import Fatal
from agent.evidence.algorithms import ALGORITHMS
from agent.observe.coarse import City
from agent.observe.points import ReadPoint, antennas, read_point, shared
from agent.record import OWN_DEVICE
from agent.toml_lines import key_lines
from drivers.driver import DriverModule, Option, OptionValue
from drivers.errors import OptionError

DEFAULT_PATH = Path("/etc/tallyman/tallyman.toml")
VARIABLE = "TALLYMAN_CONFIG"


class Catalog(Protocol):
    """What is needed of `drivers.catalog` (the module itself fits); injected."""

    @property
    def DEVICES(self) -> Mapping[str, str]:  # noqa: N802  the module's constant
        """Every kind of device there is."""
        ...

    @property
    def module(self) -> Callable[[str], DriverModule]:
        """Return the module of a kind, importing it; ImportError where a part is missing."""
        ...


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
    """[signing]; `algorithm` by its IANA name."""

    algorithm: str

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
class Device:
    """One [[device]]; `options` are complete; `interval` None means that silence says nothing."""

    name: str
    kind: str
    read_point: str
    options: Mapping[str, OptionValue]
    interval: float | None


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

    def device(self, name: str) -> Device | None:
        """Return the device called `name`, or None."""
        return next((device for device in self.devices if device.name == name), None)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a configuration file; line 0 where none can be named."""

    line: int
    text: str


class ConfigError(Fatal):
    """The configuration cannot be used; `problems` are all of its mistakes, by line."""

    advice = "correct the file, then run: tallyman config check"
    exit_code = 2

    def __init__(
        self, path: Path, problems: Iterable[Problem], *, advice: str | None = None
    ) -> None:
        self.path = path
        self.problems = sorted(problems)
        lines = [
            f"{path}:{problem.line}: {problem.text}" if problem.line else f"{path}: {problem.text}"
            for problem in self.problems
        ]
        super().__init__("\n".join(lines), advice=advice)


def find(option: str | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: --config, then $TALLYMAN_CONFIG, then the system's."""
    chosen = option or environ.get(VARIABLE) or DEFAULT_PATH
    return Path(chosen).absolute()


def load(path: Path, catalog: Catalog, hostname: Callable[[], str] = socket.gethostname) -> Config:
    """Read and check the file at `path`; ConfigError lists everything that is wrong."""
    return parse(_read(path), path, catalog, hostname)


def load_gateway(path: Path, hostname: Callable[[], str] = socket.gethostname) -> Gateway:
    """Read [gateway] alone, for commands that ask the agent: no driver is imported."""
    text = _text(_read(path), path)
    reader = _Reader(_tree(text, path), path, key_lines(text), None)
    gateway = reader.gateway(hostname)
    if reader.problems:
        raise ConfigError(path, reader.problems)
    return gateway


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            path,
            [Problem(0, os.strerror(error.errno or 0))],
            advice=f"name the file with --config or ${VARIABLE}",
        ) from error


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(path, [Problem(line, "the file is not UTF-8")]) from error


def _tree(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [Problem(0, f"not TOML: {error}")]) from error


def parse(
    data: bytes, path: Path, catalog: Catalog, hostname: Callable[[], str] = socket.gethostname
) -> Config:
    """Check the bytes of a configuration file; see `load`."""
    text = _text(data, path)
    reader = _Reader(_tree(text, path), path, key_lines(text), catalog)
    config = reader.config(hashlib.sha256(data).digest(), hostname)
    if reader.problems:
        raise ConfigError(path, reader.problems)
    return config


class _Reader:
    """Goes through the tree once; collects problems and stands in defaults for what is wrong."""

    def __init__(
        self,
        tree: dict[str, Any],
        path: Path,
        lines: Mapping[tuple[str | int, ...], int],
        catalog: Catalog | None,
    ) -> None:
        self._tree = tree
        self._path = path
        self._lines = lines
        self._catalog = catalog
        self.problems: list[Problem] = []

    def config(self, digest: bytes, hostname: Callable[[], str]) -> Config:
        self._unknown((), self._tree, [*SECTIONS, "device", "read_point", "city"], "the file")
        names = ("journal", "storage", "batch", "signing", "silence", "health", "uplink", "ledger")
        journal, storage, batch, signing, silence, health, uplink, ledger = map(
            self._section, names
        )
        self._check_sizes(journal["ring_bytes"], storage)
        limit = SilenceSettings(**silence)
        devices = self._devices(limit.limit_minutes * 60)
        return Config(
            path=self._path,
            digest=digest,
            gateway=self.gateway(hostname),
            journal=JournalSettings(**journal),
            storage=StorageSettings(**storage),
            batch=BatchSettings(**batch),
            signing=SigningSettings(**signing),
            silence=limit,
            health=HealthSettings(**health),
            uplink=UplinkSettings(**uplink),
            ledger=self._ledger(ledger),
            devices=devices,
            read_points=self._read_points([device.name for device in devices]),
            views=self._views(self._section("views")["grid_km"]),
        )

    def _views(self, grid_km: int) -> ViewSettings:
        cities: list[City] = []
        for index, given in self._tables(("city",), self._tree.get("city", [])):
            place = ("city", index)
            self._unknown(place, given, [key.name for key in CITY], "[[city]]")
            cities.append(City(**self._values(place, given, CITY, "[[city]]")))
            self._twice(place, cities[-1].name, [other.name for other in cities[:-1]])
        if cities and not grid_km:
            self._problem(("city",), "[[city]] needs [views] grid_km, for what lies in no city")
        return ViewSettings(grid_km, tuple(cities))

    def _check_sizes(self, ring_bytes: int, storage: Mapping[str, Any]) -> None:
        """Refuse sizes that each may be and that together make no sense."""
        reserve, archive = storage["alarm_reserve_bytes"], storage["archive_bytes"]
        if reserve > ring_bytes // 2:
            self._problem(
                ("storage", "alarm_reserve_bytes"),
                f"alarm_reserve_bytes ({reserve}) is more than half of [journal] ring_bytes "
                f"({ring_bytes}): nothing is left for telemetry",
            )
        if archive < ring_bytes:
            self._problem(
                ("storage", "archive_bytes"),
                f"archive_bytes ({archive}) is less than [journal] ring_bytes ({ring_bytes}): what "
                "waits to be sealed would not fit",
            )

    def _problem(self, place: tuple[str | int, ...], text: str) -> None:
        # A missing key has no line of its own: its table's line is the next best.
        while place and place not in self._lines:
            place = place[:-1]
        self.problems.append(Problem(self._lines.get(place, 0), text))

    def _unknown(
        self,
        place: tuple[str | int, ...],
        given: Mapping[str, object],
        known: Collection[str],
        where: str,
    ) -> None:
        for key in given:
            if key not in known:
                self._problem((*place, key), f"unknown key {key!r} in {where}{hint(key, known)}")

    def _section(self, name: str) -> dict[str, Any]:
        given = self._tree.get(name, {})
        if not isinstance(given, dict):
            self._problem((name,), f"{name} must be a table: [{name}]")
            given = {}
        subtables = ["node"] if name == "ledger" else []
        known = [option.name for option in SECTIONS[name]]
        self._unknown((name,), given, [*known, *subtables], f"[{name}]")
        return self._values((name,), given, SECTIONS[name], f"[{name}]")

    def _values(
        self,
        place: tuple[str | int, ...],
        given: Mapping[str, object],
        options: Iterable[Option],
        where: str,
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for option in options:
            values[option.name] = option.default if option.default is not None else option.type()
            if option.name in given:
                try:
                    values[option.name] = option.check(given[option.name])
                except OptionError as error:
                    self._problem((*place, option.name), f"{error} (in {where})")
            elif option.default is None:
                self._problem(place, f"{where} needs the key {option.name!r}: {option.help}")
        return values

    def _absolute(self, text: str) -> Path:
        return self._path.parent / text

    def gateway(self, hostname: Callable[[], str]) -> Gateway:
        given = self._section("gateway")
        control = self._absolute(given["control"])
        if len(os.fsencode(control)) > LONGEST_SOCKET_PATH:
            self._problem(
                ("gateway", "control"),
                f"control is longer than {LONGEST_SOCKET_PATH} bytes, the most a socket may have: "
                f"{control}",
            )
        state_dir = self._absolute(given["state_dir"])
        return Gateway(given["name"] or hostname(), state_dir, control)

    def _ledger(self, given: dict[str, Any]) -> LedgerSettings:
        table = self._tree.get("ledger")
        entries = table.get("node", []) if isinstance(table, dict) else []
        nodes = []
        for index, node in self._tables(("ledger", "node"), entries):
            place = ("ledger", "node", index)
            self._unknown(place, node, [key.name for key in NODE], "[[ledger.node]]")
            nodes.append(LedgerNode(**self._values(place, node, NODE, "[[ledger.node]]")))
            self._twice(place, nodes[-1].name, [other.name for other in nodes[:-1]])
        if nodes and not given["policy"]:
            self._problem(
                ("ledger",), "[ledger] needs the key 'policy': without it no node can be believed"
            )
        policy = self._absolute(given["policy"]) if given["policy"] else None
        return LedgerSettings(
            policy, given["trusting_period_days"], given["compare_minutes"], tuple(nodes)
        )

    def _tables(
        self, place: tuple[str | int, ...], entries: object
    ) -> Iterable[tuple[int, dict[str, Any]]]:
        name = ".".join(map(str, place))
        if not isinstance(entries, list):
            self._problem(place, f"{name} must be an array of tables: [[{name}]]")
            return
        for index, entry in enumerate(entries):
            if isinstance(entry, dict):
                yield index, entry
            else:
                self._problem(place, f"{name} must be an array of tables: [[{name}]]")

    def _twice(self, place: tuple[str | int, ...], name: str, others: Collection[str]) -> None:
        if name and name in others:
            self._problem((*place, "name"), f"the name {name!r} is used twice")

    def _read_points(self, devices: Collection[str]) -> tuple[ReadPoint, ...]:
        points: list[ReadPoint] = []
        for index, given in self._tables(("read_point",), self._tree.get("read_point", [])):
            place = ("read_point", index)
            self._unknown(place, given, [key.name for key in READ_POINT], "[[read_point]]")
            values = self._values(place, given, READ_POINT, "[[read_point]]")
            for key in ("antennas", "outer", "inner", "beam_outer", "beam_inner"):
                self._devices_of((*place, key), values[key], devices)
            points.append(read_point(values))
            self._twice(place, points[-1].name, [other.name for other in points[:-1]])
        for (device, port), first, second in shared(points):
            self._problem(
                ("read_point",), f"antenna {device}:{port} is of both {first!r} and {second!r}"
            )
        return tuple(points)

    def _devices_of(
        self, place: tuple[str | int, ...], text: str, devices: Collection[str]
    ) -> None:
        names = {device for device, _ in antennas(text)} or (
            {text.partition(":")[0]} if text else set()
        )
        for name in sorted(names - set(devices)):
            self._problem(place, f"no device {name!r}{hint(name, devices)}")

    def _devices(self, limit: int) -> tuple[Device, ...]:
        devices: list[Device] = []
        for index, given in self._tables(("device",), self._tree.get("device", [])):
            device = self._device(index, given, limit)
            self._twice(("device", index), device.name, [other.name for other in devices])
            devices.append(device)
        return tuple(devices)

    def _device(self, index: int, given: dict[str, Any], limit: int) -> Device:
        place = ("device", index)
        common = self._values(place, given, DEVICE, "[[device]]")
        name, kind = common["name"], common["kind"]
        if name == OWN_DEVICE:
            self._problem(
                (*place, "name"), f"the name {name!r} is taken: the gateway's own records bear it"
            )
        module = self._module(index, kind) if kind else None
        if module is None:
            return Device(name, kind, common["read_point"], {}, None)
        where = f"device {name!r} ({kind})"
        known = [option.name for option in (*DEVICE, *module.OPTIONS)]
        self._unknown(place, given, known, where)
        before = len(self.problems)
        options = self._values(place, given, module.OPTIONS, where)
        if len(self.problems) > before:
            return Device(name, kind, common["read_point"], options, None)
        interval = module.interval(options)
        if interval is not None and interval > limit:
            self._problem(
                (*place, "interval"),
                f"interval {interval:g} s of {where} is longer than [silence] limit_minutes allows "
                f"({limit:g} s): shorten it, or set the limit of this journey",
            )
        return Device(name, kind, common["read_point"], options, interval)

    def _module(self, index: int, kind: str) -> DriverModule | None:
        assert self._catalog is not None, "a whole configuration is read with a catalogue"
        kinds = self._catalog.DEVICES
        if kind not in kinds:
            self._problem(
                ("device", index, "kind"),
                f"unknown kind {kind!r}{hint(kind, kinds) or ': there are ' + ', '.join(kinds)}",
            )
            return None
        try:
            return self._catalog.module(kind)
        except ImportError as error:
            self._problem(
                ("device", index, "kind"),
                f"kind {kind!r} needs a package that is not installed: {error}",
            )
            return None


def hint(word: str, known: Iterable[str]) -> str:
    """Return ": did you mean …?" for the known word nearest to `word`, or nothing."""
    import difflib  # noqa: PLC0415  only a mistake needs it

    close = difflib.get_close_matches(word, list(known), n=1)
    return f": did you mean {close[0]!r}?" if close else ""
