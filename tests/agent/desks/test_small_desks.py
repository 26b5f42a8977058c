"""Desks of few words: who writes a tag, switches flight mode, or was shown a bundle, on record."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from agent.desks import durably
from agent.desks.commission import CommissionDesk, order_of
from agent.desks.control import BadRequest
from agent.desks.disclosures import DisclosureDesk
from agent.desks.flight import FlightDesk
from agent.desks.late import LateDesk
from agent.desks.records import RecordDesk
from agent.desks.shelf import ShelfDesk
from tests.agent.desks.office import Office, device
from tests.agent.fakes import FakeTiming, fake_clock

EPC = "3034257BF7194E4000001A85"  # GS1 TDS 2.1, E.3: SGTIN-96 of the scan below
SCAN = "(01)80614141123458(21)6789"
OTHER = "(01)80614141123458(21)6780"
BLANK, TID = "E28011052000700000000001", "E28011052000AAAA00000001"


class Writer:
    """A device that writes whatever tag it is told to, and keeps what it was told."""

    def __init__(self) -> None:
        self.device = device("uhf").device
        self.orders = []

    async def commission(self, order):
        self.orders.append(order)
        return SimpleNamespace(before=bytes.fromhex(BLANK), tid=bytes.fromhex(TID))


@pytest.fixture
async def office(tmp_path):
    office = Office(tmp_path)
    await office.start()
    office.writer = Writer()
    office.verbs = dict(CommissionDesk([office.writer], office.recorder).verbs())
    yield office
    await office.close()


async def test_what_a_tag_was_and_is_goes_on_record_without_the_password(office):
    (told,) = await office.ask(
        "commission", device="uhf", epc=EPC.lower(), content=SCAN, password=0x1234ABCD, lock=True,
        tag=BLANK, operator="keeper-2",
    )  # fmt: skip
    assert told == {
        "epc": EPC, "uri": "urn:epc:id:sgtin:0614141.812345.6789", "content": SCAN,
        "before": BLANK, "tid": TID, "locked": "yes", "operator": "keeper-2",
    }  # fmt: skip
    assert await office.told("commission") == [("commission", "uhf", told)]
    (order,) = office.writer.orders
    assert (order.epc.hex(), order.tag.hex(), order.password, order.lock) == (
        EPC.lower(), BLANK.lower(), 0x1234ABCD, True,
    )  # fmt: skip


async def test_nobody_named_and_nothing_locked_is_told_as_such(office):
    (told,) = await office.ask("commission", device="uhf", epc=EPC, content=SCAN, password=0)
    assert told["locked"] == "no"
    assert "operator" not in told
    assert office.writer.orders[0].tag is None


REFUSED = [
    ({"device": "uhd"}, "there is no device 'uhd'"),
    ({"epc": "30 34 zz"}, "epc must be hexadecimal"),
    ({"tag": "no"}, "tag must be hexadecimal"),
    ({"epc": "3034"}, "3034 is not an EPC"),
    ({"content": OTHER}, "does not name urn:epc"),
    ({"content": "(01)80614141123459(21)6789"}, "does not name urn:epc"),
    ({"password": 1 << 32}, "an access password has 32 bits"),
    ({"password": -1}, "password"),
    ({"operator": "x" * 201}, "operator"),
    ({"content": "x" * 201}, "content"),
]


async def test_what_cannot_be_written_is_refused_and_no_tag_is_touched(office):
    for change, said in REFUSED:
        given = {"device": "uhf", "epc": EPC, "content": SCAN, "password": 0} | change
        with pytest.raises(BadRequest) as caught:
            await office.ask("commission", **given)
        assert said in str(caught.value)
    assert office.writer.orders == []
    assert await office.told("commission") == []


def test_a_password_has_32_bits():
    assert order_of({"epc": EPC, "password": (1 << 32) - 1}).password == 0xFFFFFFFF
    assert order_of({"epc": EPC, "password": 0}).lock is False


class Mode:
    def __init__(self) -> None:
        self.switched = []

    async def switch(self, *, on):
        self.switched.append(on)


async def test_flight_mode_is_switched_and_each_change_is_a_record(office):
    mode = Mode()
    office.verbs = dict(FlightDesk(mode, office.recorder).verbs())
    (told,) = await office.ask("flight", state="on", operator="driver-4")
    await office.ask("flight", state="off", operator="driver-4")
    assert told == {"state": "on", "operator": "driver-4"}
    assert mode.switched == [True, False]
    assert [values for _, _, values in await office.told("flight-mode")] == [
        told, {"state": "off", "operator": "driver-4"},
    ]  # fmt: skip
    for wrong, said in (
        ({"state": "maybe", "operator": "driver-4"}, "the state must be on or off"),
        ({"state": "on", "operator": "x" * 201}, "operator"),
    ):
        with pytest.raises(BadRequest, match=said):
            await office.ask("flight", **wrong)
    assert mode.switched == [True, False]


async def test_what_was_shown_to_whom_is_on_record(office):
    office.verbs = dict(DisclosureDesk(office.recorder).verbs())
    given = {"first": 0, "last": 9, "shown": 7, "hidden": 3, "digest": "ab" * 32}
    told = await office.ask("disclosed", **given, recipient="buyer-1", choice="c" * 1030)
    assert told == [{"recorded": True}]
    await office.ask("disclosed", **given, recipient="", choice="a\nb")
    numbers = {"first": 0, "last": 9, "shown": 7, "hidden": 3, "digest": bytes.fromhex("ab" * 32)}
    assert [values for _, _, values in await office.told("disclosure")] == [
        numbers | {"recipient": "buyer-1", "choice": "c" * 1024}, numbers,
    ]  # fmt: skip
    for wrong, said in (
        (given | {"digest": "ab" * 31}, "digest must be a SHA-256 in hexadecimal"),
        (given | {"digest": "zz" * 32}, "digest must be a SHA-256 in hexadecimal"),
        (given | {"first": -1}, "first"),
    ):
        with pytest.raises(BadRequest, match=said):
            await office.ask("disclosed", **wrong, recipient="", choice="")


async def test_a_late_desk_is_made_once_with_its_first_request(office):
    made = []

    class Desk:
        def verbs(self):
            return {"one": self.answer, "two": self.answer}

        async def answer(self, request):
            yield request["n"]
            yield request["n"] + 1

    def make():
        made.append(True)
        return Desk()

    late = LateDesk(("one", "two"), make)
    office.verbs = dict(late.verbs())
    assert sorted(office.verbs) == ["one", "two"]
    assert made == []
    assert await office.ask("one", n=1) == [1, 2]
    assert await office.ask("two", n=5) == [5, 6]
    assert made == [True]


async def test_what_is_present_is_told_point_by_point_and_its_raw_reads_where_asked_for():
    tag = SimpleNamespace(
        uri="", epc="E280", device="r2", to_json=lambda: {"epc": "E280", "state": "present"}
    )
    read = Read(last=98.0)
    tags = SimpleNamespace(
        points={
            "door": SimpleNamespace(kind="door", antennas=[("r1", 1)], stock=(), name="door"),
            "shelf": SimpleNamespace(kind="shelf", antennas=[("r2", 2)], stock=(), name="shelf"),
        },
        presence=SimpleNamespace(at=lambda name: [tag] if name == "shelf" else []),
        raw=[("shelf", read), ("door", read)],
    )
    watch = fake_clock(FakeTiming())
    board = SimpleNamespace(blind=lambda device: device == "r1")
    ask = ShelfDesk(tags, board, watch).verbs()["shelf"]

    async def told(**request):
        return [each async for each in ask(request)]

    now = watch.now().wall_ms
    door = {"read_point": "door", "kind": "door", "as_of_ms": now, "not_reading": ["r1"]}
    shelf = {"read_point": "shelf", "kind": "shelf", "as_of_ms": now, "not_reading": []}
    there = {"epc": "E280", "state": "present"}
    assert await told() == [door, shelf, there]
    assert await told(reads=True) == [
        door, shelf, there, {"read": "door", "at_ms": now - 2000, "last": 98.0},
        {"read": "shelf", "at_ms": now - 2000, "last": 98.0},
    ]  # fmt: skip
    assert await told(read_point="door", reads=True) == [
        door, {"read": "door", "at_ms": now - 2000, "last": 98.0},
    ]  # fmt: skip
    with pytest.raises(BadRequest, match="no read point 'shelv': did you mean 'shelf'") as caught:
        await told(read_point="shelv")
    assert caught.value.advice == "choose from: door, shelf"
    tags.points.clear()
    with pytest.raises(BadRequest, match="no read point is configured"):
        await told()


@dataclass
class Read:
    """A raw read, as far as a shelf tells of it."""

    last: float


async def test_records_of_the_journal_are_asked_for_by_three_verbs():
    asked = []

    async def run(what, *numbers):
        asked.append((what.__name__, numbers))
        return [Read(5.0)]

    async def count():
        return 40

    verbs = RecordDesk(SimpleNamespace(run=run, count=count), None).verbs()
    assert sorted(verbs) == ["erasures", "follow", "records"]
    for request, numbers in (
        ({}, (0, 40)), ({"since": 7}, (7, 40)), ({"last": 3}, (37, 40)),
        ({"since": 39, "last": 3}, (39, 40)),
    ):  # fmt: skip
        assert [each async for each in verbs["erasures"](request)] == [{"last": 5.0}]
        assert asked.pop() == ("erasures", numbers)


@pytest.mark.parametrize(
    ("state", "said", "advice"),
    [
        (("", ""), "the disk is slow to answer", "wait, and look again: tallyman status"),
        (("no space", "make room"), "no space", "make room"),
    ],
)
async def test_what_no_disk_takes_is_told_to_wait_in_memory(monkeypatch, state, said, advice):
    monkeypatch.setattr(durably, "PATIENCE", 0.01)
    error, next_ = state

    async def flush():
        await asyncio.Event().wait()

    recorder = SimpleNamespace(flush=flush, state=SimpleNamespace(error=error, advice=next_))
    with pytest.raises(durably.NotDurable) as caught:
        await durably.durable(recorder)
    assert str(caught.value) == f"it waits in memory and would not survive a power cut: {said}"
    assert caught.value.advice == advice
