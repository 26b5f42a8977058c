"""Receipts whose proof has another shape than the tree's, in front of the light client.

Each is signed by the true receipt key over the true root: only the proof is wrong.
"""

from __future__ import annotations

import pytest

from agent.light_client.client import LightClient, Offer
from agent.light_client.trusted_store import TrustedStore
from evidence.errors import EvidenceError
from evidence.keys import EDDSA
from evidence.receipt import sign_receipt
from tests.agent.log_world import NOW, ORIGIN

SIZE, INDEX, SEQ = 8, 5, 4


def placed(size, index):
    return lambda path: (size, index, path)


def changed(change):
    return lambda path: (SIZE, INDEX, change(path))


CASES = {
    "wrong index": (placed(8, 4), "signature"),
    "index = size": (placed(8, 8), "proof-index"),
    "index > size": (placed(8, 2**62), "proof-index"),
    "size 0": (placed(0, 0), "proof-size"),
    "size 1": (placed(1, 0), "proof-length"),
    "size + 1": (placed(9, 5), "proof-length"),
    "size − 1": (placed(7, 5), "receipt-root"),
    "size × 2": (placed(16, 5), "proof-length"),
    "size ÷ 2": (placed(4, 3), "proof-length"),
    "5 of 7 with a valid signature": (placed(7, 5), "receipt-root"),
    "9 of 11 with a valid signature": (placed(11, 9), "receipt-root"),
    "9 of 12 with a valid signature": (placed(12, 9), "receipt-root"),
    "17 of 19 with a valid signature": (placed(19, 17), "receipt-root"),
    "path too long": (changed(lambda path: [*path, bytes(32)]), "proof-length"),
    "path too short": (changed(lambda path: path[:-1]), "proof-length"),
    "path empty": (changed(lambda path: []), "proof-length"),
    "path in another order": (changed(lambda path: path[::-1]), "signature"),
    "last hash doubled": (changed(lambda path: [*path, path[-1]]), "proof-length"),
    "hash of 0 bytes": (changed(lambda path: [b"", *path[1:]]), "proof-hash"),
    "hash of 31 bytes": (changed(lambda path: [path[0][:31], *path[1:]]), "proof-hash"),
    "hash of 33 bytes": (changed(lambda path: [path[0] + b"\0", *path[1:]]), "proof-hash"),
    "more than 63 hashes": (lambda path: (2**63 - 1, 0, [bytes(32)] * 64), "proof-length"),
}


@pytest.fixture
def client(world, tmp_path):
    for _ in range(SIZE - 1):
        world.seal()
    return LightClient(world.policy, TrustedStore(tmp_path), 86400)


def offered(world, size, index, path):
    key, root = world.receipt_key, world.checkpoint().root
    receipt = sign_receipt(ORIGIN, size, index, path, root, key.public, EDDSA, key.sign)
    return Offer({SEQ: receipt}, world.note(), None)


def refused(client, world, offer):
    with pytest.raises(EvidenceError) as caught:
        client.confirm({SEQ: world.statement(SEQ)}, offer, NOW)
    assert client.trusted is None
    return caught.value.reason


@pytest.mark.parametrize("case", CASES)
def test_refused(client, world, case):
    change, reason = CASES[case]
    true = world.tree().inclusion_path(INDEX)
    assert refused(client, world, offered(world, *change(true))) == reason


def test_every_flipped_bit_of_every_hash(client, world):
    path = world.tree().inclusion_path(INDEX)
    for place, one in enumerate(path):
        for bit in range(0, 256, 7):
            flipped = bytearray(one)
            flipped[bit // 8] ^= 1 << bit % 8
            lied = [*path[:place], bytes(flipped), *path[place + 1 :]]
            assert refused(client, world, offered(world, SIZE, INDEX, lied)) == "signature"


def test_the_true_proof_is_accepted(client, world):
    path = world.tree().inclusion_path(INDEX)
    statements = {SEQ: world.statement(SEQ)}
    assert client.confirm(statements, offered(world, SIZE, INDEX, path), NOW)[SEQ].index == INDEX
