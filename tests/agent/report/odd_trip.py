"""An hour in which little went well, as records: what a page must not call good, zero or none.

A run that was cut off, sensors that say nothing or what cannot be, goods that change hands twice,
receipts that are signed by nobody, and an hour's place instead of a way.
"""

from __future__ import annotations

import struct

from evidence.leaf import Record
from tests.agent.report import trip
from tests.agent.shipments.journeys import BEGIN, SECOND, Journal

HOUR = 3600
SAMPLES = struct.pack(">hhhhhh", 0, 0, 20, 1000, 0, 0)


def records() -> list[Record]:
    journal = Journal()
    begun(journal)
    measured(journal)
    happened(journal)
    journal.reboot(3000)
    journal.note(3000, "boot", previous="unexpectedly")
    handed(journal)
    return journal.records


def begun(journal: Journal) -> None:
    journal.note(0, "profile", "cold", profile="2-8", version=1, digest=trip.PROFILE.digest)
    journal.note(0, "profile", "hall", profile="ours", version=7, digest=bytes(32))
    journal.note(0, "profile", "hall", profile="theirs")
    journal.shipment(
        0, devices=("cold", "hall", "hit", "spare", "gnss", "rear"), custodian="carrier-1",
        owner="owner-1", notice="ASN-1", vehicle="AB 123",
    )  # fmt: skip
    journal.aboard(0, "cold", profile="2-8", version=1)
    journal.aboard(0, "hit", "shock", interval=None)
    journal.aboard(0, "spare")


def measured(journal: Journal) -> None:
    """A sensor that goes blind, one at the end of its range, one that never told a value."""
    for at in range(0, 2400, 60):
        journal.celsius(at, 5 + at / 600, "cold", "corrupt" if at == 600 else "ok")
        journal.celsius(at, 12 - at / 1200, "hall", "saturated" if at == 1200 else "ok")
        if at % 600 == 0:
            journal.celsius(at, None, "spare")
            journal.place(at, 45 + at / 60_000, 9.0)
    journal.place(2400, 45.1, 9.0, quality="corrupt")
    journal.bound = None
    journal.celsius(2400, 9.0, "cold")
    journal.bound = 20


def happened(journal: Journal) -> None:
    for at, state in ((0, "closed"), (900, "open"), (960, "closed"), (1500, "open")):
        journal.note(at, "input", "rear", state=state, port=1)
    for at, quality, more in (
        (1000, "ok", {"peak": 2550, "duration": 900, "delta_v": 150, "fall": 12}),
        (1004, "saturated", {"peak": 1600, "duration": 300}),
        (1900, "corrupt", {"peak": 900, "waveform": SAMPLES, "digit": 49000, "rate": 4000}),
    ):
        device = "hit" if at != 1004 else "hit-2"
        journal.note(at, "shock", device, quality, **more)
    warm = {
        "profile": "2-8",
        "version": 1,
        "limit": "temperature above 8 °C",
        "severity": "critical",
    }
    journal.note(
        1800, "excursion", "cold", **warm, rule="too warm", state="excursion", before="ok",
        from_ms=BEGIN + 1740 * SECOND, lowest=805, highest=850, goods="vaccine",
    )  # fmt: skip
    journal.note(
        2100, "alarm", "cold", **warm, rule="too warm", state="alarm", before="excursion",
        from_ms=BEGIN + 2100 * SECOND, lowest=805, highest=900, counted_ms=360_000,
        reports="battery low",
    )  # fmt: skip
    journal.note(2200, "override", "cold", rule="too warm", operator="keeper-2", reason="iced")
    for rule in ("too warm", "too cold"):
        journal.note(
            2300, "excursion", "spare", rule=rule, profile="2-8", version=1, limit="no value",
            state="unknown", before="ok", from_ms=BEGIN + 2300 * SECOND,
        )  # fmt: skip
    journal.note(2350, "gap", "cold", state="open", from_ms=BEGIN + 2340 * SECOND, reason="mute")
    journal.note(2360, "gap", "gnss", state="closed", to_ms=BEGIN + 2360 * SECOND, reason="back")
    journal.note(2370, "note", "cold", gap=1, text="a loose plug", operator="technician-1")
    journal.note(2380, "clock", quality="suspect", new_source="ntp", offset_ms=7_200_000)
    journal.note(2390, "clock", new_source="gnss")
    journal.note(2395, "tag-suspect", cause="two-tids", epc="3034", read_point="door 2")


def handed(journal: Journal) -> None:
    journal.note(3000, "custody", shipment="WB-7", giver="carrier-1", taker="carrier-2")
    journal.note(3060, "place", "gnss", hour_ms=BEGIN, name="Novara", lat=45450, lon=8620, size=20)
    journal.note(3060, "place", "gnss", hour_ms=BEGIN + HOUR * SECOND)
    journal.note(
        3540, "dock-check", check="R-1", notice="ASN-1", state="different", decision="rejected",
        expected=3, found=0, receipts="R-0", together=2,
    )  # fmt: skip
    journal.note(
        3540, "dock-difference", check="R-1", code="119", text="quantity", quantity=3,
        gtin="04012345678901", lot="L 1",
    )  # fmt: skip
    journal.shipment(3600, "ended")


def crowd(count: int) -> list[Record]:
    """So many of each thing that fills a table of its own."""
    journal = Journal()
    for at in range(count):
        since = BEGIN + at * SECOND
        journal.note(at, "excursion", f"cold-{at}", rule="warm", limit="temperature above 8 °C",
                     state="excursion", before="ok", from_ms=since)  # fmt: skip
        journal.note(at, "shock", "hit", peak=1000 + at)
        journal.note(at, "gap", f"cold-{at}", state="open", from_ms=since, reason="mute")
        journal.note(at, "place", "gnss", hour_ms=since)
        journal.note(at, "custody", shipment="WB-7", giver="a", taker="b")
        journal.note(at, "tag-suspect", cause="two-tids", epc=f"{at}", read_point="door 2")
    return journal.records
