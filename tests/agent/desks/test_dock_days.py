"""Days at the dock that go otherwise: late starts, slips of the finger, two trucks, two doors."""

from __future__ import annotations

import dataclasses

import pytest

from agent.cli.dock_stages import table
from agent.cli.shelf import page as shelf_page
from agent.desks.checks import NoSuchCheck
from agent.desks.control import BadRequest
from agent.desks.shelf import ShelfDesk
from drivers.driver import Health, State
from tests.agent.desks.test_dock_desk import Rig, uri
from tests.agent.dock.goods import APPLE, P1, P2, PEAR, item, plan


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.kill()


TWO = plan((P1, [item(APPLE, 2)]), (P2, [item(PEAR, 2)]), order="PO-7")


async def test_what_was_typed_is_taken_back_and_stays_on_record_through_a_kill(rig):
    check = (await rig.begin())["check"]
    await rig.ask("dock-label", check=check, label=P1)
    await rig.ask("dock-label", check=check, label=P2, operator="keeper-2")
    view = await rig.ask("dock-remark", check=check, code="AF", label="")
    assert set(view["codes"]) == {"AE", "AF", "X34"}
    back = await rig.ask("dock-undo", check=check)
    assert (back["withdrawn"], back["codes"]) == ("remark AF", ["AE", "X34"])
    entry = next(each for each in back["entries"] if P2 in each["said"])
    back = await rig.ask("dock-undo", check=check, entry=entry["number"], operator="keeper-3")
    assert (back["withdrawn"], back["codes"]) == (f"label (00){P2}", ["X34"])
    await rig.kill()
    await rig.start()
    view = await rig.look(check)
    assert (view["codes"], view["manual"]) == (["X34"], 1)
    records = await rig.records("dock-entry")
    assert [each.values["what"] for each in records] == ["label", "label", "remark", "undo", "undo"]
    assert records[-1].values["operator"] == "keeper-3"
    with pytest.raises(BadRequest, match="nothing to take back as number 999"):
        await rig.ask("dock-undo", check=check, entry=999)
    await rig.ask("dock-undo", check=check)
    with pytest.raises(BadRequest, match="nothing to take back"):
        await rig.ask("dock-undo", check=check)


async def test_a_scan_of_something_else_can_be_taken_back_by_its_record(rig):
    check = (await rig.begin())["check"]
    await rig.recorder.note("barcode", {"gtin": PEAR}, device="scanner")
    await rig.recorder.flush()
    assert "AE" in (await rig.look(check))["codes"]
    (scan,) = await rig.records("barcode")
    assert "AE" not in (await rig.ask("dock-undo", check=check, entry=scan.number))["codes"]
    await rig.kill()
    await rig.start()
    assert "AE" not in (await rig.look(check))["codes"]


async def test_a_pallet_that_passed_before_its_check_is_taken_over(rig):
    await rig.read(1, 2)
    await rig.recorder.note("barcode", {"sscc": P1}, device="scanner")
    await rig.timing.advance(120.0)  # gone through, and the truck waits
    check = (await rig.begin())["check"]
    view = await rig.ask("dock-look", check=check, passed=True)
    assert view["found"] == 0
    assert (view["passed"]["tags"], view["passed"]["scans"]) == (2, 1)
    assert 100_000 < view["now_ms"] - view["passed"]["to_ms"] < 130_000
    view = await rig.ask("dock-pass", check=check, operator="keeper-2")
    assert (view["found"], view["read"], view["codes"]) == (2, 2, ["X34"])
    assert (await rig.ask("dock-look", check=check, passed=True))["passed"] is None
    await rig.kill()
    await rig.start()
    assert (await rig.look(check))["found"] == 2
    await rig.read(3)
    assert (await rig.look(check))["state"] == "complete"
    assert (await rig.ask("dock-undo", check=check))["found"] == 1  # the third alone
    (entry,) = [e for e in await rig.records("dock-entry") if e.values["what"] == "passed"]
    assert entry.values["operator"] == "keeper-2"


async def test_what_passed_long_ago_or_is_of_another_receipt_is_not_offered(rig):
    await rig.read(1, 2)
    await rig.timing.advance(200.0)
    check = (await rig.begin())["check"]
    assert (await rig.ask("dock-look", check=check, passed=True))["passed"] is None
    with pytest.raises(BadRequest, match="nothing else passed here"):
        await rig.ask("dock-pass", check=check)
    await rig.read(1, 2)
    await rig.timing.advance(30.0)
    await rig.ask("dock-close", check=check, decision="accepted")
    other = (await rig.begin(plan((P2, [item(PEAR, 1)]), notice="ASN2")))["check"]
    assert (await rig.ask("dock-look", check=other, passed=True))["passed"] is None


