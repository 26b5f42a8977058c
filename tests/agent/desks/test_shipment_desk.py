"""Shipments at the desk: what is bound, taken off, split, joined and ended, each as a record."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest

from agent.clock.clock import Clock
from agent.desks.control import BadRequest
from agent.desks.custody import CustodyDesk
from agent.desks.readiness import ReadinessDesk, checked
from agent.desks.shipment import FILE_NAME, ShipmentDesk, shipments_book
from agent.desks.shipment_parts import PartsDesk
from agent.desks.signers import Signers
from agent.desks.status import ConditionStatus
from agent.rules.shipped import FOLDER, find
from agent.shipments.readiness import Fault
from evidence import cbor
from tests.agent.desks.office import Office, device
from tests.agent.fakes import WALL_MS, FakeSystemClock, reading

PROFILE = find("2-8", FOLDER)
DEVICES = (
    device("cold", reading("cold", monotonic=99.0, temperature=4.31), interval=60.0, rules=PROFILE),
    device("gnss", reading("gnss", "position", 98.0, lat=45.5, lon=9.0), interval=10.0),
    device("gnss-2", reading("gnss-2", "position", 97.0, lat=1.0, lon=1.0)),
    device("spare"),
)
WARM = ConditionStatus("cold", "warm", "alarm", 900, "temperature above 8 °C", "critical")


class Notices:
    async def load(self, digest: str):
        return SimpleNamespace(number="ASN-1", digest=bytes.fromhex(digest), due="2026-10-01")


def shipments(office: Office) -> ShipmentDesk:
    book = shipments_book(office.folder, office.recorder, office.journal)
    return ShipmentDesk(
        DEVICES, Notices(), book, office.recorder, office.clock, lambda: [WARM]
    )  # fmt: skip


@pytest.fixture
async def office(tmp_path):
    office = Office(tmp_path)
    await office.start()
    office.desk = shipments(office)
    office.signers = Signers(office.recorder, office.timing, tmp_path, lambda count: b"s" * count)
    custody = CustodyDesk(office.desk.under_way, office.signers, office.recorder, office.clock)
    ready = ReadinessDesk(office.desk, [], office.recorder, office.clock)
    for desk in (office.desk, PartsDesk(office.desk), custody, ready):
        office.verbs |= desk.verbs()
    await office.desk.run()
    yield office
    await office.close()


BOUND = {
    "name": "WB-7", "notice": "", "digest": "", "vehicle": "AB 123", "seals": ("S1", "S2"),
    "devices": ("cold", "gnss"), "destination": "Novara", "started_ms": WALL_MS, "ended_ms": None,
    "bound": 1, "due": "", "owner": "owner-1", "custodian": "carrier-1", "papers": ("invoice",),
    "model": "M-1", "parents": (), "vouched": True,
}  # fmt: skip


async def begun(office: Office, **more):
    (shipment,) = await office.ask(
        "shipment-start", name="WB-7", vehicle="AB 123", destination="Novara", owner="owner-1",
        custodian="carrier-1", model="M-1", devices=["cold", "gnss"], seals=["S1", "S2"],
        papers=["invoice"], operator="keeper-2", **more,
    )  # fmt: skip
    return shipment


def bound(shipment):
    """A shipment as it is bound, without how it does now."""
    return {name: shipment[name] for name in BOUND}


async def test_what_is_bound_is_on_record_with_what_each_sensor_may_tell(office):
    shipment = await begun(office)
    assert bound(shipment) == BOUND
    assert await office.told("shipment", "shipment-sensor", "shipment-condition") == [
        ("shipment", "gateway", {
            "state": "started", "name": "WB-7", "vehicle": "AB 123", "destination": "Novara",
            "owner": "owner-1", "custodian": "carrier-1", "model": "M-1", "seals": "S1, S2",
            "devices": "cold, gnss", "papers": "invoice", "operator": "keeper-2",
        }),
        ("shipment-sensor", "cold", {
            "shipment": "WB-7", "kinds": "temperature", "interval_ms": 60_000, "profile": "2-8",
            "version": PROFILE.head.version,
        }),
        ("shipment-condition", "cold", {
            "shipment": "WB-7", "rule": "warm", "profile": "2-8", "version": PROFILE.head.version,
            "limit": "temperature above 8 °C", "state": "alarm", "from_ms": 900,
            "severity": "critical",
        }),
        ("shipment-sensor", "gnss", {
            "shipment": "WB-7", "kinds": "temperature", "interval_ms": 10_000,
        }),
    ]  # fmt: skip


async def test_a_shipment_is_shown_with_where_it_is_and_how_its_sensors_do(office):
    await begun(office)
    (shown,) = await office.ask("shipments")
    newest = WALL_MS - 2000
    place = shown["place"]
    assert (place["lat"], place["lon"], place["device"], place["at_ms"]) == (
        45.5, 9.0, "gnss", newest,
    )  # fmt: skip
    assert "45.5" in place["text"]
    first, second = shown["sensors"]
    assert (first["device"], first["at_ms"]) == ("cold", WALL_MS - 1000)
    assert "4.31" in first["text"]
    assert (second["device"], second["at_ms"]) == ("gnss", newest)
    assert (shown["now_ms"], shown["vouched_now"]) == (office.clock.now().wall_ms, True)
    await office.ask("shipment-bind", name="WB-7", devices=["spare"])
    (shown,) = await office.ask("shipments", name="WB-7")
    assert shown["sensors"][2] == {"device": "spare", "text": "no reading yet", "at_ms": None}


async def test_what_nobody_vouches_for_says_so(office):
    system = FakeSystemClock(office.timing)
    office.desk._clock = Clock(system, boot=1)
    assert (await begun(office))["vouched_now"] is False


async def test_an_ended_shipment_is_nowhere_and_its_name_is_free_again(office):
    await begun(office)
    office.timing.now += 5
    (ended,) = await office.ask("shipment-end", name="WB-7", operator="keeper-2")
    assert (ended["place"], ended["sensors"]) == (None, [])
    assert ended["ended_ms"] >= WALL_MS + 5000
    assert (await office.told("shipment"))[-1][2] == {
        "state": "ended", "name": "WB-7", "operator": "keeper-2",
    }  # fmt: skip
    (shown,) = await office.ask("shipments", name="WB-7")
    assert bound(shown) == bound(ended)
    assert (office.desk.knows("WB-7"), office.desk.is_under_way("WB-7")) == (True, False)
    assert (office.desk.knows("WB-8"), office.desk.is_under_way("WB-8")) == (False, False)
    with pytest.raises(BadRequest, match="no shipment 'WB-7' is under way"):
        await office.ask("shipment-end", name="WB-7")
    assert (await begun(office))["bound"] == 1


async def test_which_shipments_a_device_travels_with(office):
    await begun(office)
    await office.ask("shipment-start", name="WB-8", devices=["cold"])
    assert office.desk.carrying("cold") == ["WB-7", "WB-8"]
    assert office.desk.carrying("spare") == []
    await office.ask("shipment-end", name="WB-7")
    assert office.desk.carrying("cold") == ["WB-8"]


async def test_binding_adds_to_lists_and_replaces_the_rest(office):
    await begun(office)
    (shipment,) = await office.ask(
        "shipment-bind", name="WB-7", vehicle="CD 456", seals=["S2", "S3"], devices=["spare"]
    )
    assert bound(shipment) == BOUND | {
        "vehicle": "CD 456", "seals": ("S1", "S2", "S3"), "devices": ("cold", "gnss", "spare"),
        "bound": 2,
    }  # fmt: skip
    assert [device for _, device, _ in await office.told("shipment-sensor")] == [
        "cold", "gnss", "spare",
    ]  # fmt: skip


async def test_taking_off_leaves_the_rest(office):
    await begun(office)
    (shipment,) = await office.ask(
        "shipment-unbind", name="WB-7", devices=["cold"], seals=["S1"], operator="keeper-2"
    )
    assert bound(shipment) == BOUND | {"seals": ("S2",), "devices": ("gnss",), "bound": 2}
    assert (await office.told("shipment"))[-1][2]["operator"] == "keeper-2"
    assert len(await office.told("shipment-sensor")) == 2, "nobody goes along anew"


async def test_a_notice_gives_its_number_and_when_it_is_due(office):
    (shipment,) = await office.ask("shipment-start", name="WB-9", digest="ab" * 32)
    assert (shipment["notice"], shipment["digest"], shipment["due"]) == (
        "ASN-1", "ab" * 32, "2026-10-01",
    )  # fmt: skip


REFUSED = [
    ("start", {"name": ""}, "a shipment needs a name"),
    ("start", {"name": "a,b"}, "is too long, not printable, or holds a comma"),
    ("start", {"name": "x" * 65}, "is too long, not printable, or holds a comma"),
    ("start", {"name": "a\nb"}, "is too long, not printable, or holds a comma"),
    ("start", {"name": "W", "vehicle": "x" * 65}, "vehicle 'xxxxxxxxxxxxxxxxxxxx' is too long"),
    ("start", {"name": "W", "devices": ["colt"]}, "there is no device 'colt': did you mean"),
    ("start", {"name": "W", "papers": ["invoices"]}, "there is no type of papers 'invoices'"),
    ("start", {"name": "W", "seals": "S1"}, "seals must be a list of up to 12"),
    ("start", {"name": "W", "seals": ["S"] * 13}, "seals must be a list of up to 12"),
    ("bind", {"name": "WB-6", "seals": ["S"]}, "no shipment 'WB-6' is under way: did you mean"),
    ("bind", {"name": "WB-7", "operator": "keeper-2"}, "nothing is to be bound"),
    ("unbind", {"name": "WB-7"}, "nothing is to be taken off"),
    ("unbind", {"name": "WB-7", "seals": ["S9"]}, "there is no seal 'S9'"),
    ("unbind", {"name": "WB-7", "devices": ["spare"]}, "there is no device 'spare'"),
    ("split", {"name": "WB-7", "seals": ["S1"]}, "into which shipment?"),
    ("split", {"name": "WB-7", "into": "WB-7", "seals": ["S1"]}, "into which shipment?"),
    ("split", {"name": "WB-7", "into": "WB-8", "seals": ["S1"]}, "WB-8 is under way already"),
    ("split", {"name": "WB-7", "into": "W"}, "nothing goes along with the part"),
    ("split", {"name": "WB-7", "into": "W", "seals": ["S9"]}, "seal 'S9' does not go along"),
    ("merge", {"name": "WB-7"}, "into which shipment?"),
    ("merge", {"name": "WB-7", "into": "WB-8"}, "WB-8 is of nobody by name, WB-7 of owner-1"),
    ("custody", {"name": "WB-7"}, "who takes it?"),
    ("custody", {"name": "WB-7", "taker": "carrier-1"}, "carrier-1 answers for it already"),
]  # fmt: skip


async def test_what_cannot_be_is_refused_and_no_record(office):
    await begun(office)
    await office.ask("shipment-start", name="WB-8")
    before = await office.told("shipment", "custody")
    for verb, request, said in REFUSED:
        with pytest.raises(BadRequest) as caught:
            await office.ask(f"shipment-{verb}", **request)
        assert said in str(caught.value)
    assert await office.told("shipment", "custody") == before


async def test_as_much_is_bound_as_a_record_holds(office):
    seals = [f"{number:064}" for number in range(12)]
    (shipment,) = await office.ask("shipment-start", name="W" * 64, seals=seals)
    assert shipment["seals"] == tuple(seals)


async def test_a_look_for_a_shipment_that_is_not_there_is_told(office):
    await begun(office)
    assert [each["name"] for each in await office.ask("shipments")] == ["WB-7"]
    with pytest.raises(BadRequest, match="no shipment 'WB-6' is under way"):
        await office.ask("shipments", name="WB-6")


async def test_a_part_goes_on_under_another_name_with_what_it_takes_along(office):
    await begun(office)
    rest, part = await office.ask(
        "shipment-split", name="WB-7", into="WB-7a", devices=["gnss"], seals=["S2"],
        vehicle="CD 456", operator="keeper-2",
    )  # fmt: skip
    assert bound(rest) == BOUND | {"devices": ("cold",), "seals": ("S1",), "bound": 2}
    assert bound(part) == BOUND | {
        "name": "WB-7a", "devices": ("gnss",), "seals": ("S2",), "vehicle": "CD 456",
        "parents": ("WB-7",), "started_ms": part["started_ms"],
    }  # fmt: skip
    assert [values["operator"] for _, _, values in await office.told("shipment")] == [
        "keeper-2"
    ] * 3
    (_, part) = await office.ask("shipment-split", name="WB-7", into="W", seals=["S1"])
    assert (part["vehicle"], part["destination"]) == ("AB 123", "Novara")


async def test_a_shipment_goes_on_in_one_that_is_under_way(office):
    await begun(office)
    await office.ask("shipment-start", name="WB-8", owner="owner-1", devices=["spare"])
    (both,) = await office.ask("shipment-merge", name="WB-7", into="WB-8", operator="keeper-2")
    assert (both["name"], both["devices"], both["seals"], both["parents"]) == (
        "WB-8", ("spare", "cold", "gnss"), ("S1", "S2"), ("WB-7",),
    )  # fmt: skip
    assert not office.desk.is_under_way("WB-7")
    ended, joined = (values for _, _, values in (await office.told("shipment"))[-2:])
    assert (ended["state"], ended["operator"], joined["operator"]) == (
        "ended", "keeper-2", "keeper-2",
    )  # fmt: skip


async def test_a_shipment_goes_on_in_a_new_one(office):
    await begun(office)
    (new,) = await office.ask("shipment-merge", name="WB-7", into="WB-9")
    assert bound(new) == BOUND | {
        "name": "WB-9", "parents": ("WB-7",), "started_ms": new["started_ms"],
    }  # fmt: skip
    assert len(await office.told("shipment-sensor")) == 4, "all go along anew"


async def test_what_both_carry_must_fit_a_record_before_anything_is_ended(office):
    await begun(office)
    await office.ask(
        "shipment-start", name="WB-8", owner="owner-1", seals=[f"T{n}" for n in range(11)]
    )
    with pytest.raises(BadRequest, match="seals must be a list of up to 12"):
        await office.ask("shipment-merge", name="WB-7", into="WB-8")
    assert office.desk.is_under_way("WB-7")


async def test_who_answers_for_it_hands_it_over(office):
    await begun(office)
    (shown,) = await office.ask(
        "shipment-custody", name="WB-7", taker="carrier-2", place="Novara", remark="one box wet"
    )
    ((_, _, values),) = await office.told("custody")
    assert values == {
        "shipment": "WB-7", "giver": "carrier-1", "taker": "carrier-2", "place": "Novara",
        "remark": "one box wet", "state": "unsigned", "document": values["document"],
    }  # fmt: skip
    assert shown["state"] == "unsigned"
    (shipment,) = await office.ask("shipments")
    assert shipment["custodian"] == "carrier-2"


async def test_a_signature_is_over_what_was_said_and_when(office):
    await begun(office)
    office.verbs["people-add"] = office.signers.add
    await office.ask("people-add", name="carrier-1", role="driver", pin="4711")
    (shown,) = await office.ask(
        "shipment-custody", name="WB-7", taker="carrier-2", giver_pin="4711"
    )
    assert shown["state"] == "unilateral"
    signed = cbor.decode(bytes.fromhex(shown["document"]))
    assert {name: signed[name] for name in ("shipment", "giver", "taker")} == {
        "shipment": "WB-7", "giver": "carrier-1", "taker": "carrier-2",
    }  # fmt: skip
    assert signed["at_ms"] == (await office.records("custody"))[0].wall_ms


async def test_what_keeps_it_from_leaving_is_told_and_on_record(office):
    await begun(office)
    (told,) = await office.ask("shipment-check", name="WB-7", operator="keeper-2")
    assert (told["name"], told["ready"], told["papers"]) == ("WB-7", False, ["invoice"])
    assert [each["text"] for each in told["faults"]] == ["invoice: none is on record"]
    await office.ask("shipment-unbind", name="WB-7", papers=["invoice"])
    assert (await office.ask("shipment-check", name="WB-7"))[0]["ready"] is True
    assert [values for _, _, values in await office.told("shipment-check")] == [
        {
            "shipment": "WB-7", "state": "not ready", "faults": 1,
            "missing": "invoice: none is on record", "operator": "keeper-2",
        },
        {"shipment": "WB-7", "state": "ready", "faults": 0},
    ]  # fmt: skip


async def test_without_a_clock_nobody_knows_whether_papers_hold(office):
    await office.ask("shipment-start", name="WB-9")
    office.verbs |= ReadinessDesk(
        office.desk, [], office.recorder, Clock(FakeSystemClock(office.timing), boot=1)
    ).verbs()
    (told,) = await office.ask("shipment-check", name="WB-9")
    assert not told["ready"]
    assert "nobody vouches for the gateway's clock" in told["faults"][0]["text"]


def test_of_many_faults_a_record_holds_as_many_as_fit():
    found = [Fault("missing", "x" * 499)] * 3
    told = checked("WB-7", found)
    assert (told["faults"], len(told["missing"])) == (3, 1000)
    assert told["missing"] == f"{'x' * 499}; {'x' * 499}"


async def test_nothing_is_bound_before_what_is_bound_already_is_known(office):
    again = shipments(office)
    office.verbs |= again.verbs()
    asked = asyncio.ensure_future(office.ask("shipment-start", name="WB-8"))
    await office.timing.advance(1.0)
    assert await office.told("shipment") == []
    await again.run()
    ((shipment,),) = await asyncio.gather(asked)
    assert shipment["name"] == "WB-8"


async def test_a_shipment_is_kept_as_it_is_bound(office):
    """However many records come behind it: the next run reads no more than some of them."""
    await begun(office)
    kept = json.loads((office.folder / FILE_NAME).read_bytes())
    assert [each["name"] for each in kept["shipments"]] == ["WB-7"]


async def test_the_next_run_knows_what_the_one_before_recorded(office):
    await begun(office)
    again = shipments(office)
    office.verbs |= again.verbs()
    await again.run()
    (shipment,) = await office.ask("shipments")
    assert bound(shipment) == BOUND
