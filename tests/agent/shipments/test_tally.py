"""Numbers of each shipment: how goods came in, what went wrong, who saw them, and how far."""

from __future__ import annotations

import itertools

import pytest

from agent.desks import shipment_rows
from agent.shipments.route import Route
from agent.shipments.shipment import Shipments
from agent.shipments.tally import MOST_ENDED, SETTLED_EVERY, Incident, Tallies, Way
from evidence.leaf import Record
from foundation.metrics import to_text

MINUTE = 60_000
WATCHED = {
    "cargo": frozenset({Incident.GAP, Incident.EXCURSION, Incident.ALARM}),
    "shocks": frozenset({Incident.GAP, Incident.SHOCK}),
    "gps": frozenset({Incident.GAP}),
}


class Truck:
    """Records in their order, folded as the agent folds them."""

    def __init__(self) -> None:
        self.shipments = Shipments()
        self.tallies = Tallies(lambda: self.shipments, WATCHED, {"gps": 5 * MINUTE})
        self.numbers = itertools.count()

    def tell(self, device: str, kind: str, quality: str = "ok", minute: int = 0, **values) -> None:
        number = next(self.numbers)
        at = minute * MINUTE
        record = Record(
            number, device, kind, 1, at, 1_790_000_000_000 + at, "gnss", 50, quality, values
        )
        self.tallies.committed([record])
        self.shipments.apply(record)

    def start(self, name: str, devices: str, notice: str = "") -> None:
        values = {"name": name, "state": "started", "devices": devices, "notice": notice}
        self.tell("gateway", "shipment", **values)

    def end(self, name: str) -> None:
        self.tell("gateway", "shipment", name=name, state="ended")

    def numbers_of(self, name: str) -> dict[str, float]:
        """Return the shipment's numbers as Prometheus reads them, by name and other labels."""
        text = to_text(shipment_rows.shipments(self.tallies.told()))
        label = f'shipment="{name}"'
        found = {}
        for line in text.splitlines():
            if label in line and not line.startswith("#"):
                key, value = line.rsplit(" ", 1)
                found[key.replace("tallyman_shipment_", "").replace(label, "")] = float(value)
        return found


def test_what_went_wrong_counts_for_the_shipment_that_the_device_goes_along_with():
    truck = Truck()
    truck.tell("cargo", "alarm", rule="too warm")
    truck.start("WB-1", "cargo, shocks")
    truck.start("WB-2", "gps")
    truck.tell("cargo", "excursion", state="excursion", rule="too warm")
    truck.tell("cargo", "excursion", state="ok", rule="too warm")
    truck.tell("cargo", "excursion", state="unknown", rule="too warm")
    truck.tell("cargo", "alarm", rule="too warm")
    truck.tell("shocks", "shock", peak=900)
    truck.tell("shocks", "shock", peak=1200)
    truck.tell("cargo", "gap", state="open", reason="unplugged")
    truck.tell("cargo", "gap", state="closed", reason="back")
    truck.tell("cargo", "gap", state="open", reason="unplugged again")
    truck.tell("cabin", "shock", peak=900)
    assert truck.numbers_of("WB-1") == {
        'incidents_total{,what="excursion"}': 1,
        'incidents_total{,what="alarm"}': 1,
        'incidents_total{,what="shock"}': 2,
        'incidents_total{,what="gap"}': 2,
    }
    assert truck.numbers_of("WB-2") == {'incidents_total{,what="gap"}': 0}, (
        "nobody aboard can tell of shocks or limits: that is no zero"
    )


def test_how_goods_came_in_and_how_much_of_it_devices_saw():
    truck = Truck()
    truck.start("WB-1", "cargo", notice="ASN-7")
    assert not any("pieces" in key or "receipts" in key for key in truck.numbers_of("WB-1"))
    receipt = {"expected": 40, "found": 30, "read": 25, "by_hand": 3, "believed": 2}
    truck.tell("dock", "dock-check", notice="ASN-7", decision="accepted", differences=2, **receipt)
    truck.tell(
        "dock", "dock-check", notice="ASN-7", decision="rejected", differences=1, expected=10
    )
    truck.tell("dock", "dock-check", notice="ASN-7", decision="cancelled", **receipt)
    truck.tell("dock", "dock-check", notice="ASN-8", decision="accepted", **receipt)
    truck.tell("dock", "dock-check", notice="ASN-7", decision="accepted", purpose="returns")
    found = truck.numbers_of("WB-1")
    assert found['receipts_total{,decision="accepted"}'] == 1
    assert found['receipts_total{,decision="rejected"}'] == 1
    assert found["differences_total{}"] == 3
    assert found['pieces_total{,seen="read"}'] == 25
    assert found['pieces_total{,seen="by_hand"}'] == 3
    assert found['pieces_total{,seen="believed"}'] == 2
    assert found["pieces_expected{}"] == 10


