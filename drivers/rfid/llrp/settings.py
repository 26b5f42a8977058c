"""The options of an LLRP reader, and what they say once checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from drivers.driver import Option, OptionValue
from drivers.errors import OptionError
from drivers.links.tcp import Address, parse_address
from drivers.rfid.llrp.antenna_map import antenna_map, antenna_numbers
from drivers.rfid.llrp.capabilities import STANDARDS

if TYPE_CHECKING:
    import ssl

PORT, TLS_PORT = 5084, 5085  # IANA: llrp, encrypted-llrp
LOWEST_DBM, HIGHEST_DBM = 0.0, 33.0  # no reader of the class goes beyond
AS_SET = "as-set"  # leave what the reader has
OWN_MODE = -1  # leave the reader's own RF mode
HIGHEST_MODE = 65535
SEARCH_MODES = {"reader": 0, "single": 1, "dual": 2, "single-suppressed": 3}
IMMEDIATE, PERIODIC, BEAM = "immediate", "periodic", "gpi"

T = TypeVar("T")


def _parsed(options: Mapping[str, object], name: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(str(options[name]))
    except ValueError as error:
        raise OptionError(name, f"{name}: {error}") from None


def _powers(text: str) -> dict[int, float]:
    return antenna_numbers(text, LOWEST_DBM, HIGHEST_DBM, "a power in dBm")


def _modes(text: str) -> dict[int, float]:
    return antenna_numbers(text, 0, HIGHEST_MODE, "an RF mode")


def _channels(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class TextOption(Option):
    """An option whose text has a form of its own; `parse` raises ValueError for another."""

    parse: Callable[[str], object] = str

    def check(self, value: object) -> OptionValue:
        """Return `value`, or raise OptionError that says what is wrong inside it."""
        checked = Option.check(self, value)  # super() does not know a class with slots
        _parsed({self.name: checked}, self.name, self.parse)
        return checked


OPTIONS = (
    TextOption(
        "address",
        str,
        "the reader's name or IP address, and its port if it is unusual",
        parse=lambda text: parse_address(text, PORT),
    ),
    Option("tls", bool, "encrypt; the default port is then 5085", default=False),
    Option("tls_ca", str, "PEM file of the only certificates to trust; empty: the system's", ""),
    Option("tls_name", str, "the name in the reader's certificate; empty: the address", ""),
    TextOption(
        "antennas",
        str,
        "antennas and their read points: `1-2: door 2, 3: door 3`",
        "",
        parse=antenna_map,
    ),
    Option("power_dbm", float, "transmit power", 30.0, LOWEST_DBM, HIGHEST_DBM, "dBm"),
    TextOption(
        "antenna_power",
        str,
        "antennas with another power in dBm: `3: 24.5, 9-16: 27`",
        "",
        parse=_powers,
    ),
    Option("mode", int, "RF mode by its identifier; -1: the reader's own", -1, -1, HIGHEST_MODE),
    TextOption("antenna_mode", str, "antennas with another RF mode: `3: 1002`", "", parse=_modes),
    Option(
        "region", str, "radio rules the reader must be set to", AS_SET, choices=(AS_SET, *STANDARDS)
    ),
    Option("session", int, "Gen2 session; a tag answers again soon in 0 and 1", 1, 0, 3),
    Option("population", int, "tags expected at once on an antenna", 32, 1, 65535),
    Option("search_mode", str, "Impinj: single, dual …", "dual", choices=tuple(SEARCH_MODES)),
    TextOption(
        "channels", str, "Impinj: channels to stay on, `1, 4, 7`; empty: all", "", parse=_channels
    ),
    Option("low_duty_cycle", bool, "Impinj: rest while no tag is in the field", default=False),
    Option("tid", bool, "read each tag's TID as well (slower)", default=False),
    Option("phase", bool, "Impinj: report the carrier's phase", default=False),
    Option("trigger", str, "when to read", IMMEDIATE, choices=(IMMEDIATE, PERIODIC, BEAM)),
    Option("period", float, "periodic: from one round to the next", 60.0, 1, 86400, "s"),
    Option("duration", float, "periodic and gpi: longest round", 10.0, 0.1, 3600, "s"),
    Option("gpi_port", int, "gpi: the input with the beam", 1, 1, 8),
    Option("gpi_level", bool, "gpi: the level that starts a round", default=True),
    Option("inputs", bool, "report the reader's inputs as readings", default=False),
    Option("reader_utc", bool, "report the reader's own UTC as well", default=False),
    Option("keepalive", float, "the reader's sign of life", 10.0, 1, 600, "s"),
    Option("report_interval", float, "time in which reads of a tag are one", 1.0, 0.05, 3600, "s"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one reader; see OPTIONS. `read_points` has every antenna to use, or none."""

    address: Address
    tls: bool
    tls_ca: str
    tls_name: str
    read_points: Mapping[int, str]
    power_dbm: float
    antenna_power: Mapping[int, float]
    mode: int
    antenna_mode: Mapping[int, float]
    region: str
    session: int
    population: int
    search_mode: str
    channels: tuple[int, ...]
    low_duty_cycle: bool
    tid: bool
    phase: bool
    trigger: str
    period: float
    duration: float
    gpi_port: int
    gpi_level: bool
    inputs: bool
    reader_utc: bool
    keepalive: float
    report_interval: float


def settings(options: Mapping[str, OptionValue]) -> Settings:
    """Return checked options as settings; OptionError for what only a look inside a text shows."""
    tls = bool(options["tls"])
    default_port = TLS_PORT if tls else PORT
    return Settings(
        address=_parsed(options, "address", lambda text: parse_address(text, default_port)),
        tls=tls,
        tls_ca=str(options["tls_ca"]),
        tls_name=str(options["tls_name"]),
        read_points=_parsed(options, "antennas", antenna_map),
        power_dbm=float(options["power_dbm"]),
        antenna_power=_parsed(options, "antenna_power", _powers),
        mode=int(options["mode"]),
        antenna_mode=_parsed(options, "antenna_mode", _modes),
        region=str(options["region"]),
        session=int(options["session"]),
        population=int(options["population"]),
        search_mode=str(options["search_mode"]),
        channels=_parsed(options, "channels", _channels),
        low_duty_cycle=bool(options["low_duty_cycle"]),
        tid=bool(options["tid"]),
        phase=bool(options["phase"]),
        trigger=str(options["trigger"]),
        period=float(options["period"]),
        duration=float(options["duration"]),
        gpi_port=int(options["gpi_port"]),
        gpi_level=bool(options["gpi_level"]),
        inputs=bool(options["inputs"]),
        reader_utc=bool(options["reader_utc"]),
        keepalive=float(options["keepalive"]),
        report_interval=float(options["report_interval"]),
    )


def tls_context(chosen: Settings) -> ssl.SSLContext | None:
    """Return what to trust, or None without TLS; OSError when the certificates cannot be read.

    A certificate that is pinned by `tls_ca` may carry any name, as readers make their own.
    """
    if not chosen.tls:
        return None
    import ssl  # noqa: PLC0415  costs a megabyte that a gateway without TLS need not pay

    context = ssl.create_default_context(cafile=chosen.tls_ca or None)
    context.check_hostname = bool(chosen.tls_name) or not chosen.tls_ca
    return context
