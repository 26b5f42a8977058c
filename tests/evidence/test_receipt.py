"""Receipts: what they prove, what they do not, and what is none."""

from __future__ import annotations

import pytest

from evidence import cbor, cose
from evidence.errors import EvidenceError, MalformedError, ProofError, SignatureError
from evidence.keys import EDDSA, ES256
from evidence.merkle import Tree, hash_leaf
from evidence.receipt import (
    INCLUSION,
    MAX_RECEIPT_BYTES,
    RFC9162_SHA256,
    VDP,
    VDS,
    parse_receipt,
    sign_receipt,
)
from tests.evidence.building import ORIGIN, EcdsaSigner, EdSigner

SIGNER = EdSigner("receipts")
TREE = Tree([hash_leaf(bytes([n])) for n in range(8)])
LEAF = TREE.node(0, 5)
PATH = TREE.inclusion_path(5)
HEADER = {
    cose.ALG: EDDSA,
    cose.KID: SIGNER.public.kid,
    VDS: RFC9162_SHA256,
    cose.CWT_CLAIMS: {1: ORIGIN, 2: "receipt"},
}


def receipt(size=8, index=5, path=PATH, root=None):
    root = root or TREE.root()
    return sign_receipt(ORIGIN, size, index, path, root, SIGNER.public, EDDSA, SIGNER)


def forged(header=None, proofs=None, proof=None, loose=None, payload=None, detached=True):
    encoded = cbor.encode((8, 5, tuple(PATH))) if proof is None else proof
    unprotected = {VDP: {INCLUSION: (encoded,) if proofs is None else proofs}}
    return cose.sign(
        {k: v for k, v in {**HEADER, **(header or {})}.items() if v is not ...},
        payload or TREE.root(),
        SIGNER,
        unprotected=unprotected if loose is None else loose,
        detached=detached,
    ).to_bytes()


def refused(data):
    with pytest.raises(MalformedError) as caught:
        parse_receipt(data)
    return caught.value.reason


def check(data, leaf=LEAF, key=SIGNER.public):
    parsed = parse_receipt(data)
    parsed.verify(parsed.root(leaf), key)
    return parsed


def test_round_trip():
    parsed = check(receipt())
    assert (parsed.origin, parsed.size, parsed.index) == (ORIGIN, 8, 5)
    assert parsed.path == tuple(PATH)
    assert receipt() == forged()


@pytest.mark.parametrize(("index", "size"), [(5, 7), (9, 11), (9, 12), (17, 19)])
def test_a_validly_signed_receipt_may_lie_about_size_and_index(index, size):
    # Why a receipt is worth nothing without a checkpoint of the same size and root.
    lying = check(receipt(size, index))
    assert lying.root(LEAF) == TREE.root()


def test_of_another_entry():
    with pytest.raises(SignatureError):
        check(receipt(), TREE.node(0, 4))


def test_by_another_key():
    with pytest.raises(SignatureError):
        check(receipt(), key=EdSigner("other").public)
    with pytest.raises(SignatureError):
        check(receipt(), key=EcdsaSigner("gateway").public)
    with pytest.raises(SignatureError):
        check(forged({cose.ALG: ES256}))


@pytest.mark.parametrize(
    ("size", "index"), [(8, 8), (0, 0), (1, 0), (4, 5), (16, 5), (9, 5), (8, 4), (2**63 - 1, 5)]
)
def test_sizes_and_indexes_that_do_not_fit_the_path(size, index):
    with pytest.raises((ProofError, SignatureError)):
        check(receipt(size, index))


@pytest.mark.parametrize(
    "path",
    [
        [],
        PATH[:-1],
        [*PATH, PATH[-1]],
        PATH[::-1],
        [PATH[0], PATH[0], PATH[2]],
        [b"", *PATH[1:]],
        [PATH[0][:31], *PATH[1:]],
        [PATH[0] + b"\0", *PATH[1:]],
    ],
)
def test_paths_that_do_not_fit(path):
    with pytest.raises((ProofError, SignatureError)):
        check(receipt(path=path))


