"""What a bundle is asked to show: borders, kinds, devices, shipments; and what cannot be meant."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.cli import bundle_choice
from agent.cli.bundle_choice import (
    Moment,
    border,
    check_arguments,
    check_devices,
    chosen_shipments,
    earlier_parts,
    narrowed,
    opened,
    selected,
)
from agent.cli.errors import Mistake
from agent.disclosure.bundling import NothingConfirmed
from agent.disclosure.selection import Selection

EPOCH_TIME = 1_790_000_000_000  # 2026-09-21T14:13:20Z


def args(**more):
    values = {
        "kind": [], "device": [], "since": Moment(), "until": Moment(), "shipment": None,
        "owner": None, "epochs": False, "recipient": "",
    }  # fmt: skip
    return SimpleNamespace(**values | more)


def test_a_border_is_a_number_or_a_time():
    assert border("17") == Moment(number=17)
    assert border("2026-09-21T14:13:20Z") == Moment(wall_ms=EPOCH_TIME)
    for wrong in ("soon", "-1", "²"):
        with pytest.raises(argparse.ArgumentTypeError):
            border(wrong)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": ["temprature"]}, "there is no kind 'temprature': did you mean 'temperature'?"),
        ({"since": Moment(5), "until": Moment(4)}, "--until lies before --since"),
        ({"since": Moment(None, 5), "until": Moment(None, 4)}, "--until lies before --since"),
        ({"shipment": "WB-7", "epochs": True}, "a shipment lies within one epoch"),
        ({"owner": "owner-1", "epochs": True}, "a shipment lies within one epoch"),
        ({"shipment": ""}, "--shipment or --owner names nobody"),
        ({"owner": ""}, "--shipment or --owner names nobody"),
        ({"recipient": "x" * 65}, "--for takes up to 64 printable characters"),
        ({"recipient": "a\nb"}, "--for takes up to 64 printable characters"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, said):
    with pytest.raises(Mistake) as caught:
        check_arguments(args(**given))
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "given",
    [
        {"kind": ["temperature", "gap"]}, {"since": Moment(5), "until": Moment(5)},
        {"since": Moment(0), "until": Moment(0)}, {"since": Moment(None, 5), "until": Moment(4)},
        {"since": Moment(None, 0), "until": Moment(None, 0)}, {"since": Moment(7)},
        {"shipment": "WB-7", "owner": "owner-1"}, {"epochs": True}, {"recipient": "x" * 64},
    ],
)  # fmt: skip
def test_what_can_be_meant_is_taken(given):
    check_arguments(args(**given))


def test_a_device_is_one_that_is_configured_or_on_record(monkeypatch):
    monkeypatch.setattr(bundle_choice, "devices_in", lambda rows: {"old", *list(rows)})
    config = SimpleNamespace(devices=[SimpleNamespace(name="cold")])
    parts = [[SimpleNamespace(row="spare")]]
    check_devices(args(device=["cold"]), config, [])
    check_devices(args(device=["cold", "old", "spare"]), config, parts)
    with pytest.raises(Mistake) as caught:
        check_devices(args(device=["cold", "colt"]), config, parts)
    assert str(caught.value).startswith(
        "no device 'colt' has confirmed records there: did you mean"
    )
    assert caught.value.advice == "these have: old, spare"


def leg(first, last, owner=""):
    return SimpleNamespace(first=first, last=last, owner=owner)


@pytest.fixture
def known(monkeypatch):
    """Shipments on record: one of two legs, one of another owner that is under way."""
    legs = {
        "WB-7": [leg(10, 20, "owner-1"), leg(20, 30, "owner-1")],
        "WB-8": [leg(25, None, "owner-2")],
        "WB-9": [leg(5, 6, "owner-1"), leg(6, 9)],
    }
    monkeypatch.setattr(bundle_choice, "shipment_legs", lambda reader: legs)
    return legs


def test_the_shipment_that_is_named_or_all_of_an_owner(known):
    assert chosen_shipments(args(shipment="WB-8"), None) == {"WB-8": known["WB-8"]}
    assert chosen_shipments(args(owner="owner-1"), None) == {
        "WB-7": known["WB-7"], "WB-9": known["WB-9"][:1],
    }  # fmt: skip
    both = args(shipment="WB-9", owner="owner-1")
    assert chosen_shipments(both, None) == {"WB-9": known["WB-9"][:1]}


@pytest.mark.parametrize(
    ("given", "said", "advice"),
    [
        ({"shipment": "WB-6"}, "no shipment 'WB-6' is on record here: did you mean", "see: tally"),
        ({"owner": "owner-3"}, "no shipment is on record here as of 'owner-3': did you mean",
         "owners there are: owner-1, owner-2"),
        ({"shipment": "WB-8", "owner": "owner-1"},
         "no shipment is on record here as of 'owner-1'", "owners there are: owner-2"),
    ],
)  # fmt: skip
def test_a_shipment_that_is_not_there_is_told_with_those_that_are(known, given, said, advice):
    with pytest.raises(Mistake) as caught:
        chosen_shipments(args(**given), None)
    assert str(caught.value).startswith(said)
    assert caught.value.advice.startswith(advice)


def test_a_selection_lies_between_the_ends_of_its_shipments(known):
    found = selected(args(shipment="WB-7"), None)
    assert (found.first, found.last, list(found.shipments)) == (10, 30, ["WB-7"])
    found = selected(args(owner="owner-2"), None)
    assert (found.first, found.last, found.owner) == (25, None, "owner-2")
    found = selected(args(shipment="WB-7", since=Moment(15), until=Moment(17)), None)
    assert (found.first, found.last) == (15, 17)


def test_a_selection_by_time_lies_between_the_batches_of_that_time(monkeypatch):
    asked = []

    def between(reader, since, until):
        asked.append((since, until))
        return 7, 9

    monkeypatch.setattr(bundle_choice, "numbers_between", between)
    found = selected(args(since=Moment(None, 5), device=["cold"], kind=["gap"]), None)
    assert (found.first, found.last, found.since_ms, found.until_ms) == (7, 9, 5, None)
    assert (found.devices, found.kinds) == ({"cold"}, {"gap"})
    selected(args(until=Moment(None, 8)), None)
    selected(args(since=Moment(3), until=Moment(4)), None)
    assert asked == [(5, None), (None, 8)], "numbers need no look"
    monkeypatch.setattr(bundle_choice, "numbers_between", lambda *_: None)
    with pytest.raises(NothingConfirmed):
        selected(args(since=Moment(None, 5)), None)


@pytest.mark.parametrize(
    ("before", "by", "after"),
    [
        ((0, None), (3, None), (3, None)), ((5, 9), (3, None), (5, 9)), ((5, 9), (6, 7), (6, 7)),
        ((0, None), (0, 0), (0, 0)), ((0, 4), (0, 9), (0, 4)),
    ],
)  # fmt: skip
def test_two_borders_leave_what_lies_within_both(before, by, after):
    first, last = before
    found = narrowed(Selection(first=first, last=last), *by)
    assert (found.first, found.last) == after


def test_a_journal_that_is_read_is_closed_and_one_that_is_not_there_is_told(monkeypatch):
    closed = []
    reader = SimpleNamespace(close=lambda: closed.append("closed"))
    monkeypatch.setattr(bundle_choice, "open_reader", lambda path: reader)
    with ExitStack() as stack:
        assert opened(Path("here"), stack) is reader
        assert closed == []
    assert closed == ["closed"]
    monkeypatch.undo()
    with pytest.raises(Mistake, match=r"^there is no journal at /nowhere/journal$"):
        opened(Path("/nowhere/journal"), ExitStack())


def test_earlier_epochs_come_oldest_first_as_far_as_the_chain_goes(monkeypatch):
    def identity(name, seq):
        return SimpleNamespace(epoch=name, follows=SimpleNamespace(seq=seq))

    present, before = identity("c", 5), identity("b", 7)
    first, older = identity("a", None), identity("0", 9)
    monkeypatch.setattr(
        bundle_choice, "archives",
        lambda *_: [(before, "b.path"), (first, "a.path"), (older, "0.path")],
    )  # fmt: skip
    monkeypatch.setattr(bundle_choice, "opened", lambda path, stack: path)
    monkeypatch.setattr(bundle_choice, "Gaps", lambda folder, epoch: epoch)
    monkeypatch.setattr(
        bundle_choice, "earlier_rows", lambda reader, follows, gaps: (follows.seq, gaps)
    )
    assert earlier_parts(None, present, None) == [("a.path", (7, "a")), ("b.path", (5, "b"))]
