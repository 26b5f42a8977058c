"""A check as `dock-look` tells it, field by field: of one alone, and of two of one notice."""

from __future__ import annotations

import hashlib

import pytest

from tests.agent.desks.test_dock_desk import Rig
from tests.agent.dock.goods import APPLE, P1, P2, PEAR, item, plan

TWO = plan((P1, [item(APPLE, 3)]), (P2, [item(PEAR, serials=["9"])]), order="PO-7")


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.kill()


def differs(code, what, quantity, text, number=-1):
    return {
        "code": code, "what": what, "quantity": quantity, "text": text, "number": number,
        "batch": "", "hint": "", "photo": "", "rejected": False, "weight_g": 0,
    }  # fmt: skip


async def test_all_that_a_check_tells(rig):
    opened = await rig.begin(TWO)
    check = opened["check"]
    assert opened["resumed"] is False
    await rig.read(1)
    await rig.ask("dock-label", check=check, label=P2, operator="keeper-2")
    await rig.ask("dock-remark", check=check, code="AF", label=P1)
    (begun,) = await rig.records("dock-open")
    label, remark = await rig.records("dock-entry")
    earlier = rig.clock.now().wall_ms
    told = await rig.look(check)
    assert earlier <= told.pop("now_ms") <= rig.clock.now().wall_ms
    assert told == {
        "check": check, "notice": "ASN1099", "order": "PO-7", "read_point": "door 2",
        "digest": hashlib.sha256(TWO).hexdigest(), "operator": "keeper-2",
        "opened_ms": begun.wall_ms, "last_ms": label.wall_ms,
        "not_reading": [], "remarks": [], "state": "different",
        "disposition": "mismatch_quantity", "expected": 4, "found": 1, "read": 1, "by_hand": 0,
        "believed": 0, "unexpected": 0, "manual": 1, "doubtful": 0, "doubled": {}, "repeats": 0,
        "codes": ["AF", "X34"], "receipt_before": "", "together": {}, "returns": False,
        "delivered_by": "", "trip": "", "weights": [], "names": {}, "more": 0,
        "put_away": [{"gtin": APPLE, "quantity": 1, "shelves": ["shelf A"]}],
        "entries": [
            {"number": remark.number, "said": f"remark AF (00){P1}"},
            {"number": label.number, "said": f"label (00){P2}"},
        ],
        "differences": [
            differs("X34", f"(01){APPLE}", 2, "missing"),
            differs("X34", f"(01){PEAR}(21)9", 1, "missing"),
            differs("AF", f"(00){P1}", 1, "damaged", remark.number),
        ],
    }  # fmt: skip
    again = await rig.begin(TWO)
    assert again == {"check": check, "resumed": True}


async def test_two_doors_of_one_notice_are_told_together(rig):
    first = (await rig.begin(TWO))["check"]
    other = (await rig.begin(TWO, "door 3"))["check"]
    assert first != other
    await rig.read(1)
    await rig.read(2, device="r3")
    told = (await rig.look(first))["together"]
    assert told == {
        "found": 2, "expected": 4, "order": "PO-7",
        "checks": [{"check": other, "read_point": "door 3"}],
    }  # fmt: skip
    await rig.ask("dock-close", check=other, decision="accepted")
    told = (await rig.look(first))["together"]
    assert (told["found"], [each["check"] for each in told["checks"]]) == (2, [other])
    await rig.kill()
    await rig.start()
    assert (await rig.look(first))["together"] == told, "read back from the journal"


async def test_all_that_a_receipt_tells(rig):
    check = (await rig.begin(TWO))["check"]
    await rig.read(1)
    await rig.ask("dock-label", check=check, label=P2)
    (label,) = await rig.records("dock-entry")
    await rig.timing.advance(20.0)
    earlier = rig.clock.now().wall_ms
    await rig.ask("dock-close", check=check, decision="accepted", operator="keeper-2")
    (receipt,) = await rig.records("dock-check")
    told = dict(receipt.values)
    waited = told.pop("verdict_ms")
    assert earlier <= label.wall_ms + waited <= receipt.wall_ms
    lines = [
        f"X34|(01){APPLE}|2|missing||False||0", f"X34|(01){PEAR}(21)9|1|missing||False||0",
    ]  # fmt: skip
    assert told == {
        "check": check, "notice": "ASN1099", "order": "PO-7", "read_point": "door 2",
        "digest": hashlib.sha256(TWO).digest(), "state": "different",
        "disposition": "mismatch_quantity", "decision": "accepted", "expected": 4, "found": 1,
        "read": 1, "by_hand": 0, "believed": 0, "belief": "units", "unexpected": 0, "manual": 1,
        "differences": 2, "details": hashlib.sha256("".join(f"{n}\n" for n in lines).encode()).digest(),
        "units": bytes.fromhex(P2), "codes": "X34", "operator": "keeper-2", "signed": "no",
    }  # fmt: skip
