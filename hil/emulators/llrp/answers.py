"""What an R420 class reader says of itself: capabilities and configuration, as bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from hil.emulators.llrp.protocol import IMPINJ, impinj, tlv, utf8

MODEL = 2001002  # R420
FIRMWARE = "5.14.0.240"
POWERS = 81  # entries, from 10 dBm in steps of 0.25 dB: a reader for the US on an external supply
SENSITIVITIES = 42
INPUTS = OUTPUTS = 4
PORTS = 4  # antenna ports; more antennas sit on hubs
PER_HUB = 8
US, FCC = 840, 1
HOPS = tuple(902_750 + 500 * channel for channel in range(50))  # kHz, 47 CFR 15.247
SHIFT = 23  # the order of a hop table looks random; 23 and 50 have no common divisor
# Identifier, M value, modulation, backscatter in bits/s, shortest and longest Tari in ns.
MODES = (
    (0, 0, 2, 640_000, 6250, 6250),
    (1, 1, 2, 640_000, 6250, 6250),
    (2, 2, 0, 274_000, 20_000, 20_000),
    (3, 3, 0, 170_600, 20_000, 20_000),
    (4, 2, 2, 640_000, 7140, 7140),
    (1000, 0, 0, 40_000, 6250, 6250),
    (1002, 0, 0, 40_000, 6250, 6250),
    (1003, 0, 0, 40_000, 6250, 6250),
)
DEFAULT_MODE = 1000
ALL, GENERAL, LLRP, REGULATORY, GEN2 = range(5)  # RequestedData of GET_READER_CAPABILITIES
SERIAL = bytes.fromhex("001625FFFF1125D6")  # an EUI-64 as an R420 names itself


@dataclass(frozen=True, slots=True)
class Radio:
    """The number of its hop table, and of the first, which is the best, of its sensitivities."""

    hop_table: int = 1
    sensitivity: int = 1

    @property
    def sensitivities(self) -> range:
        """The indexes of its table of receive sensitivities."""
        return range(self.sensitivity, self.sensitivity + SENSITIVITIES)


def capabilities(requested: int, antennas: int, radio: Radio, *, has_utc: bool) -> bytes:
    """Return the parameters that GET_READER_CAPABILITIES asks for."""
    parts = {
        GENERAL: _general(antennas, radio, has_utc=has_utc),
        LLRP: tlv(142, struct.pack(">BBHIIIII", 0b01001000, 1, 0, 1, 32, 1, 1508, 8)),
        REGULATORY: tlv(143, struct.pack(">HH", US, FCC) + tlv(144, _band(radio))),
        GEN2: tlv(327, struct.pack(">BH", 0b01000000, 2)),
    }
    return b"".join(parts.values()) if requested == ALL else parts.get(requested, b"")


def _general(antennas: int, radio: Radio, *, has_utc: bool) -> bytes:
    head = struct.pack(">HHII", antennas, 0x4000 if has_utc else 0, IMPINJ, MODEL)
    sensitivity = (
        tlv(139, struct.pack(">HH", index, 9 + place if place else 0))
        for place, index in enumerate(radio.sensitivities)
    )
    protocols = (tlv(140, struct.pack(">HHB", antenna, 1, 1)) for antenna in range(1, antennas + 1))
    gpio = tlv(141, struct.pack(">HH", INPUTS, OUTPUTS))
    return tlv(137, head + utf8(FIRMWARE) + b"".join((*sensitivity, gpio, *protocols)))


def _band(radio: Radio) -> bytes:
    powers = (
        tlv(145, struct.pack(">Hh", index, 975 + 25 * index)) for index in range(1, POWERS + 1)
    )
    hops = [HOPS[channel * SHIFT % len(HOPS)] for channel in range(len(HOPS))]
    table = tlv(147, struct.pack(f">BBH{len(hops)}I", radio.hop_table, 0, len(hops), *hops))
    modes = (
        tlv(329, struct.pack(">IBBBBIIIII", id_, 0x80, m, forward, 2, rate, 1500, low, high, 0))
        for id_, m, forward, rate, low, high in MODES
    )
    return b"".join(powers) + tlv(146, b"\x80" + table) + tlv(328, b"".join(modes))


@dataclass(slots=True)
class Config:
    """A reader's configuration, as SET_READER_CONFIG changes it."""

    keepalive: int = 0  # ms; 0: none
    hold: bool = False
    events: set[int] = field(default_factory=set)
    inputs_enabled: set[int] = field(default_factory=set)
    levels: dict[int, int] = field(default_factory=dict)
    power: int = POWERS
    connected: set[int] = field(default_factory=set)
    hubs: tuple[int, ...] = ()


def config(requested: int, config: Config, antennas: int) -> bytes:
    """Return the parameters that GET_READER_CONFIG asks for (0: all)."""
    parts = {
        1: tlv(218, struct.pack(">BH", 0, len(SERIAL)) + SERIAL),
        2: b"".join(_properties(antenna, config) for antenna in range(1, antennas + 1)),
        3: b"".join(_antenna(antenna, config.power) for antenna in range(1, antennas + 1)),
        5: tlv(244, b"".join(_event(type_, config.events) for type_ in range(9))),
        4: tlv(237, struct.pack(">BH", 2, 1) + tlv(238, b"\x16\0" + tlv(348, b"\0"))),
        6: tlv(239, b"\1"),
        7: tlv(217, struct.pack(">I", 0x7AA9AFE6)),
        8: tlv(220, struct.pack(">BI", bool(config.keepalive), config.keepalive)),
        9: b"".join(_input(port, config) for port in range(1, INPUTS + 1)),
        10: b"".join(tlv(219, struct.pack(">HB", port, 0)) for port in range(1, OUTPUTS + 1)),
        11: tlv(226, b"\x80" if config.hold else b"\0"),
    }
    return b"".join(parts.values()) if requested == ALL else parts.get(requested, b"")


def hubs(connected: Iterable[int]) -> bytes:
    """Return the state of the antenna hubs: connected, without a fault."""
    return b"".join(impinj(1538, struct.pack(">HHH", hub, 2, 1)) for hub in connected)


def _properties(antenna: int, config: Config) -> bytes:
    on = 0x80 if antenna in config.connected else 0
    return tlv(221, struct.pack(">BHh", on, antenna, 0))


def _antenna(antenna: int, power: int) -> bytes:
    singulation = tlv(336, struct.pack(">BHI", 1 << 6, 32, 0))
    gen2 = tlv(330, b"\0" + tlv(335, struct.pack(">HH", DEFAULT_MODE, 0)) + singulation)
    transmitter = tlv(224, struct.pack(">HHH", 1, 0, power))
    return tlv(222, struct.pack(">H", antenna) + tlv(223, b"\0\1") + transmitter + gen2)


def _event(type_: int, enabled: set[int]) -> bytes:
    return tlv(245, struct.pack(">HB", type_, 0x80 if type_ in enabled else 0))


def _input(port: int, config: Config) -> bytes:
    enabled = 0x80 if port in config.inputs_enabled else 0
    return tlv(225, struct.pack(">HBB", port, enabled, config.levels.get(port, 0)))