@pytest.mark.parametrize(("more_ms", "offered"), [(0, 1), (1, None)])
async def test_what_passed_up_to_three_minutes_before_is_offered(rig, more_ms, offered):
    await rig.recorder.note("barcode", {"sscc": P1}, device="scanner")
    session = rig.checks.get((await rig.begin())["check"])
    (scan,) = await rig.records("barcode")
    opened_ms = scan.wall_ms + 180_000 + more_ms
    session.opened = dataclasses.replace(session.opened, opened_ms=opened_ms)
    found = await rig.checks.offer(session)
    assert (found and found.scans) == offered


async def test_what_was_taken_up_once_is_not_taken_up_again(rig):
    check = (await rig.begin())["check"]
    session = rig.checks.get(check)
    await rig.checks.inherit()
    assert rig.checks.get(check) is session


async def test_two_trucks_of_one_notice_add_up_to_all_of_it(rig):
    first = (await rig.begin(TWO))["check"]
    await rig.read(1, 2)
    await rig.recorder.note("barcode", {"sscc": P1}, device="scanner")
    done = await rig.ask("dock-close", check=first, decision="accepted")
    assert (done["found"], done["expected"], done["codes"]) == (2, 4, "X34")
    await rig.timing.advance(10.0)
    await rig.kill()
    await rig.start()
    second = (await rig.begin(TWO))["check"]
    view = await rig.look(second)
    assert (view["state"], view["found"], view["receipt_before"]) == ("different", 0, "")
    assert view["together"] == {
        "found": 2, "expected": 4, "order": "PO-7",
        "checks": [{"check": first, "read_point": "door 2"}],
    }  # fmt: skip
    await rig.read(1, 2, gtin=PEAR)
    await rig.recorder.note("barcode", {"sscc": P2}, device="scanner")
    view = await rig.look(second)
    assert (view["state"], view["found"], view["together"]["found"]) == ("complete", 2, 4)
    done = await rig.ask("dock-close", check=second, decision="accepted")
    assert (done["found"], done["together"], done["receipts"]) == (2, 4, first)
    assert "codes" not in done
    goods = [
        each.values for each in await rig.records("dock-goods") if each.values["check"] == second
    ]
    assert {(each["gtin"], each["quantity"], each["read"]) for each in goods} == {
        (APPLE, 2, 0), (PEAR, 2, 2),
    }  # fmt: skip
    third = (await rig.begin(TWO))["check"]
    assert (await rig.look(third))["receipt_before"] == second


async def test_what_one_truck_believes_the_other_does_not_doubt(rig):
    """Two pallets of one article: one comes by its label, the other piece by piece."""
    both = plan((P1, [item(APPLE, 2)]), (P2, [item(APPLE, 3)]))
    first = (await rig.begin(both))["check"]
    await rig.ask("dock-label", check=first, label=P1)
    done = await rig.ask("dock-close", check=first, decision="accepted")
    assert (done["found"], done["believed"]) == (2, 2)
    await rig.read(7, 8)  # at the door already when the check begins
    second = (await rig.begin(both))["check"]
    await rig.read(9)
    await rig.recorder.note("barcode", {"sscc": P2}, device="scanner")
    view = await rig.look(second)
    assert (view["state"], view["found"], view["read"]) == ("complete", 3, 3)
    assert view["together"]["found"] == 5
    await rig.ask("dock-close", check=second, decision="accepted")
    await rig.timing.advance(6.0)
    back = (await rig.begin(both, returns=True))["check"]
    assert (await rig.look(back))["expected"] == 5


async def test_a_carton_of_the_first_truck_was_received_already(rig):
    first = (await rig.begin(TWO))["check"]
    await rig.read(1, 2)
    await rig.ask("dock-close", check=first, decision="accepted")
    await rig.timing.advance(10.0)
    second = (await rig.begin(TWO))["check"]
    await rig.read(1)
    view = await rig.look(second)
    assert (view["state"], view["receipt_before"], view["found"]) == ("already-received", first, 0)


async def test_two_doors_of_one_notice_add_up_while_both_are_open(rig):
    here = (await rig.begin(TWO))["check"]
    there = await rig.begin(TWO, "door 3")
    assert there["elsewhere"] == [{"check": here, "read_point": "door 2"}]
    await rig.read(1, 2)
    await rig.read(1, 2, gtin=PEAR, device="r3")
    view = await rig.look(there["check"])
    assert (view["found"], view["together"]["found"]) == (2, 4)
    assert "X34" not in view["codes"]
    done = await rig.ask("dock-close", check=here, decision="accepted")
    assert (done["found"], done["together"]) == (2, 4)
    view = await rig.look(there["check"])
    assert (view["found"], view["together"]["found"]) == (2, 4)


async def test_checks_and_receipts_are_found_by_their_numbers_and_their_notices(rig):
    check = (await rig.begin())["check"]

    async def find(name):
        return [each async for each in rig.desk.verbs()["dock-find"]({"name": name})]

    for name in (check, "ASN1099"):
        (found,) = await find(name)
        assert (found["check"], found["read_point"]) == (check, "door 2")
        assert (found["operator"], found["expected"], found["returns"]) == ("keeper-2", 3, False)
    assert await find("nothing") == []
    await rig.read(1)
    await rig.ask("dock-close", check=check, decision="accepted", operator="keeper-2")
    await rig.kill()
    await rig.start()
    for name in (check, "ASN1099"):
        (again,) = await find(name)
        assert (again["receipt"]["found"], again["receipt"]["operator"]) == (1, "keeper-2")
        assert {each["code"] for each in again["differences"]} >= {"X34"}
        assert [each["gtin"] for each in again["goods"]] == [APPLE]
    with pytest.raises(NoSuchCheck):
        await rig.look(check)


