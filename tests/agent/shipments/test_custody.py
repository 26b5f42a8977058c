"""Who answered for a shipment, and when."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.shipments.custody import answering, custodians
from agent.signing.file_key import FileKey
from evidence import cbor
from tests.agent.shipments.journeys import BEGIN, SECOND, Journal

KEYS = {
    role: FileKey(ec.derive_private_key(number, ec.SECP256R1()))
    for number, role in enumerate(("giver", "taker"), start=5)
}


def signed(said, roles=("giver", "taker"), state="signed"):
    """Return what the parties' signatures add to a record."""
    document = cbor.encode({"version": 1, **said, "at_ms": BEGIN})
    values = {"document": document, "state": state}
    for role in roles:
        values[f"{role}_key"] = KEYS[role].public.to_cose()
        values[f"{role}_signature"] = KEYS[role].sign(document)
    return values


def at(second):
    return BEGIN + second * SECOND


def test_who_answered_at_each_time():
    journal = Journal()
    journal.shipment(0, custodian="carrier-1")
    journal.shipment(10, name="WB-8", custodian="carrier-9")
    said = {"shipment": "WB-7", "giver": "carrier-1", "taker": "carrier-2", "place": "yard 3"}
    journal.note(60, "custody", **said, **signed(said))
    journal.note(70, "custody", shipment="WB-8", taker="carrier-7", state="unsigned")
    journal.shipment(90, custodian="carrier-2", vehicle="TO 2")
    journal.shipment(120, "ended")
    found = custodians("WB-7", journal.records)
    assert [(each.who, each.state, each.place) for each in found] == [
        ("carrier-1", "stated", ""),
        ("carrier-2", "signed", "yard 3"),
    ]
    who = [answering(found, at(second)) for second in (-1, 0, 59, 60, 119, 120)]
    assert [None if each is None else each.who for each in who] == [
        None, "carrier-1", "carrier-1", "carrier-2", "carrier-2", None,
    ]  # fmt: skip


def test_where_nobody_was_named_nobody_is_made_up():
    journal = Journal()
    journal.shipment(0)
    (only,) = custodians("WB-7", journal.records)
    assert (only.who, only.until_ms) == ("", None)


def test_after_a_clock_that_was_set_back_the_later_word_holds():
    journal = Journal()
    journal.shipment(0, custodian="carrier-1")
    journal.note(100, "custody", shipment="WB-7", taker="carrier-2", state="unsigned")
    journal.note(50, "custody", shipment="WB-7", taker="carrier-3", state="unsigned")
    found = custodians("WB-7", journal.records)
    assert answering(found, at(60)).who == "carrier-3"


SAID = {"shipment": "WB-7", "giver": "carrier-1", "taker": "carrier-2", "remark": "wet"}


@pytest.mark.parametrize(
    ("values", "state"),
    [
        (SAID | signed(SAID), "signed"),
        (SAID | signed(SAID, ["taker"], "unilateral"), "unilateral"),
        (SAID | signed(SAID, [], "unsigned"), "unsigned"),
        (SAID | signed(SAID, ["taker"]), "doubtful"),
        (SAID | signed(SAID, [], "signed"), "doubtful"),
        (SAID | signed(SAID) | {"remark": "dry"}, "doubtful"),
        (SAID | signed(SAID) | {"giver_signature": bytes(64)}, "doubtful"),
        (SAID | signed(SAID) | {"taker_key": b""}, "doubtful"),
        (SAID | signed(SAID) | {"document": "text"}, "doubtful"),
    ],
)
def test_what_is_signed_is_told_by_the_signatures_and_not_by_the_word(values, state):
    journal = Journal()
    journal.shipment(0, custodian="carrier-1")
    journal.note(60, "custody", **values)
    assert custodians("WB-7", journal.records)[-1].state == state
