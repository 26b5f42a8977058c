"""Whose records are told: those of one shipment, from this journal or from a bundle."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.cli import shipment_records
from agent.cli.errors import Mistake
from agent.cli.shipment_records import records_told
from agent.disclosure.of_shipment import OfShipment
from tests.agent.log_world import record


def named(number, name):
    return record(number, kind="shipment", values={"name": name, "state": "started"})


@pytest.fixture
def told(monkeypatch):
    """Return what is told of a bundle that shows these records, and hides so many."""

    def told(*records, name=None, hidden=0):
        report = SimpleNamespace(records=list(records), hidden=hidden, erasures=[])
        monkeypatch.setattr(shipment_records, "read_policy", lambda path: f"policy of {path}")
        monkeypatch.setattr(shipment_records, "verified", lambda path, policy: report)
        args = SimpleNamespace(bundle=Path("b"), policy=Path("p"), name=name, utc=True)
        return records_told(args)

    return told


def test_the_only_shipment_of_a_bundle_needs_no_name(told):
    records = [named(0, "WB-7"), record(1), named(2, "WB-7")]
    found = told(*records)
    assert (found.name, found.records, found.lacks) == ("WB-7", records, "")
    assert told(*records, name="WB-7").name == "WB-7"


@pytest.mark.parametrize(
    ("hidden", "lacks"),
    [
        (1, "1 record is hidden in the bundle, by design"),
        (2, "2 records are hidden in the bundle, by design"),
    ],
)
def test_what_a_bundle_hides_is_said(told, hidden, lacks):
    assert told(named(0, "WB-7"), hidden=hidden).lacks == lacks


def test_of_several_shipments_one_must_be_named(told):
    two = [named(0, "WB-7"), named(1, "WB-8")]
    assert told(*two, name="WB-8").name == "WB-8"
    for more, said in (
        ({}, "b tells of 2 shipments"),
        ({"name": "X"}, "b tells of no shipment 'X'"),
    ):
        with pytest.raises(Mistake) as caught:
            told(*two, **more)
        assert str(caught.value) == said
        assert caught.value.advice == "name one of WB-7, WB-8"
    with pytest.raises(Mistake, match="b tells of no shipment 'X'"):
        told(two[0], name="X")
    with pytest.raises(Mistake, match="b tells of 0 shipments") as caught:
        told(record(0))
    assert caught.value.advice == "name another bundle"


@pytest.mark.parametrize(
    ("gone", "lacks"),
    [
        (0, ""),
        (1, "1 record of that time is no longer on this gateway"),
        (2, "2 records of that time are no longer on this gateway"),
    ],
)
def test_what_this_gateway_no_longer_has_is_said(monkeypatch, gone, lacks):
    found = OfShipment([named(0, "WB-7")], gone)
    here = SimpleNamespace(state_dir=Path("state"))
    monkeypatch.setattr(shipment_records, "gateway", lambda args: here)
    monkeypatch.setattr(shipment_records, "opened", lambda path, stack: path)
    monkeypatch.setattr(
        shipment_records, "records_of_shipment",
        lambda path, name: found if str(path) == "state/journal.sqlite" else None,
    )  # fmt: skip
    args = SimpleNamespace(bundle=None, policy=None, name="WB-7", utc=True)
    told = records_told(args)
    assert (told.name, told.records, told.lacks) == ("WB-7", found.records, lacks)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"bundle": Path("b")}, "a bundle needs a policy to be checked against"),
        ({"policy": Path("p"), "name": "x"}, "--policy is for a bundle"),
        ({}, "which shipment?"),
        ({"name": ""}, "which shipment?"),
    ],
)
def test_what_cannot_be_meant(given, said):
    args = SimpleNamespace(**{"bundle": None, "policy": None, "name": None, "utc": True} | given)
    with pytest.raises(Mistake, match=said.replace("?", r"\?")):
        records_told(args)
