"""Who may sign: people who leave, other PINs, and too many wrong ones. Each is a record."""

from __future__ import annotations

import pytest

from agent.signing.people import Locked, NoSuchPerson, WrongPin
from evidence.keys import ES256, PublicKey
from foundation.errors import AgentError, Fatal
from tests.agent.desks.test_dock_desk import Rig
from tests.agent.dock.goods import P1, item, plan


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.ask("people-add", name="keeper-2", role="keeper", pin="4711")
    yield rig
    await rig.kill()


async def signed(rig, number: int, pin: str):
    check = (await rig.begin(plan((P1, [item(quantity=1)]), notice=f"ASN{number}")))["check"]
    return await rig.ask(
        "dock-close", check=check, decision="rejected", operator="keeper-2", pin=pin
    )


async def told(rig) -> list[str]:
    return [str(each.values.get("change", "added")) for each in await rig.records("person")]


async def test_who_leaves_signs_no_longer_and_what_they_signed_stays_valid(rig):
    receipt = await signed(rig, 1, "4711")
    await rig.ask("people-remove", name="keeper-2")
    with pytest.raises(NoSuchPerson):
        await signed(rig, 2, "4711")
    assert await rig.ask("people") is None
    with pytest.raises(Fatal, match="keeper-2 has a key already"):
        await rig.ask("people-add", name="keeper-2", role="keeper", pin="0815")
    with pytest.raises(NoSuchPerson):
        await rig.ask("people-remove", name="keeper-2")
    added, removed = await rig.records("person")
    assert removed.values == {"name": "keeper-2", "change": "may sign no longer"}
    key = PublicKey.from_cose(added.values["key"])
    key.verify(ES256, bytes.fromhex(receipt["document"]), bytes.fromhex(receipt["signature"]))


async def test_who_may_sign_is_on_record_before_that_is_said(rig):
    """A power cut behind each answer."""
    await rig.kill()
    await rig.start()
    assert await told(rig) == ["added"]
    await rig.ask("people-pin", name="keeper-2", pin="4711", new_pin="0815")
    await rig.kill()
    await rig.start()
    assert await told(rig) == ["added", "has another PIN"]


async def test_another_pin_opens_the_same_key(rig):
    with pytest.raises(WrongPin):
        await rig.ask("people-pin", name="keeper-2", pin="4712", new_pin="0815")
    with pytest.raises(AgentError, match="a PIN has at least 4"):
        await rig.ask("people-pin", name="keeper-2", pin="4711", new_pin="1")
    await rig.ask("people-pin", name="keeper-2", pin="4711", new_pin="0815")
    with pytest.raises(WrongPin):
        await signed(rig, 1, "4711")
    receipt = await signed(rig, 1, "0815")
    (added, _) = await rig.records("person")
    assert receipt["key"] == added.values["key"].hex()
    assert await told(rig) == ["added", "has another PIN"]


async def test_after_a_wrong_pin_two_seconds_pass_before_the_next_try(rig):
    begun = rig.timing.now
    with pytest.raises(WrongPin):
        await rig.ask("people-pin", name="keeper-2", pin="0000", new_pin="0815")
    assert rig.timing.now - begun >= 2.0


async def test_after_five_wrong_pins_somebody_must_look_who_it_was(rig):
    for _ in range(4):
        with pytest.raises(WrongPin):
            await signed(rig, 1, "0000")
    await signed(rig, 2, "4711")  # the right one: what was wrong before is forgotten
    for _ in range(5):
        with pytest.raises(WrongPin):
            await signed(rig, 1, "0000")
    with pytest.raises(Locked, match="keeper-2 is locked: too many wrong PINs"):
        await signed(rig, 1, "4711")
    await rig.kill()
    await rig.start()
    with pytest.raises(Locked):
        await signed(rig, 1, "4711")
    assert (await rig.ask("people"))["locked"] is True
    await rig.ask("people-unlock", name="keeper-2")
    with pytest.raises(WrongPin):
        await signed(rig, 1, "0000")  # the first of five again
    assert (await signed(rig, 1, "4711"))["signed"] == "yes"
    assert await told(rig) == [
        "added", "may not sign until unlocked: 5 wrong PINs", "may sign again",
    ]  # fmt: skip
    with pytest.raises(AgentError, match="is not locked"):
        await rig.ask("people-unlock", name="keeper-2")
