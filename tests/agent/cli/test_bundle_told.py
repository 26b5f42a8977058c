"""What is said of a bundle that was made: to people, to programs, and in the access record."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.cli import bundle_told
from agent.cli.bundle_told import Made
from agent.desks.control_client import NotAllowed, NotRunning, Refused
from evidence.report import Finding, Outcome
from tests.evidence.building import World, record

DATA = b"a bundle's bytes"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="module")
def world():
    world = World()
    world.seal([record(n) for n in range(4)])
    world.seal([record(n) for n in range(4, 6)])
    return world


def made(world, *, shown=None, total=6, files=0, **args):
    """A bundle of two batches, of which `shown` of the first are shown; None: all."""
    first, second = world.sealed
    part = world.bundled(first) if shown is None else world.in_part(first, range(shown))
    bundle = replace(world.bundle([part, world.bundled(second)]), attachments=(b"x",) * files)
    batches = (
        SimpleNamespace(first=0, count=4, cut=False),
        SimpleNamespace(first=4, count=2, cut=False),
    )
    rows = [SimpleNamespace(batch=each) for each in batches]
    given = {"recipient": "buyer-1", "shipment": "", "owner": "", "parts": False} | args
    until = SimpleNamespace(number=args.get("number"), wall_ms=args.get("wall_ms"))
    return Made(
        SimpleNamespace(**given, until=until), Path("b.cbor"), bundle, rows, DATA, total, "choice"
    )  # fmt: skip


def finding(reason="late", text="batch 1: too late"):
    return Finding(Outcome.UNTRUSTED, reason, text)


def test_a_whole_bundle_is_told_in_two_lines(world):
    assert list(made(world).lines(recorded=True)) == [
        "bundle    b.cbor: 16 bytes",
        "          records 0 to 5 in 2 batches, all of them shown",
    ]


def test_what_is_hidden_erased_attached_and_newer_is_told(world, monkeypatch):
    monkeypatch.setattr(bundle_told, "count_of", lambda rows: 3)
    told = made(world, shown=1, total=9, files=2, parts=True)
    policy = told.as_json(recorded=True)["policy"]
    assert list(told.lines(recorded=False)) == [
        "bundle    b.cbor: 16 bytes",
        "          records 0 to 5 in 2 batches",
        "          3 of them shown; the other 3 are committed to",
        "          by salted hashes: nobody can read or guess them",
        "          3 of those were erased here by a rule of [privacy]",
        "          the record of that is not confirmed yet: the bundle does not tell",
        "          with 2 attached files",
        "          without 3 newer records, not confirmed yet",
        f"policy    {policy}",
        "          no record of it was made: the agent is not running",
    ]


def test_one_of_each_is_told_as_one(world, monkeypatch):
    monkeypatch.setattr(bundle_told, "count_of", lambda rows: 1)
    assert list(made(world, files=1, total=7).lines(recorded=True))[2:] == [
        "          1 of those was erased here by a rule of [privacy]",
        "          the record of that is not confirmed yet: the bundle does not tell",
        "          with 1 attached file",
        "          without 1 newer record, not confirmed yet",
    ]


@pytest.mark.parametrize(
    "chosen", [{"shipment": "WB-7"}, {"owner": "owner-1"}, {"number": 5}, {"wall_ms": 0}]
)
def test_who_chose_an_end_lacks_nothing_newer(world, chosen):
    assert made(world, total=9, **chosen).as_json(recorded=True)["not_confirmed"] == 0


def test_programs_and_the_access_record_are_told_the_same(world, monkeypatch):
    monkeypatch.setattr(bundle_told, "count_of", lambda rows: 3)
    told = made(world, shown=1, total=9, files=2)
    plain = told.as_json(recorded=False)
    assert plain == {
        "file": "b.cbor", "bytes": 16, "batches": 2, "first": 0, "last": 5, "not_confirmed": 3,
        "shown": 3, "hidden": 3, "erased": 3, "files": 2, "policy": plain["policy"],
        "sha256": DIGEST, "recorded": False,
    }  # fmt: skip
    assert made(world, total=None).as_json(recorded=True)["not_confirmed"] == 0
    assert told.access() == {
        "verb": "disclosed", "recipient": "buyer-1", "first": 0, "last": 5, "shown": 3,
        "hidden": 3, "choice": "choice", "digest": DIGEST,
    }  # fmt: skip


def test_what_the_policy_pinned_here_does_not_believe_is_told_and_the_rest_counted(world):
    told = made(world)
    told.doubts = [finding()] * 3
    doubted = [
        "          by the policy pinned here nobody believes all of it:",
        *["          batch 1: too late [late]"] * 3,
        "next      give whoever verifies the consortium's newest policy: it may say more",
    ]
    assert list(told.lines(recorded=True))[2:] == doubted
    assert told.as_json(recorded=True)["not_anchored"] == ["batch 1: too late [late]"] * 3
    told.doubts = [finding()] * 5
    assert list(told.lines(recorded=True))[6] == "          and 2 more findings"
    assert "not_anchored" not in made(world).as_json(recorded=True)


def test_a_gateway_that_its_own_policy_does_not_list_needs_a_newer_one(world):
    told = made(world)
    told.doubts = [finding("unknown-gateway")] * 2
    assert list(told.lines(recorded=True))[2:] == [
        "next      give the consortium's newest policy along: the one pinned here was",
        "          made before this gateway was admitted, and lacks its key",
    ]
    told.doubts = [finding("unknown-gateway"), finding()]
    assert list(told.lines(recorded=True))[2].endswith("nobody believes all of it:")


@pytest.mark.parametrize(
    ("answer", "left"),
    [({}, True), (NotRunning("no"), False), (NotAllowed("no"), False), (Refused("no"), False)],
)
def test_whether_the_agent_put_it_on_record_is_told(monkeypatch, answer, left):
    def ask_one(control, request):
        assert (control, request) == ("socket", {"verb": "access"})
        if isinstance(answer, Exception):
            raise answer

    monkeypatch.setattr(bundle_told, "ask_one", ask_one)
    config = SimpleNamespace(gateway=SimpleNamespace(control="socket"))
    given_out = SimpleNamespace(access=lambda: {"verb": "access"})
    assert bundle_told.leave_record(config, given_out) is left
