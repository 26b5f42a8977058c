"""True receipts and checkpoints that are about something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.light_client.client import LightClient, Offer
from agent.light_client.trusted_store import TrustedStore
from agent.signing.file_key import FileKey
from evidence import cose
from evidence.checkpoint import Checkpoint
from evidence.errors import EvidenceError
from evidence.keys import EDDSA
from evidence.merkle import hash_leaf
from evidence.note import KeyType, Note, cosign_note, parse_note, sign_note
from evidence.receipt import sign_receipt
from tests.agent.log_world import MEMBERS, NOW, ORIGIN, EdKey, LogWorld

OTHER = "other.example/log"


def refused(world, folder, offer):
    client = LightClient(world.policy, TrustedStore(folder), 86400)
    with pytest.raises(EvidenceError) as caught:
        client.confirm({0: world.statement(0)}, offer, NOW)
    assert client.trusted is None
    return caught.value.reason


def receipt(world, origin=ORIGIN, key=None, root=None):
    signer = key or world.receipt_key
    path, size = world.tree().inclusion_path(1), len(world.entries)
    root = root or world.checkpoint().root
    return sign_receipt(origin, size, 1, path, root, signer.public, EDDSA, signer.sign)


def test_receipt_of_another_origin(world, tmp_path):
    world.seal()
    offer = Offer({0: receipt(world, OTHER)}, world.note(), None)
    assert refused(world, tmp_path, offer) == "origin"


def test_checkpoint_of_another_origin(world, tmp_path):
    """All that sign for us signed, but about another log of theirs."""
    world.seal()
    checkpoint = world.checkpoint()
    text = Checkpoint(OTHER, checkpoint.size, checkpoint.root).to_text()
    lines = [sign_note(text, world.log_key.note_key(ORIGIN, KeyType.NOTE), world.log_key.sign)]
    for name in MEMBERS:
        key = world.cosigners[name]
        lines.append(cosign_note(text, key.note_key(name, KeyType.COSIGNATURE), NOW, key.sign))
    note = Note(text, tuple(lines)).to_text().encode()
    assert refused(world, tmp_path, Offer({0: receipt(world)}, note, None)) == "origin"


def test_statement_of_another_gateway_in_the_same_place(world, tmp_path):
    """A receipt that another gateway got, replayed to us: the leaf is from our own statement."""
    world.seal()
    other = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
    other.receipt_key, other.log_key = world.receipt_key, world.log_key
    other.cosigners = world.cosigners
    other.seal(count=4)
    offer = Offer({0: other.receipt(0)}, other.note(), None)
    assert refused(world, tmp_path, offer) == "signature"


def test_root_as_leaf(world, tmp_path):
    """The receipt key signed the hash that the false path leads to, but no checkpoint has it."""
    world.seal()
    path = world.tree().inclusion_path(1)
    leaf_root = hash_leaf(world.statement(0).encoded)
    key = world.receipt_key
    lied = sign_receipt(ORIGIN, 1, 0, [], leaf_root, key.public, EDDSA, key.sign)
    assert len(path) == 1
    assert refused(world, tmp_path, Offer({0: lied}, world.note(), None)) == "receipt-root"


def test_receipt_by_a_stranger_under_the_pinned_kid(world, tmp_path):
    """The kid is a name; who takes the name of the pinned key still lacks the key."""
    world.seal()
    path, root = world.tree().inclusion_path(1), world.checkpoint().root
    stranger, public = EdKey(), world.receipt_key.public
    lied = sign_receipt(ORIGIN, 2, 1, path, root, public, EDDSA, stranger.sign)
    assert refused(world, tmp_path, Offer({0: lied}, world.note(), None)) == "signature"


def test_checkpoint_that_the_log_did_not_sign(world, tmp_path):
    """Its cosigners all signed: a proof without the log's own word proves nothing."""
    world.seal()
    note = parse_note(world.note())
    without = Note(note.text, note.signatures[1:]).to_text().encode()
    assert refused(world, tmp_path, Offer({0: receipt(world)}, without, None)) == "note-unsigned"


def test_bad_cosignature_beyond_the_quorum(world, tmp_path):
    world.seal()
    note = parse_note(world.note(by=MEMBERS))
    last = replace(note.signatures[-1], blob=bytes(72))
    spoilt = Note(note.text, (*note.signatures[:-1], last)).to_text().encode()
    assert refused(world, tmp_path, Offer({0: receipt(world)}, spoilt, None)) == "signature"


def test_receipt_with_a_field_that_no_hash_and_no_signature_covers(world, tmp_path):
    """BNB bridge, 2022: what does not feed the hash must not be there."""
    world.seal()
    sign1 = cose.parse(receipt(world))
    more = replace(sign1, unprotected={**sign1.unprotected, 99: bytes(32)}).to_bytes()
    assert refused(world, tmp_path, Offer({0: more}, world.note(), None)) == "shape"


def test_labels_in_words(world, tmp_path):
    """The text "395" is not the label 395, whoever reads it so."""
    world.seal()
    genuine, key = cose.parse(receipt(world)), world.receipt_key
    header = {**{k: v for k, v in genuine.header.items() if k != 395}, "395": 1}
    root = world.checkpoint().root
    lied = cose.sign(header, root, key.sign, unprotected=genuine.unprotected, detached=True)
    assert refused(world, tmp_path, Offer({0: lied.to_bytes()}, world.note(), None)) == "shape"
