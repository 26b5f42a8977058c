"""A truck's day as a bundle: what a page is made of, worked out by hand beside what it must say.

It goes through the night in which the clocks of Rome go back: 2026-10-25, 01:00 UTC.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from agent.rules import shipped
from evidence.leaf import Record
from tests.evidence.building import World

START = 1_792_886_400_000  # 2026-10-25T00:00:00Z
MINUTE, HOUR = 60_000, 3_600_000
BACK = START + HOUR  # 01:00 UTC, when 03:00 +02:00 becomes 02:00 +01:00
LENGTH = 4 * HOUR

SILENT = (START + 2 * HOUR, START + 2 * HOUR + 40 * MINUTE)  # the cargo sensor says nothing
WARM = (START + 3 * HOUR, START + 3 * HOUR + 10 * MINUTE)  # a door is open
HIT = START + 90 * MINUTE
STEP = 0.049
SAMPLES = [(0, 0, 20), (0, 1, 20), (400, 30, 25), (630, 40, 10), (380, -20, 22), (2, 0, 20)]
PROFILE = shipped.find("2-8", shipped.FOLDER)


@dataclass
class Log:
    """Records in their order, one each call."""

    records: list[Record] = field(default_factory=list)

    def add(self, at: int, device: str, kind: str, **values: object) -> None:
        made = Record(
            number=len(self.records),
            device=device,
            kind=kind,
            boot=1,
            monotonic_ms=at - START + 5_000,
            wall_ms=at,
            clock_source="gnss",
            clock_bound_ms=40,
            quality="ok",
            values=values,
        )
        self.records.append(made)


def cargo_value(at: int) -> int | None:
    """Hundredths of a degree in the cargo space; None where the sensor says nothing."""
    if SILENT[0] < at < SILENT[1]:
        return None
    if WARM[0] <= at < WARM[1]:
        return 950
    return 400 + (at // MINUTE) % 17


def records() -> list[Record]:
    """Every kind of thing that a page shows."""
    log = Log()
    log.add(START, "cargo", "profile", profile="2-8", version=1, digest=PROFILE.digest)
    log.add(
        START, "gateway", "shipment", name="WB-7", state="started", vehicle="TO 123 XY",
        devices="cargo, wall, pallet, position, door", custodian="carrier", destination="Novara",
    )  # fmt: skip
    for at in range(START, START + LENGTH + 1, MINUTE):
        minute = (at - START) // MINUTE
        value = cargo_value(at)
        if value is not None:
            log.add(at, "cargo", "temperature", temperature=value, humidity=6000 + minute)
        log.add(at, "wall", "temperature", temperature=500 + minute % 7)
        if at < START + 3 * HOUR:
            east = 76_800_000 + 30_000 * minute
            log.add(at, "position", "position", lat=450_700_000 + 10_000 * minute, lon=east)
        events(log, at)
    return log.records


def events(log: Log, at: int) -> None:
    """What happens at a minute of the day."""
    if at == HIT:
        waveform = b"".join(struct.pack(">hhh", *each) for each in SAMPLES)
        log.add(
            at, "pallet", "shock", peak=3087, duration=900, delta_v=1750, samples=3, rate=8000,
            threshold=1000, range=200, peak_x=3087, peak_y=150, peak_z=25, fall=16,
            waveform=waveform, digit=49000,
        )  # fmt: skip
        log.add(
            at, "pallet", "alarm", rule="hit or dropped", profile="fragile", version=1,
            limit="peak at or above 25 g", state="alarm", before="ok", from_ms=at, lowest=3087,
            highest=3087, severity="critical",
        )  # fmt: skip
    if at == SILENT[0] + 2 * MINUTE:
        log.add(at, "cargo", "gap", state="open", from_ms=SILENT[0], reason="unplugged")
    if at == SILENT[1]:
        log.add(
            at, "cargo", "gap", state="closed", from_ms=SILENT[0], to_ms=SILENT[1],
            duration_ms=SILENT[1] - SILENT[0], reason="reads again",
        )  # fmt: skip
        log.add(
            at, "cargo", "note", gap=9, from_ms=SILENT[0], text="plug was loose",
            operator="technician-1",
        )  # fmt: skip
    if at == WARM[0]:
        log.add(at, "door", "input", state="open")
        log.add(at, "cargo", "excursion", **condition("excursion", "ok", at))
    if at == WARM[1]:
        log.add(at, "door", "input", state="closed")
        log.add(at, "cargo", "excursion", **condition("ok", "excursion", at))
    if at == START + LENGTH:
        finish(log, at)


def condition(state: str, before: str, at: int) -> dict[str, object]:
    return {
        "rule": "too warm", "profile": "2-8", "version": 1, "limit": "temperature above 8 °C",
        "state": state, "before": before, "from_ms": at, "lowest": 950, "highest": 950,
    }  # fmt: skip


def finish(log: Log, at: int) -> None:
    """Somebody decides on the goods; they are handed over, and received at a dock."""
    (excursion,) = (
        each.number
        for each in log.records
        if each.kind == "excursion" and each.values["state"] == "excursion"
    )
    log.add(
        at, "cargo", "assessment", record=excursion, rule="too warm", state="excursion",
        decision="released", operator="keeper-2", reason="within the stability data",
    )  # fmt: skip
    log.add(at, "position", "place", hour_ms=START, name="Torino", lat=45070, lon=7686, size=20)
    log.add(
        at, "gateway", "custody", shipment="WB-7", giver="carrier", taker="warehouse-2",
        place="door 2", state="unsigned",
    )  # fmt: skip
    log.add(
        at, "gateway", "dock-difference", check="R-1", code="X34", text="missing", quantity=1,
        gtin="80614141123458", serial="44",
    )  # fmt: skip
    log.add(
        at, "gateway", "dock-goods", check="R-1", notice="ASN1099", gtin="80614141123458",
        quantity=4, read=2, by_hand=1, believed=0, lot="ABC123",
    )  # fmt: skip
    log.add(
        at, "gateway", "dock-check", check="R-1", notice="ASN1099", read_point="door 2",
        state="different", decision="accepted", expected=7, found=6, read=4, by_hand=1, believed=1,
        unexpected=1, operator="keeper-2", signed="no", supplier="0614141000012",
    )  # fmt: skip
    log.add(
        at, "gateway", "delivery", check="R-1", notice="ASN1099", decision="accepted",
        state="unilateral", driver="driver-4", receiver="keeper-2",
    )  # fmt: skip


def sealed(made: list[Record]) -> World:
    """Return a world whose log holds the records, 256 a batch."""
    new = World()
    for first in range(0, len(made), 256):
        new.seal(made[first : first + 256])
    return new


def bundled(world: World) -> bytes:
    """Return all of it as a bundle's bytes."""
    return world.bundle([world.bundled(each) for each in world.sealed]).to_bytes()
