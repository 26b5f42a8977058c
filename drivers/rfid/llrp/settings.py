"""The options of an LLRP reader, and what they say once checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.links.tcp import Address, parse_address
from drivers.rfid.llrp.antenna_map import antenna_map, antenna_numbers
from drivers.rfid.llrp.capabilities import STANDARDS
from drivers.rfid.uhf_options import region_option, report_interval_option
from foundation.options import option

if TYPE_CHECKING:
    import ssl

PORT, TLS_PORT = 5084, 5085  # IANA: llrp, encrypted-llrp
LOWEST_DBM, HIGHEST_DBM = 0.0, 33.0  # no reader of the class goes beyond
OWN_MODE = -1  # leave the reader's own RF mode
HIGHEST_MODE = 65535
MOST_CHANNELS = 64  # the FCC's band has 50
RSA_KEY_EXCHANGE = ("AES128-GCM-SHA256", "AES128-SHA")  # all that Impinj's Octane 5.6 has, but 3DES
SEARCH_MODES = {"reader": 0, "single": 1, "dual": 2, "single-suppressed": 3}
IMMEDIATE, PERIODIC, BEAM = "immediate", "periodic", "gpi"


def _powers(text: str) -> dict[int, float]:
    return antenna_numbers(text, LOWEST_DBM, HIGHEST_DBM, "a power in dBm")


def _modes(text: str) -> dict[int, float]:
    return antenna_numbers(text, 0, HIGHEST_MODE, "an RF mode")


def _channels(text: str) -> tuple[int, ...]:
    channels = tuple(int(part) for part in text.split(",") if part.strip())
    if not all(1 <= channel <= MOST_CHANNELS for channel in channels):
        raise ValueError(f"channels are numbered from 1 to {MOST_CHANNELS}, not {text}")
    if len(set(channels)) < len(channels):
        raise ValueError(f"a channel is named twice in {text}")
    return channels


def _address(text: str) -> str:
    parse_address(text, PORT)  # ValueError where it is none
    return text


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one reader; `antennas` has the read point of every antenna to use, or none."""

    address: str = option(
        str, "the reader's name or IP address, and its port if it is unusual", parse=_address
    )
    tls: bool = option(bool, "encrypt; the default port is then 5085", default=False)
    tls_ca: str = option(str, "PEM file of the only certificates to trust; empty: the system's", "")
    tls_name: str = option(str, "the name in the reader's certificate; empty: the address", "")
    antennas: Mapping[int, str] = option(
        str, "antennas and their read points: `1-2: door 2, 3: door 3`", "", parse=antenna_map
    )
    power_dbm: float = option(float, "transmit power", 30.0, LOWEST_DBM, HIGHEST_DBM, "dBm")
    antenna_power: Mapping[int, float] = option(
        str, "antennas with another power in dBm: `3: 24.5, 9-16: 27`", "", parse=_powers
    )
    mode: int = option(
        int, "RF mode by its identifier; -1: the reader's own", OWN_MODE, OWN_MODE, HIGHEST_MODE
    )
    antenna_mode: Mapping[int, float] = option(
        str, "antennas with another RF mode: `3: 1002`", "", parse=_modes
    )
    region: str = region_option(STANDARDS, "radio rules that the reader must be set to")
    session: int = option(int, "Gen2 session; a tag answers again soon in 0 and 1", 1, 0, 3)
    population: int = option(int, "tags expected at once on an antenna", 32, 1, 65535)
    search_mode: str = option(str, "Impinj: single, dual …", "dual", choices=SEARCH_MODES)
    channels: tuple[int, ...] = option(
        str, "Impinj: channels to stay on, `1, 4, 7`; empty: all", "", parse=_channels
    )
    low_duty_cycle: bool = option(bool, "Impinj: rest while no tag is in the field", default=False)
    tid: bool = option(bool, "read each tag's TID as well (slower)", default=False)
    phase: bool = option(bool, "Impinj: report the carrier's phase", default=False)
    trigger: str = option(str, "when to read", IMMEDIATE, choices=(IMMEDIATE, PERIODIC, BEAM))
    period: float = option(float, "periodic: from one round to the next", 60.0, 1, 86400, "s")
    duration: float = option(float, "periodic and gpi: longest round", 10.0, 0.1, 3600, "s")
    gpi_port: int = option(int, "gpi: the input with the beam", 1, 1, 8)
    gpi_level: bool = option(bool, "gpi: the level that starts a round", default=True)
    inputs: bool = option(bool, "report the reader's inputs as readings", default=False)
    reader_utc: bool = option(bool, "report the reader's own UTC as well", default=False)
    keepalive: float = option(
        float, "the reader's sign of life; 3 s after a missing one it is gone", 10.0, 1, 600, "s"
    )
    report_interval: float = report_interval_option()

    @property
    def endpoint(self) -> Address:
        """Where the reader listens."""
        return parse_address(self.address, TLS_PORT if self.tls else PORT)


def tls_context(chosen: Settings) -> ssl.SSLContext | None:
    """Return what to trust, or None without TLS; OSError when the certificates cannot be read.

    A certificate that is pinned by `tls_ca` may carry any name, as readers make their own. Under
    one, key exchange by RSA is good enough, too: some readers have no other.
    """
    if not chosen.tls:
        return None
    from foundation.tls import client_context  # noqa: PLC0415  a megabyte, for those with TLS

    context = client_context(chosen.tls_ca or None)
    context.check_hostname = bool(chosen.tls_name) or not chosen.tls_ca
    if chosen.tls_ca:
        usual = [cipher["name"] for cipher in context.get_ciphers()]
        context.set_ciphers(":".join((*usual, *RSA_KEY_EXCHANGE)))
    return context
