"""A pallet at the door, from the readings to the signed receipt, with an injected clock."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
from pathlib import Path

import pytest

from agent.assembly.desks import AT_THE_DOCK
from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.desks.check_standing import CheckStanding
from agent.desks.checks import Checks, NoSuchCheck, history_book
from agent.desks.control import BadRequest
from agent.desks.dock import DockDesk
from agent.desks.notices import NoticeStore
from agent.desks.signers import Signers
from agent.intake.health_board import HealthBoard
from agent.intake.tag_watch import TagWatch, presence_book
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.observe.points import PointMap
from agent.signing.people import NoSuchPerson, WrongPin
from drivers.driver import Health, State
from drivers.reading import Quality
from evidence import cbor
from evidence.errors import SignatureError
from evidence.keys import ES256, PublicKey
from foundation.notify import Progress
from tests.agent.desks.office import RING_BYTES
from tests.agent.dock.goods import APPLE, P1, P2, PEAR, item, plan
from tests.agent.fakes import WALL_MS, FakeSystemClock, FakeTiming, reading, settle
from tests.agent.observe.points import point

POINTS = [
    point(name="door 2"),
    point(name="door 3"),
    point(name="shelf A", kind="shelf", antennas="r2:8", stock="0401234511*"),
    point(name="shelf B", kind="shelf", antennas="r2:9", stock=PEAR),
]
NOTICE = plan((P1, [item(APPLE, serials=["1", "2", "3"])]))


def epc(gtin: str, serial: int) -> str:
    """Return an SGTIN-96 of a company prefix of seven digits (GS1 TDS, chapter 14)."""
    prefix, reference = int(gtin[1:8]), int(gtin[0] + gtin[8:13])
    value = 0x30 << 88 | 5 << 82 | prefix << 58 | reference << 38 | serial
    return f"{value:024X}"


def uri(gtin: str, serial: int) -> str:
    return f"urn:epc:id:sgtin:{gtin[1:8]}.{gtin[0]}{gtin[8:13]}.{serial}"


async def nothing() -> None:
    """What an agent saves that was killed."""


class Rig:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.timing = FakeTiming()

    async def start(self) -> None:
        system = FakeSystemClock(self.timing)
        system.ntp_ms = 20
        self.clock = Clock(system, boot=1)
        self.clock.poll()
        assert self.clock.source == Source.NTP
        self.journal = await AsyncJournal.open(
            RingJournal, self.folder / "j", b"e" * 16, RING_BYTES
        )
        self.recorder = Recorder(
            self.journal, self.clock, self.timing, Progress(self.timing.monotonic), window=1.0
        )  # fmt: skip
        await self.recorder.open()
        scanners = {"door 2": ["r2", "scanner"], "door 3": ["r3"]}
        self.board = HealthBoard()
        self.presence = presence_book(self.folder, self.recorder, self.journal)
        self.watch = TagWatch(
            PointMap(POINTS, {"r2": "door 2", "r3": "door 3"}), self.presence, self.board,
            self.recorder, self.clock, self.timing,
        )  # fmt: skip
        notices = NoticeStore(self.folder)
        book = history_book(self.folder, self.recorder, self.journal)
        self.checks = checks = Checks(
            scanners, self.watch, notices, book, self.recorder, self.journal, late_minutes=3
        )
        signers = Signers(self.recorder, self.timing, self.folder, lambda count: b"s" * count)
        standing = CheckStanding(scanners, self.watch, self.board, checks, self.clock)
        self.desk = DockDesk(
            list(scanners), notices, checks, standing, signers, self.recorder, self.clock
        )
        self.tasks = [asyncio.create_task(run()) for run in (self.recorder.run, self.watch.run)]
        await checks.inherit()
        await settle()

    async def kill(self) -> None:
        """Stop as kill -9 does: what is not in the journal is lost."""
        self.presence.save = nothing
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        await self.journal.close()

    async def read(
        self, *serials: int, gtin=APPLE, device="r2", times=3, rssi=-55, antenna=1, tid=None
    ) -> None:
        for _ in range(times):
            for serial in serials:
                seen = reading(
                    device, "tag", self.timing.now, epc=epc(gtin, serial), uri=uri(gtin, serial),
                    antenna=antenna, rssi=rssi, count=1, tid=tid,
                )  # fmt: skip
                await self.watch.take(seen)
            await self.timing.advance(0.25)

    async def ask(self, verb: str, **request):
        async def collect():
            return [result async for result in self.desk.verbs()[verb](request)]

        task = asyncio.ensure_future(collect())
        await settle()
        while not task.done():
            await self.timing.advance(0.05)
        results = await task
        return results[-1] if results else None

    async def begin(self, data: bytes = NOTICE, where: str = "door 2", **more):
        digest = hashlib.sha256(data).hexdigest()
        part = base64.b64encode(data).decode()
        await self.ask("dock-notice", digest=digest, offset=0, part=part, last=True)
        return await self.ask(
            "dock-open", digest=digest, read_point=where, operator="keeper-2", **more
        )

    async def look(self, check: str):
        await self.recorder.flush()
        return await self.ask("dock-look", check=check)

    async def records(self, kind: str):
        records = await self.journal.records(0, 9999)
        return [record for record in records if record.kind == kind]


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.kill()


def test_the_agent_answers_by_all_its_verbs_before_it_is_loaded(rig):
    assert sorted(rig.desk.verbs()) == sorted(AT_THE_DOCK)


async def test_from_the_last_read_to_a_signed_receipt(rig):
    await rig.ask("people-add", name="keeper-2", role="keeper", pin="4711")
    check = (await rig.begin())["check"]
    assert check == "R-20260921-0001"
    await rig.ask("dock-label", check=check, label=P1, operator="keeper-2", text="label torn")
    await rig.read(1, 2)
    first = rig.timing.now
    await rig.read(3, times=1)
    last = rig.timing.now
    seen = reading("r2", "tag", last, epc=epc(APPLE, 3), uri=uri(APPLE, 3), antenna=1, rssi=-55)
    await rig.watch.take(seen)
    while (await rig.ask("dock-look", check=check))["state"] != "complete":
        await rig.timing.advance(0.01)
        await rig.journal.count()  # a commit under way takes real time, which is not measured here
        await settle()
    now = rig.timing.now
    print(
        f"dock: verdict {now - last:.2f} s after the last read, {now - first:.2f} s after its first"
    )
    assert now - last <= 0.15  # a state change is durable, and then known, after 0.1 s
    view = await rig.look(check)
    assert (view["found"], view["expected"], view["manual"]) == (3, 3, 1)
    receipt = await rig.ask(
        "dock-close", check=check, decision="accepted", operator="keeper-2", pin="4711"
    )
    (record,) = await rig.records("dock-check")
    assert record.values["signed"] == receipt["signed"] == "yes"
    assert (record.values["notice"], record.values["state"]) == ("ASN1099", "complete")
    key = PublicKey.from_cose(record.values["key"])
    document = record.values["document"]
    key.verify(ES256, document, record.values["signature"])
    with pytest.raises(SignatureError):
        key.verify(ES256, document + b"x", record.values["signature"])
    assert (await rig.ask("dock-find", name=check))["stages"]["signed"] is True
    said = cbor.decode(document)
    assert (said["check"], said["digest"]) == (check, hashlib.sha256(NOTICE).digest())
    (person,) = await rig.records("person")
    assert person.values["key"] == record.values["key"]
    (entry,) = await rig.records("dock-entry")
    assert (entry.quality, entry.values["operator"], entry.values["text"]) == (
        "manual", "keeper-2", "label torn",
    )  # fmt: skip


async def test_a_picture_of_damage_is_part_of_what_is_signed(rig):
    await rig.ask("people-add", name="keeper-2", role="keeper", pin="4711")
    check = (await rig.begin())["check"]
    crushed, wet, gone = (bytes([n]) * 32 for n in (7, 3, 9))
    for photo in (crushed, wet, wet, gone):
        view = await rig.ask("dock-remark", check=check, code="AF", label=P1, photo=photo.hex())
    assert [each["photo"] for each in view["differences"] if each["code"] == "AF"][:2] == [
        crushed.hex(), wet.hex(),
    ]  # fmt: skip
    await rig.ask("dock-undo", check=check)  # what is taken back binds nothing
    receipt = await rig.ask(
        "dock-close", check=check, decision="accepted", operator="keeper-2", pin="4711"
    )
    assert receipt["photos"] == (wet + crushed).hex()
    (record,) = await rig.records("dock-check")
    assert cbor.decode(record.values["document"])["photos"] == wet + crushed
    photos = [each.values.get("photo") for each in await rig.records("dock-difference")]
    assert [each for each in photos if each] == [crushed, wet, wet]


async def test_a_receipt_names_sixty_four_pictures_at_most_and_binds_all(rig):
    check = (await rig.begin())["check"]
    taken = sorted(hashlib.sha256(bytes([n])).digest() for n in range(66))
    for photo in taken:
        await rig.ask("dock-remark", check=check, code="AF", label=P1, photo=photo.hex())
    receipt = await rig.ask("dock-close", check=check, decision="accepted")
    assert receipt["photos"] == b"".join(taken[:64]).hex()
    each = [record.values.get("photo") for record in await rig.records("dock-difference")]
    assert sorted(photo for photo in each if photo) == taken


async def test_missing_unexpected_and_a_neighbours_goods(rig):
    other = plan((P2, [item(PEAR, serials=["9"])]), notice="ASN1101")
    await rig.begin(other, "door 3")
    check = (await rig.begin())["check"]
    await rig.read(1, 2)
    await rig.read(9, gtin=PEAR, rssi=-71)
    view = await rig.look(check)
    assert (view["found"], view["unexpected"], view["codes"]) == (2, 1, ["AE", "X34"])
    by_code = {each["code"]: each for each in view["differences"] if "(21)" in each["what"]}
    assert by_code["X34"]["what"].endswith("(21)3")
    assert by_code["AE"]["hint"].startswith("belongs to ASN1101 (door 3)")
    # The stray is really at door 3: its own reader has it much stronger.
    await rig.read(9, gtin=PEAR, device="r3", rssi=-50)
    assert (await rig.look(check))["unexpected"] == 0
    receipt = await rig.ask("dock-close", check=check, decision="accepted")
    assert (receipt["signed"], receipt["codes"]) == (
        "no",
        "BN X34" if "BN" in receipt["codes"] else "X34",
    )
    assert "document" not in receipt
    (difference,) = [
        each for each in await rig.records("dock-difference") if each.values["code"] == "X34"
    ]
    assert difference.values["serial"] == "3"


async def test_a_barcode_scanned_at_the_door_counts_and_one_elsewhere_does_not(rig):
    check = (await rig.begin())["check"]
    await rig.recorder.note("barcode", {"gtin": APPLE, "serial": "1"}, device="elsewhere")
    await rig.recorder.note("barcode", {"gtin": APPLE, "serial": "2", "lot": "L"}, device="scanner")
    assert (await rig.look(check))["found"] == 1


async def test_a_doubtful_scan_is_no_goods_but_is_told(rig):
    check = (await rig.begin())["check"]
    values = {"gtin": APPLE, "serial": "217", "text": "x", "problem": "no FNC1 came"}
    for _ in range(2):
        await rig.recorder.note("barcode", values, device="scanner", quality=Quality.SUSPECT)
    view = await rig.look(check)
    assert (view["found"], view["unexpected"], view["doubtful"]) == (0, 0, 1)


async def test_a_box_with_anothers_barcode_is_a_difference_of_the_check(rig):
    check = (await rig.begin())["check"]
    values = {
        "read_point": "door 2",
        "verdict": "mismatch_class",
        "text": "GTIN",
        "epc": epc(APPLE, 1),
    }
    await rig.recorder.note("box-check", values | {"uri": uri(APPLE, 1)}, device="scanner")
    view = await rig.look(check)
    (differs,) = [each for each in view["differences"] if not each["code"]]
    assert differs["what"] == f"(01){APPLE}(21)1"
    assert view["disposition"] == "mismatch_class"


async def test_a_tag_of_a_plus_scheme_is_the_item_of_its_digital_link(rig):
    check = (await rig.begin())["check"]
    link = f"https://id.gs1.org/01/{APPLE}/21/2"
    for _ in range(3):
        seen = reading("r2", "tag", rig.timing.now, epc="F7", uri=link, antenna=1, rssi=-50)
        await rig.watch.take(seen)
        await rig.timing.advance(0.25)
    assert (await rig.look(check))["found"] == 1


@pytest.mark.parametrize("gone", [False, True])
async def test_a_restart_in_mid_check_resumes(rig, gone):
    await rig.read(1)  # in the door before the check begins
    check = (await rig.begin())["check"]
    await rig.read(2)
    if gone:
        await rig.timing.advance(6.0)  # driven through: both have left again
    await rig.ask("dock-label", check=check, label=P1)
    await rig.kill()
    await rig.start()
    again = await rig.begin()
    assert again == {"check": check, "resumed": True}
    view = await rig.look(check)
    assert (view["found"], view["manual"]) == (2, 1)
    await rig.read(3)
    assert (await rig.look(check))["state"] == "complete"


async def test_a_return_with_the_epc_of_what_went_out_on_another_chip_is_suspect(rig):
    """A buyer sends back a copy; the journal still knows the chip that left, over a restart."""
    first = (await rig.begin())["check"]
    await rig.read(1, 2, tid="E280110000000001")
    await rig.ask("dock-label", check=first, label=P1)
    await rig.ask("dock-close", check=first, decision="accepted")
    await rig.timing.advance(10.0)
    await rig.kill()
    await rig.start()
    check = (await rig.begin(returns=True))["check"]
    await rig.read(1, tid="E280110000000001")
    await rig.read(2, tid="E280110000000002")
    view = await rig.look(check)
    assert (view["returns"], view["delivered_by"]) == (True, first)
    (suspect,) = view["differences"]
    assert suspect["what"] == f"(01){APPLE}(21)2"
    assert suspect["text"] == f"SUSPECT: another chip than the one of receipt {first}"
    assert view["disposition"] == "mismatch_instance"


async def test_a_return_that_is_elsewhere_at_the_same_time_is_suspect(rig):
    check = (await rig.begin(returns=True))["check"]
    assert (await rig.look(check))["delivered_by"] == ""
    await rig.read(1)
    await rig.read(1, device="r3", rssi=-40)
    await rig.ask("dock-label", check=check, label=f"(01){APPLE}(21)1")
    (suspect,) = (await rig.look(check))["differences"]
    assert suspect["text"] == "SUSPECT: at door 3 at the same time"


async def test_goods_are_sent_to_their_shelf_and_told_when_they_lie_on_another(rig):
    check = (await rig.begin())["check"]
    await rig.read(1, 2)
    (hint,) = (await rig.look(check))["put_away"]
    assert hint == {"gtin": APPLE, "quantity": 2, "shelves": ["shelf A"]}
    await rig.timing.advance(6.0)
    await rig.read(1, device="r2", antenna=8, times=1)
    await rig.read(2, device="r2", antenna=9, times=1)
    (wrong,) = await rig.records("misplaced")
    assert (wrong.values["read_point"], wrong.values["home"]) == ("shelf B", "shelf A")
    assert wrong.values["gtin"] == APPLE


async def test_the_same_pallet_again_was_already_received(rig):
    first = (await rig.begin())["check"]
    await rig.read(1, 2, 3)
    await rig.ask("dock-label", check=first, label=P1)
    await rig.ask("dock-close", check=first, decision="accepted")
    await rig.kill()
    await rig.start()
    second = (await rig.begin())["check"]
    view = await rig.look(second)
    assert (view["state"], view["receipt_before"]) == ("already-received", first)
    # The same unit under another notice's number.
    third = (await rig.begin(plan((P1, []), notice="ASN2"), "door 3"))["check"]
    await rig.ask("dock-label", check=third, label=P1)
    assert (await rig.look(third))["receipt_before"] == first


async def test_a_notice_that_changed_is_a_check_of_its_own(rig):
    first = (await rig.begin())["check"]
    second = (await rig.begin(plan((P1, [item(APPLE, serials=["1", "2"])]))))["check"]
    assert first != second
    assert (await rig.look(first))["expected"] == 3
    assert (await rig.look(second))["expected"] == 2


async def test_a_tag_flood_at_the_door(rig):
    """400 reads/s of 96 tags; the verdict is right and no read is a record."""
    serials = list(range(1, 97))
    check = (await rig.begin(plan(("", [item(APPLE, serials=[str(n) for n in serials])]))))["check"]
    await rig.read(*serials, times=8)
    view = await rig.look(check)
    assert (view["state"], view["found"]) == ("complete", 96)
    assert await rig.records("tag") == []


async def test_pins(rig):
    await rig.ask("people-add", name="keeper-2", role="keeper", pin="4711")
    check = (await rig.begin())["check"]
    close = {"check": check, "decision": "rejected", "operator": "keeper-2"}
    before = rig.timing.now
    with pytest.raises(WrongPin):
        await rig.ask("dock-close", **close, pin="4712")
    assert rig.timing.now - before >= 2.0
    with pytest.raises(NoSuchPerson):
        await rig.ask("dock-close", **close | {"operator": "nobody"}, pin="4711")
    assert (await rig.look(check))["found"] == 0  # still open
    assert (await rig.ask("dock-close", **close))["signed"] == "no"
    with pytest.raises(NoSuchCheck):
        await rig.look(check)


async def test_of_two_who_are_enrolled_at_once_under_one_name_one_is_refused(rig):
    async def add(pin):
        request = {"name": "keeper-2", "role": "keeper", "pin": pin}
        return [each async for each in rig.desk.verbs()["people-add"](request)]

    asked = asyncio.gather(add("4711"), add("4712"), return_exceptions=True)
    while not asked.done():
        await rig.timing.advance(0.05)
    (made,), refusal = asked.result()
    assert "has a key already" in str(refusal)
    assert [each.values["key"].hex() for each in await rig.records("person")] == [made["key"]]


async def test_two_trucks_that_come_at_once_are_two_checks(rig):
    other = plan((P2, [item(PEAR, 5)]), notice="ASN-2")
    for data in (NOTICE, other):
        digest, part = hashlib.sha256(data).hexdigest(), base64.b64encode(data).decode()
        await rig.ask("dock-notice", digest=digest, offset=0, part=part, last=True)

    async def begin(data, where):
        request = {"digest": hashlib.sha256(data).hexdigest(), "read_point": where}
        return [each async for each in rig.desk.verbs()["dock-open"](request)]

    both = asyncio.gather(begin(NOTICE, "door 2"), begin(other, "door 3"), begin(NOTICE, "door 2"))
    while not both.done():
        await rig.timing.advance(0.05)
    (first,), (second,), (again,) = both.result()
    assert first["check"][-4:] == "0001"
    assert second["check"][-4:] == "0002"
    assert again == {"check": first["check"], "resumed": True}
    for begun in (first, second):
        assert (await rig.look(begun["check"]))["check"] == begun["check"]


EMPTY = hashlib.sha256(b"{}").hexdigest()


@pytest.mark.parametrize(
    ("verb", "request_", "message"),
    [
        ("dock-open", {"digest": "00", "read_point": "door 9"}, "no read point 'door 9': did you mean"),
        ("dock-open", {"digest": "00", "read_point": "door 2"}, "that notice is not here"),
        ("dock-open", {"digest": "../j", "read_point": "door 2"}, "that notice is not here"),
        ("dock-notice", {"digest": EMPTY, "offset": 5, "part": ""}, "do not follow"),
        ("dock-notice", {"digest": EMPTY, "offset": 0, "part": "!"}, "base64"),
        ("dock-notice", {"digest": "00", "part": "e30=", "last": True}, "digest must be a SHA-256"),
        ("dock-notice", {"digest": EMPTY, "part": "e30=", "last": True}, "no number of its own"),
        ("people-add", {"name": "x", "role": "king", "pin": "1234"}, "no role 'king'"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked(rig, verb, request_, message):
    with pytest.raises(BadRequest, match=message):
        await rig.ask(verb, **request_)


async def test_a_reader_that_is_away_is_told(rig):
    check = (await rig.begin())["check"]
    assert (await rig.look(check))["not_reading"] == []
    for device, state in (("scanner", State.MISSING), ("r3", State.FAULTY), ("r2", State.RUNNING)):
        rig.board.put(device, Health(state))
    assert (await rig.look(check))["not_reading"] == ["scanner"]  # r3 is at another door


async def test_nobody_hands_over_to_themselves(rig):
    check = (await rig.begin())["check"]
    both = {"check": check, "decision": "accepted", "driver": "driver-4", "receiver": "driver-4"}
    with pytest.raises(BadRequest, match="driver-4 cannot hand over to themselves"):
        await rig.ask("dock-deliver", **both)
    assert (await rig.look(check))["check"] == check  # still open


async def test_labels_and_remarks_that_say_nothing(rig):
    check = (await rig.begin())["check"]
    with pytest.raises(BadRequest, match="text must be 1 to 200 printable"):
        await rig.ask("dock-label", check=check, label=P1, text="torn\n\x1b[2J")
    with pytest.raises(BadRequest, match="GTIN"):
        await rig.ask("dock-label", check=check, label="12345")
    with pytest.raises(BadRequest, match="no remark 'X34'"):
        await rig.ask("dock-remark", check=check, code="X34", label=P1)
    view = await rig.ask("dock-remark", check=check, code="AF", label=P1, quantity=2, rejected=True)
    (damaged,) = [each for each in view["differences"] if each["code"] == "AF"]
    assert (damaged["quantity"], damaged["rejected"]) == (2, True)


def test_the_clock_of_these_tests():
    assert WALL_MS == 1_790_000_000_000  # 2026-09-21


async def test_a_batch_is_followed_through_three_warehouses_to_its_supplier(tmp_path):
    """Each receipt names batch, supplier and receiver of its goods: together they are the way."""
    way = ["grower", "turin", "novara", "milan"]
    steps = []
    for number, (sender, receiver) in enumerate(itertools.pairwise(way), 1):
        folder = tmp_path / receiver
        folder.mkdir()
        rig = Rig(folder)
        await rig.start()
        goods = [item(APPLE, 2, lot="L7"), item(PEAR, 1, lot="L8")]
        more = {"notice": f"ASN{number}", "supplier": sender, "receiver": receiver}
        check = (await rig.begin(plan((P1, goods), **more)))["check"]
        await rig.ask("dock-label", check=check, label=P1)
        await rig.ask("dock-close", check=check, decision="accepted")
        steps += [r.values for r in await rig.records("dock-goods") if r.values["lot"] == "L7"]
        await rig.kill()
    assert [(each["supplier"], each["receiver"]) for each in steps] == list(itertools.pairwise(way))
    assert {(each["gtin"], each["quantity"]) for each in steps} == {(APPLE, 2)}


async def test_a_check_that_is_cancelled_brings_no_goods(rig):
    check = (await rig.begin())["check"]
    await rig.ask("dock-close", check=check, decision="cancelled")
    assert await rig.records("dock-goods") == []
