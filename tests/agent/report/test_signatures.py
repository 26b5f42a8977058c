"""What people signed holds, or the page says that it does not."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.desks.receipts import delivery_values, signed
from agent.dock.papers.told import plain
from agent.report.signatures import Signed, checked
from agent.signing.file_key import FileKey
from evidence import cbor

RECEIPT = {
    "check": "R-1", "notice": "ASN1099", "digest": b"d" * 32, "decision": "accepted",
    "expected": 7, "found": 6, "state": "different", "operator": "keeper-2",
}  # fmt: skip
NAMES = {"driver": "driver-4", "receiver": "keeper-2"}


class Somebody:
    """A person with a key of their own."""

    def __init__(self, number):
        self.key = FileKey(ec.derive_private_key(number, ec.SECP256R1()))
        self.public = self.key.public


def receipt(person):
    return plain({**RECEIPT, **signed(RECEIPT, person)})


def test_a_signed_receipt_holds_and_an_unsigned_one_says_so():
    assert checked(receipt(Somebody(1))) is Signed.HOLDS
    assert checked(receipt(None)) is Signed.UNSIGNED


@pytest.mark.parametrize(
    "changed",
    [
        {"found": 7},
        {"operator": "keeper-3"},
        {"signature": "00" * 64},
        {"signature": "zz"},
        {"document": "a0"},
        {"key": receipt(Somebody(2))["key"]},
        {"more": 1},
    ],
    ids=lambda each: next(iter(each)),
)
def test_one_changed_field_breaks_it(changed):
    assert checked(receipt(Somebody(1)) | changed) is Signed.BROKEN


def test_of_a_delivery_each_party_is_checked_by_itself():
    signers = {"driver": Somebody(1), "receiver": None}
    told = plain(delivery_values(RECEIPT, NAMES, signers))
    assert checked(told, "driver") is Signed.HOLDS
    assert checked(told, "receiver") is Signed.UNSIGNED
    assert checked(told | {"receiver": "keeper-3"}, "driver") is Signed.BROKEN


def test_a_delivery_that_tells_all_that_was_signed_holds_as_one_that_tells_less():
    signers = {"driver": Somebody(1), "receiver": Somebody(2)}
    told = plain(delivery_values(RECEIPT, NAMES, signers)) | plain(RECEIPT)
    for role in ("driver", "receiver"):
        assert checked(told, role) is Signed.HOLDS
        assert checked(told | {"found": 7}, role) is Signed.BROKEN


@pytest.mark.parametrize("said", [[1, 2], "text", {"check": "R-1"}])
def test_a_document_that_says_something_else_signs_nothing(said):
    person = Somebody(1)
    document = cbor.encode(said)
    told = plain({
        "document": document, "key": person.public.to_cose(), "signature": person.key.sign(document),
        "found": 7,
    })  # fmt: skip
    assert checked(told) is Signed.BROKEN
    assert checked(told, "driver") is Signed.UNSIGNED


def test_half_a_signature_is_a_broken_one():
    whole = receipt(Somebody(1))
    for name in ("document", "key", "signature"):
        part = {each: value for each, value in whole.items() if each != name}
        assert checked(part) is Signed.BROKEN