def test_a_long_path_is_refused_before_it_is_climbed():
    with pytest.raises(ProofError) as caught:
        check(receipt(2**63 - 1, 0, [PATH[0]] * 64))
    assert caught.value.reason == "proof-length"
    assert refused(receipt(2**63 - 1, 0, [PATH[0]] * 200)) == "receipt-size"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"header": {VDS: 2}}, "receipt-vds"),
        ({"header": {VDS: 3}}, "receipt-vds"),
        ({"header": {VDS: True}}, "shape"),
        ({"header": {VDS: ...}}, "shape"),
        ({"header": {VDS: ...}, "loose": {VDS: 1, VDP: {}}}, "shape"),
        ({"header": {cose.ALG: ...}}, "shape"),
        ({"header": {cose.KID: ...}}, "shape"),
        ({"header": {cose.CWT_CLAIMS: ...}}, "shape"),
        ({"header": {cose.CWT_CLAIMS: {1: ORIGIN}}}, "shape"),
        ({"header": {cose.CWT_CLAIMS: {1: ORIGIN, 2: "batch"}}}, "subject"),
        ({"header": {cose.CWT_CLAIMS: {1: b"", 2: "receipt"}}}, "shape"),
        ({"header": {cose.TYP: 277}}, "shape"),
        ({"header": {cose.CRIT: (VDS,)}}, "cose-crit"),
        ({"detached": False}, "receipt-payload"),
        ({"detached": False, "payload": bytes(32)}, "receipt-payload"),
        ({"loose": {}}, "shape"),
        ({"loose": {VDP: {-2: (b"",)}}}, "shape"),
        ({"loose": {VDP: {INCLUSION: (b"",), -2: (b"",)}}}, "shape"),
        ({"loose": {VDP: {INCLUSION: (b"",)}, 1: EDDSA}}, "cose-header"),
        ({"proofs": ()}, "shape"),
        ({"proofs": (cbor.encode((8, 5, tuple(PATH))), b"")}, "shape"),
        ({"proofs": (cbor.encode((8, 5, tuple(PATH))),) * 2}, "shape"),
        ({"proof": b""}, "cbor-truncated"),
        ({"proof": cbor.encode((8, 5))}, "shape"),
        ({"proof": cbor.encode((8, 5, tuple(PATH), 0))}, "shape"),
        ({"proof": cbor.encode((8, 5, None))}, "shape"),
        ({"proof": cbor.encode((8, 5, ("text",)))}, "shape"),
        ({"proof": cbor.encode((8, -5, ()))}, "shape"),
        ({"proof": cbor.encode((8, True, ()))}, "shape"),
        ({"proof": cbor.encode((2**63, 5, ()))}, "shape"),
        ({"proof": b"\x83\xf9\x48\x00\x05\x80"}, "cbor-simple"),  # a size of 8.0
        ({"proof": cbor.encode((8, 5, tuple(PATH))) + b"\0"}, "cbor-trailing"),
    ],
)
def test_objects_that_are_no_receipt(options, reason):
    assert refused(forged(**options)) == reason


def test_untagged():
    assert refused(receipt()[1:]) == "cose-tag"


def test_a_statement_is_no_receipt():
    header = {cose.ALG: EDDSA, cose.KID: SIGNER.public.kid, cose.CWT_CLAIMS: {}, cose.TYP: 277}
    assert refused(cose.sign(header, b"", SIGNER).to_bytes()) == "shape"


def test_every_flipped_bit_changes_what_it_proves():
    encoded = receipt()
    honest = check(encoded)
    for bit in range(8 * len(encoded)):
        changed = bytearray(encoded)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            parsed = check(bytes(changed))
        except EvidenceError:
            continue
        # size and index are not signed: a flip there is for the checkpoint to find
        assert (parsed.size, parsed.index) != (honest.size, honest.index)


def test_an_empty_path_for_the_only_entry():
    tree = Tree([LEAF])
    encoded = sign_receipt(ORIGIN, 1, 0, [], tree.root(), SIGNER.public, EDDSA, SIGNER)
    assert check(encoded).path == ()


@pytest.mark.parametrize("wrong", [{cose.KID: bytes(31)}, {cose.KID: 7}, {cose.ALG: "EdDSA"}])
def test_names_of_key_and_algorithm_have_their_forms(wrong):
    assert refused(forged(HEADER | wrong)) == "shape"


def test_a_receipt_has_so_many_bytes_at_most():
    assert refused(bytes(MAX_RECEIPT_BYTES)) != "receipt-size"
    assert refused(bytes(MAX_RECEIPT_BYTES + 1)) == "receipt-size"
