"""Which records a bundle shows: all that is chosen must hold, and what goes along goes along."""

from __future__ import annotations

import pytest

from agent.disclosure.selection import Selection
from agent.shipments.legs import GATEWAY, Leg
from tests.agent.log_world import NOW, record

MS = 1000 * NOW
ONE = record(5, device="cold-1")  # a temperature of wall time NOW + 5 s


def of(**choice):
    sets = {name: frozenset(value) for name, value in choice.items() if isinstance(value, list)}
    return Selection(**{**choice, **sets})


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ({}, True),
        ({"devices": ["cold-1", "door"]}, True),
        ({"devices": ["door"]}, False),
        ({"kinds": ["temperature"]}, True),
        ({"kinds": ["tag"]}, False),
        ({"devices": ["cold-1"], "kinds": ["tag"]}, False),
        ({"devices": ["door"], "kinds": ["temperature"]}, False),
        ({"first": 5}, True),
        ({"first": 6}, False),
        ({"last": 5}, True),
        ({"last": 4}, False),
        ({"last": -1}, False),
        ({"since_ms": MS + 5000}, True),
        ({"since_ms": MS + 5001}, False),
        ({"until_ms": MS + 5000}, True),
        ({"until_ms": MS + 4999}, False),
        ({"since_ms": MS, "until_ms": MS + 4999}, False),
    ],
)
def test_all_that_is_given_must_hold_and_both_ends_count(choice, shown):
    assert of(**choice).shows(ONE) is shown


@pytest.mark.parametrize("kind", ["gap", "attachment"])
def test_where_data_is_missing_goes_along_with_what_is_chosen_by_kind(kind):
    along = record(5, device="cold-1", kind=kind)
    assert of(kinds=["temperature"]).shows(along)
    assert of(kinds=["temperature", "place"]).shows(along)
    assert not of(kinds=["place"]).shows(along), "who shows places coarsely keeps others back"
    assert not of(kinds=["temperature"], devices=["door"]).shows(along)
    assert not of(kinds=["temperature"], first=6).shows(along)


LEGS = {"S-1": (Leg(3, 6, frozenset({"cold-1"}), "D-1"),)}


def test_a_shipment_s_records_are_those_of_its_sensors_while_they_go_along():
    chosen = Selection(shipments=LEGS)
    numbers = [n for n in range(2, 9) if chosen.shows(record(n, device="cold-1"))]
    assert numbers == [3, 4, 5, 6]
    assert chosen.shows(record(5, device="door")) is False
    both = Selection(shipments={**LEGS, "S-2": (Leg(8, None, frozenset({"door"}), "D-2"),)})
    assert both.shows(record(9, device="door"))
    assert both.shows(record(5, device="cold-1"))
    assert not both.shows(record(9, device="cold-1"))


def test_a_shipment_s_own_papers_go_along_though_no_device_bears_them():
    own = record(4, device=GATEWAY, kind="shipment", values={"name": "S-1"})
    other = record(4, device=GATEWAY, kind="shipment", values={"name": "S-2"})
    booted = record(4, device=GATEWAY, kind="boot", values={})
    chosen = Selection(shipments=LEGS, devices=frozenset({"cold-1"}))
    assert [chosen.shows(each) for each in (own, other, booted)] == [True, False, False]
    two = Selection(shipments={**LEGS, "S-3": ()}, devices=frozenset({"cold-1"}))
    assert [two.shows(each) for each in (own, other)] == [True, False]
    coarse = Selection(shipments=LEGS, devices=frozenset({"cold-1"}), kinds=frozenset({"place"}))
    assert coarse.shows(own) is False
    some = Selection(
        shipments=LEGS, devices=frozenset({"cold-1"}), kinds=frozenset({"temperature"})
    )
    assert some.shows(own)


def test_numbers_are_an_epoch_s_own():
    chosen = of(devices=["cold-1"], first=6, last=7, since_ms=MS)
    assert chosen.everywhere() == of(devices=["cold-1"], since_ms=MS)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"first": 3}, ""),
        ({"devices": ["b", "a"]}, "of a, b"),
        ({"kinds": ["tag", "gap"]}, "kinds gap, tag"),
        ({"shipments": LEGS}, "shipment S-1"),
        ({"shipments": {**LEGS, "S-2": ()}, "kinds": ["tag"]}, "shipments S-1, S-2; kinds tag"),
        ({"shipments": LEGS, "owner": "Ann Ltd", "devices": ["a"]}, "shipments of Ann Ltd; of a"),
    ],
)
def test_what_is_chosen_is_said_in_words(choice, words):
    assert of(**choice).words() == words