async def test_scans_that_were_taken_for_repeats_are_told(rig):
    health = Health(State.RUNNING)
    health.count("repeats", 5)  # of the pallet before
    rig.board.put("scanner", health)
    check = (await rig.begin())["check"]
    assert (await rig.look(check))["repeats"] == 0
    health.count("repeats", 11)
    assert (await rig.look(check))["repeats"] == 11


async def test_each_stage_is_timed_by_tags_and_by_barcode_alone(rig):
    """The same three cartons twice: the tags take half a second, three scans nine."""
    tags = (await rig.begin(plan(("", [item(APPLE, 3)]))))["check"]
    await rig.timing.advance(2.0)
    await rig.read(1, 2, 3)
    await rig.timing.advance(1.0)
    await rig.ask("dock-close", check=tags, decision="rejected")
    await rig.timing.advance(8.0)
    scans = (await rig.begin(plan(("", [item(APPLE, 3)]))))["check"]
    for _ in range(3):
        await rig.timing.advance(3.0)
        await rig.recorder.note("barcode", {"gtin": APPLE}, device="scanner")
    await rig.ask("dock-close", check=scans, decision="accepted")
    found = [each async for each in rig.desk.verbs()["dock-find"]({"name": "ASN1099"})]
    times = {each["check"]: each["stages"] for each in found}
    assert times[tags]["sources"] == {"tag": 3}
    assert times[scans]["sources"] == {"barcode": 3}
    for check, begin, reading in ((tags, 2000, 500), (scans, 3000, 6000)):
        stages = times[check]
        assert stages["first_ms"] - stages["opened_ms"] == pytest.approx(begin, abs=900)
        assert stages["last_ms"] - stages["first_ms"] == pytest.approx(reading, abs=900)
        assert stages["decided_ms"] >= stages["last_ms"]
        assert stages["signed"] is False
    lines = list(table(found))
    assert lines[0].split() == ["receipt", tags[2:], scans[2:]]
    assert lines[1].split() == ["tags", "read", "3", "0"]
    assert lines[5].startswith("first read to last")
    assert lines[5].split()[-1] == "s"
    assert max(map(len, lines)) < 80


async def test_pieces_of_a_serial_number_are_one(rig):
    check = (await rig.begin())["check"]
    with pytest.raises(BadRequest, match="5000 pieces of one serial number"):
        await rig.ask(
            "dock-remark", check=check, code="AF", label=f"(01){APPLE}(21)1", quantity=5000
        )
    view = await rig.ask("dock-label", check=check, label=f"(01){PEAR}", quantity=12)
    assert view["manual"] == 12
    with pytest.raises(BadRequest, match="1 to 10000 can be meant"):
        await rig.ask("dock-label", check=check, label=f"(01){PEAR}", quantity=0)


async def test_a_delivery_that_was_not_whole_cannot_come_back_whole(rig):
    """What was missing at the hand-over is no return, though the notice names it."""
    first = (await rig.begin())["check"]
    await rig.ask("dock-label", check=first, label=f"(01){APPLE}(21)1")
    await rig.read(2)
    await rig.ask("dock-close", check=first, decision="accepted")
    await rig.timing.advance(10.0)
    back = (await rig.begin(returns=True))["check"]
    view = await rig.look(back)
    assert (view["state"], view["expected"]) == ("nothing", 2)
    await rig.read(1, 3)
    view = await rig.look(back)
    assert (view["found"], view["unexpected"]) == (1, 1)
    (never,) = view["differences"]
    assert never["what"] == f"(01){APPLE}(21)3"


async def test_a_shelf_that_nothing_reads_is_stale_and_goods_that_lie_wrong_are_told(rig):
    await rig.read(1, antenna=9, times=1)
    await rig.recorder.flush()
    desk = ShelfDesk(rig.watch, rig.board, rig.clock)

    async def look() -> list[str]:
        answers = [each async for each in desk.shelf({"read_point": "shelf B"})]
        return [line for each in answers for line in shelf_page(each, utc=True)]

    lines = await look()
    assert lines[0].startswith("shelf B (shelf), as of ")
    assert lines[1:2] + lines[3:] == [f"  (01){APPLE}(21)1", "    belongs on shelf A"]
    rig.board.put("r2", Health(State.MISSING))
    assert (await look())[1] == "  STALE: not reading now: r2; see: tallyman devices"


def test_the_uris_of_these_tests():
    assert uri(APPLE, 1) == "urn:epc:id:sgtin:4012345.011111.1"
