"""What a reader says it can do (GET_READER_CAPABILITIES_RESPONSE; LLRP 1.0.1, §10). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from drivers.errors import DeviceFault
from drivers.rfid.llrp.antenna_map import MOST_ANTENNAS
from drivers.rfid.llrp.elements import Element
from drivers.rfid.llrp.tables import IMPINJ

MOST_ENTRIES = 1000  # of a table that are looked at; an R420 has 81 powers and 42 sensitivities
NO_HOP_TABLE = 0  # RFTransmitter's word for it
CENTI = 100  # transmit powers are in hundredths of a dBm
SPEEDWAY_PORTS = 4  # antenna ports of the largest Speedway without hubs
VENDORS = {IMPINJ: "Impinj", 10642: "Zebra", 161: "Motorola", 17996: "CAEN", 25533: "ThingMagic"}
IMPINJ_MODELS = {
    2001001: "Speedway R220",
    2001002: "Speedway R420",
    2001003: "xPortal",
    2001007: "xArray",
}
STANDARDS = {  # CommunicationsStandard, §10.2.4
    "fcc": 1,
    "etsi-302-208": 2,
    "etsi-300-220": 3,
    "australia-1w": 4,
    "australia-4w": 5,
    "japan": 6,
    "hong-kong": 7,
    "taiwan": 8,
    "korea": 9,
}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One reader's abilities. `powers` maps its table's indexes to dBm; `modes` are identifiers.

    `hop_table` is the first that it names, `sensitivities` maps antennas to the index of their best
    receive sensitivity, and None to that of all others; empty where the reader names none.
    """

    antennas: int
    vendor: int
    model: int
    firmware: str
    has_utc: bool
    inputs: int
    holds_reports: bool
    powers: Mapping[int, float]
    modes: frozenset[int]
    standard: int
    hopping: bool
    hop_table: int
    sensitivities: Mapping[int | None, int]

    @property
    def is_impinj(self) -> bool:
        """Whether Impinj's extensions may be used."""
        return self.vendor == IMPINJ

    @property
    def has_hubs(self) -> bool:
        """Whether antennas sit behind hubs, where the reader cannot tell if they are connected."""
        return self.is_impinj and self.antennas > SPEEDWAY_PORTS

    @property
    def title(self) -> str:
        """The reader as people call it, with its firmware."""
        maker = VENDORS.get(self.vendor, f"vendor {self.vendor}")
        model = IMPINJ_MODELS.get(self.model) if self.is_impinj else None
        return f"{maker} {model or f'model {self.model}'}, firmware {self.firmware}"

    def power_index(self, dbm: float) -> int:
        """Return the index of the highest power that is not above `dbm`, or of the lowest."""
        allowed = {power: index for index, power in self.powers.items() if power <= dbm}
        if allowed:
            return allowed[max(allowed)]
        return min(self.powers, key=self.powers.__getitem__)

    @property
    def antennas_differ(self) -> bool:
        """Whether what is best for one antenna may be wrong for another."""
        return len(set(self.sensitivities.values())) > 1

    def sensitivity(self, antenna: int) -> int | None:
        """Return the index of an antenna's best receive sensitivity; None where none is named."""
        return self.sensitivities.get(antenna, self.sensitivities.get(None))


def capabilities(answer: Element) -> Capabilities:
    """Return what the answer says; DeviceFault when it lacks what every reader must tell."""
    found = {part.name: part for part in answer.walk()}
    try:
        general, regulatory = found["GeneralDeviceCapabilities"], found["RegulatoryCapabilities"]
        limits = found["LLRPCapabilities"]
    except KeyError as error:
        raise DeviceFault(f"the reader's capabilities lack {error}") from None
    gpio = found.get("GPIOCapabilities")
    frequencies = found.get("FrequencyInformation")
    hop_table = frequencies.first("FrequencyHopTable") if frequencies else None
    return Capabilities(
        antennas=general.number("antennas"),
        vendor=general.number("vendor"),
        model=general.number("model"),
        firmware=general.text("firmware"),
        has_utc=bool(general.number("has_utc")),
        inputs=gpio.number("inputs") if gpio else 0,
        holds_reports=bool(limits.number("holding")),
        powers=_powers(answer),
        modes=frozenset(part.number("id") for part in _table(answer, "C1G2UHFRFModeTableEntry")),
        standard=regulatory.number("standard"),
        hopping=bool(frequencies.number("hopping")) if frequencies else False,
        hop_table=hop_table.number("id") if hop_table else NO_HOP_TABLE,
        sensitivities=_sensitivities(general),
    )


def _table(answer: Element, entry: str) -> Iterator[Element]:
    return islice((part for part in answer.walk() if part.name == entry), MOST_ENTRIES)


def _powers(answer: Element) -> dict[int, float]:
    entries = _table(answer, "TransmitPowerLevelTableEntry")
    powers = {part.number("index"): part.number("centi_dbm") / CENTI for part in entries}
    if not powers:
        raise DeviceFault("the reader names no transmit power")
    return powers


def _sensitivities(general: Element) -> dict[int | None, int]:
    """Return the best entry of the sensitivity table, and that of antennas which have a part of it.

    An entry's value is how far it is from the reader's best, in dB (§10.2.1).
    """
    entries = _table(general, "ReceiveSensitivityTableEntry")
    table = {entry.number("index"): entry.number("db") for entry in entries}
    best: dict[int | None, int] = {None: min(table, key=table.__getitem__)} if table else {}
    for part in islice(general.all("PerAntennaReceiveSensitivityRange"), MOST_ANTENNAS):
        low, high = part.number("lowest"), part.number("highest")
        allowed = [index for index in table if low <= index <= high]
        if allowed:
            best[part.number("antenna")] = min(allowed, key=table.__getitem__)
    return best
