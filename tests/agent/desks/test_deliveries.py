"""Goods that are handed over at the dock, refused, given up, or brought a second time."""

from __future__ import annotations

import pytest

from agent.desks.checks import NoSuchCheck
from agent.desks.control import BadRequest
from evidence import cbor
from evidence.keys import ES256, PublicKey
from tests.agent.desks.test_dock_desk import NOTICE, Rig
from tests.agent.dock.goods import APPLE, P1, item, plan


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.kill()


async def test_both_parties_sign_the_same_bytes_and_the_receipt_stands_beside(rig):
    await rig.ask("people-add", name="driver-4", role="driver", pin="1234")
    await rig.ask("people-add", name="keeper-2", role="keeper", pin="4711")
    known = await rig.ask("dock-signers", driver="driver-4", receiver="keeper-2", operator="")
    assert known == {"driver-4": True, "keeper-2": True}
    assert await rig.ask("dock-signers", driver="driver-9") == {"driver-9": False}
    check = (await rig.begin())["check"]
    await rig.read(1, 2, 3)
    told = await rig.ask(
        "dock-deliver", check=check, decision="accepted", driver="driver-4", driver_pin="1234",
        receiver="keeper-2", receiver_pin="4711",
    )  # fmt: skip
    (delivery,) = await rig.records("delivery")
    (receipt,) = await rig.records("dock-check")
    said = cbor.decode(delivery.values["document"])
    for role in ("driver", "receiver"):
        key = PublicKey.from_cose(delivery.values[f"{role}_key"])
        key.verify(ES256, delivery.values["document"], delivery.values[f"{role}_signature"])
    assert [delivery.values[name] for name in ("check", "notice", "decision", "state")] == [
        check, "ASN1099", "accepted", "signed",
    ]  # fmt: skip
    assert (said["driver"], said["receiver"], said["found"]) == ("driver-4", "keeper-2", 3)
    assert (receipt.values["signed"], receipt.values["operator"]) == ("no", "keeper-2")
    assert (told["state"], told["driver"], told["found"]) == ("signed", "driver-4", 3)
    assert await rig.ask("dock-list") is None, "no check is open"
    (goods,) = await rig.records("dock-goods")
    assert {name: goods.values[name] for name in ("gtin", "quantity", "read", "by_hand")} == {
        "gtin": APPLE, "quantity": 3, "read": 3, "by_hand": 0,
    }  # fmt: skip


async def test_a_decision_survives_a_power_cut_behind_its_answer(rig):
    receipt = await rig.ask("dock-close", check=(await rig.begin())["check"], decision="rejected")
    await rig.kill()
    await rig.start()
    check = (await rig.begin(plan(("", [item(APPLE, 1)]), notice="ASN7")))["check"]
    await rig.ask(
        "dock-deliver", check=check, decision="rejected", driver="driver-4", receiver="keeper-2"
    )
    await rig.kill()
    await rig.start()
    receipts = [each.values["check"] for each in await rig.records("dock-check")]
    assert receipts == [receipt["check"], check]
    assert [each.values["check"] for each in await rig.records("delivery")] == [check]
    assert await rig.ask("dock-list") is None


async def test_only_what_is_a_decision_is_one(rig):
    check = (await rig.begin())["check"]
    with pytest.raises(BadRequest, match="no decision 'perhaps'") as caught:
        await rig.ask("dock-close", check=check, decision="perhaps")
    assert caught.value.advice == "one of accepted, rejected, cancelled"
    with pytest.raises(BadRequest, match="keeper-2 cannot hand over to themselves"):
        await rig.ask("dock-signers", driver="keeper-2", receiver="keeper-2")


async def test_a_check_that_is_given_up_tells_of_no_goods(rig):
    check = (await rig.begin())["check"]
    await rig.read(1)
    told = await rig.ask("dock-close", check=check, decision="cancelled")
    assert (told["decision"], told["signed"]) == ("cancelled", "no")
    assert "operator" not in told
    assert await rig.records("dock-goods") == []


async def test_a_notice_that_was_received_already_names_the_receipt(rig):
    first = (await rig.begin())["check"]
    await rig.read(1, 2, 3)
    receipt = await rig.ask("dock-close", check=first, decision="accepted", operator="keeper-3")
    assert ("receipt_before" in receipt, receipt["operator"]) == (False, "keeper-3")
    again = (await rig.begin())["check"]
    view = await rig.look(again)
    assert (view["state"], view["receipt_before"]) == ("already-received", first)
    receipt = await rig.ask("dock-close", check=again, decision="rejected")
    assert receipt["receipt_before"] == first


async def test_what_cannot_be_said_of_goods_is_refused(rig):
    check = (await rig.begin())["check"]
    with pytest.raises(BadRequest, match="text must say what the proof says"):
        await rig.ask("dock-trip", check=check, text="")
    for photo in ("zz", "ab" * 31, "ab" * 33):
        with pytest.raises(BadRequest, match="photo must be a SHA-256"):
            await rig.ask("dock-remark", check=check, code="AF", label=P1, photo=photo)
    assert await rig.records("dock-entry") == []
    assert (await rig.ask("dock-trip", check=check, text="proven"))["trip"] == "proven"


async def test_a_gateway_without_a_read_point_checks_nothing(rig):
    rig.desk._read_points = []
    for verb in ("dock-list", "dock-open"):
        with pytest.raises(BadRequest, match="no read point is configured") as caught:
            await rig.ask(verb)
        assert caught.value.advice == "add a [[read_point]]"


async def test_a_check_whose_notice_is_lost_is_not_taken_up_again(rig, caplog):
    check = (await rig.begin())["check"]
    other = (await rig.begin(plan(("", [item(APPLE, 1)]), notice="ASN7"), "door 3"))["check"]
    await rig.kill()
    (kept,) = [path for path in (rig.folder / "notices").iterdir() if path.read_bytes() == NOTICE]
    kept.unlink()
    await rig.start()
    assert (await rig.look(other))["notice"] == "ASN7"
    assert f"check {check} cannot go on: its notice is lost" in caplog.text
    with pytest.raises(NoSuchCheck, match="is open"):
        await rig.look(check)