@pytest.mark.parametrize("settled", [SETTLED_EVERY, 3])
def test_the_way_is_metres_along_positions_and_across_where_none_was_known(monkeypatch, settled):
    monkeypatch.setattr("agent.shipments.tally.SETTLED_EVERY", settled)
    truck = Truck()
    truck.start("WB-1", "gps")
    assert not any("distance" in key for key in truck.numbers_of("WB-1"))

    def at(minute: int, north: int, quality: str = "ok") -> None:
        """A position `north` thousandths of a degree up the meridian: 111.195 m each."""
        values = {"lat": 450_000_000 + north * 10_000, "lon": 90_000_000}
        truck.tell("gps", "position", quality, minute, **values)

    for minute in range(11):
        at(minute, minute)
    at(11, 900, "suspect")
    if settled != SETTLED_EVERY:
        truck.tallies.told()
    at(60, 100)
    at(61, 101)
    found = truck.numbers_of("WB-1")
    along = found['distance_metres_total{,device="gps",part="along"}']
    across = found['distance_metres_total{,device="gps",part="across"}']
    assert along == pytest.approx(11 * 111.195, rel=1e-4)
    assert across == pytest.approx(90 * 111.195, rel=1e-4)


def test_a_way_of_weeks_is_added_up_every_thousand_positions():
    """A hop is kept in memory until then: a week of them, one a second, would be 600,000."""
    way, counted = Way(Route("gps", 0, 5 * MINUTE), 0), []
    for at in range(2001):
        values = {"lat": 450_000_000 + at * 10_000, "lon": 90_000_000}  # 111.195 m further north
        way.take(Record(at, "gps", "position", 1, at, at, "gnss", 50, "ok", values))
        counted.append(way.fixes)
    assert [number for number in range(1, 2001) if counted[number] != counted[number - 1]] == [
        999,
        1999,
    ]
    assert (counted[999], counted[2000]) == (1000, 2000)
    assert way.along == pytest.approx(1999 * 111.195, rel=1e-4)
    way.settle()
    assert (way.fixes, way.along) == (2001, pytest.approx(2000 * 111.195, rel=1e-4))


def test_of_a_receiver_that_has_no_position_yet_there_is_no_way():
    way = Way(Route("gps", 0, 5 * MINUTE), 0)
    way.settle()
    assert (way.fixes, way.along, way.across) == (0, 0.0, 0.0)


def test_numbers_of_what_ended_stay_a_while_and_a_name_that_comes_again_begins_anew():
    truck = Truck()
    truck.start("WB-1", "shocks")
    truck.tell("shocks", "shock", peak=900)
    truck.end("WB-1")
    truck.tell("shocks", "shock", peak=900)
    assert truck.numbers_of("WB-1")['incidents_total{,what="shock"}'] == 1
    for number in range(MOST_ENDED + 2):
        truck.start(f"X-{number}", "shocks")
        truck.tell("shocks", "shock", minute=number + 1, peak=900)
        truck.end(f"X-{number}")
    assert truck.numbers_of("WB-1") == {}
    assert truck.numbers_of(f"X-{MOST_ENDED + 1}")['incidents_total{,what="shock"}'] == 1
    assert len(truck.tallies.told()) <= MOST_ENDED + 1


def test_a_name_that_comes_again_is_one_series_of_numbers():
    """Prometheus refuses a whole page, and node_exporter a whole file, with a series twice."""
    truck = Truck()
    truck.start("WB-1", "shocks")
    for _ in range(3):
        truck.tell("shocks", "shock", peak=900)
    truck.end("WB-1")
    truck.tell("gateway", "shipment", name="WB-1", state="started", devices="shocks", minute=5)
    truck.tell("shocks", "shock", minute=6, peak=900)
    lines = to_text(shipment_rows.shipments(truck.tallies.told())).splitlines()
    series = [line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")]
    assert len(series) == len(set(series))
    assert truck.numbers_of("WB-1")['incidents_total{,what="shock"}'] == 1


def test_a_long_shipment_that_ends_last_keeps_its_numbers_though_it_began_first():
    truck = Truck()
    truck.start("LONG", "shocks")
    truck.tell("shocks", "shock", peak=900)
    for number in range(MOST_ENDED + 2):
        truck.start(f"X-{number}", "shocks")
        truck.tell("shocks", "shock", minute=number + 1, peak=900)
        truck.end(f"X-{number}")
    truck.end("LONG")
    truck.start("NEXT", "shocks")
    truck.tell("shocks", "shock", minute=99, peak=900)
    truck.end("NEXT")
    assert truck.numbers_of("LONG")['incidents_total{,what="shock"}'] == MOST_ENDED + 3
    assert truck.numbers_of("X-0") == {}
