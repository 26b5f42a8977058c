"""What erasures cover, what entry 0 says, and which policies followed: as they are written down."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cbor2
import pytest

from evidence import cbor, cose
from evidence.errors import EvidenceError, MalformedError
from foundation.errors import Fatal
from ledger.base.toml_text import to_tables
from ledger.log.erasure import Erased, Erasure, read_erased
from ledger.log.founding import check_log, check_members
from ledger.log.genesis import Genesis, sign_genesis, verify_genesis
from ledger.log.policy_chain import MOST_SERVED, PolicyChain
from tests.evidence.building import EdSigner
from tests.evidence.test_chain import FIRST, LOST
from tests.ledger.support import NOW

MORNING = replace(FIRST, batch=replace(FIRST.batch, first_ms=10_000, last_ms=20_000))


@pytest.mark.parametrize(
    ("since", "until", "covered"),
    [
        (None, None, True),
        (20, None, True),
        (21, None, False),
        (9, None, True),
        (None, 10, True),
        (None, 9, False),
        (11, 19, True),
        (0, 9, False),
        (21, 30, False),
    ],
)
def test_a_batch_that_reaches_into_the_time_goes_whole(since, until, covered):
    asked = Erasure("", since, until, "A. Keeper", "asked for")
    assert asked.covers(MORNING) is covered
    assert asked.covers(LOST) is False, "a gap has no records"


def test_what_was_erased_reads_back(tmp_path):
    path = tmp_path / "erased.toml"
    assert read_erased(path) == ()
    some = Erasure("urn:uuid:x", NOW, NOW + 9, "A. Keeper", "asked for")
    whole = Erasure("", None, None, "B", "all of it")
    done = (Erased(some, NOW + 10, 3), Erased(whole, NOW + 11, 0))
    path.write_text(to_tables("erasure", [each.to_values() for each in done]))
    assert read_erased(path) == done
    assert list(done[1].to_values()) == ["at", "by", "reason", "batches"]


KEY = EdSigner("receipts")
GENESIS = Genesis("example.org/log", NOW, bytes(range(32)))


def test_entry_0_is_as_the_protocol_lays_it_out():
    """docs/PROTOCOL.md, "Genesis"; read by another library."""
    entry = sign_genesis(GENESIS, KEY.public, KEY)
    tag = cbor2.loads(entry)
    protected, unprotected, payload, signature = tag.value
    assert (tag.tag, dict(unprotected), len(signature)) == (18, {}, 64)
    assert cbor2.loads(payload) == {1: 1, 2: GENESIS.policy}
    header = cbor2.loads(protected)
    assert header == {
        1: -8, 4: KEY.public.kid, 15: {1: "example.org/log", 2: "genesis", 6: NOW}, 16: 277,
    }  # fmt: skip
    assert verify_genesis(entry, KEY.public) == GENESIS


@pytest.mark.parametrize(
    "payload", [{1: 2, 2: bytes(32)}, {1: 1}, {1: 1, 2: bytes(31)}, {1: 1, 2: bytes(32), 3: 0}]
)
def test_another_payload_is_no_entry_0(payload):
    header = cose.parse(sign_genesis(GENESIS, KEY.public, KEY)).header
    entry = cose.sign(header, cbor.encode(payload), KEY).to_bytes()
    with pytest.raises(MalformedError):
        verify_genesis(entry, KEY.public)


@pytest.mark.parametrize(
    "header",
    [
        {cose.TYP: 16},
        {cose.CWT_CLAIMS: {1: "example.org/log", 2: "batch", 6: NOW}},
        {cose.CWT_CLAIMS: {1: "example.org/log", 6: NOW}},
        {cose.CWT_CLAIMS: {1: "example.org/log", 2: "genesis", 6: NOW, 7: 0}},
        {cose.CWT_CLAIMS: {1: "example.org/log", 2: "genesis", 6: "now"}},
        {99: 0},
    ],
)
def test_another_header_is_no_entry_0(header):
    good = cose.parse(sign_genesis(GENESIS, KEY.public, KEY))
    entry = cose.sign({**good.header, **header}, good.payload, KEY)
    with pytest.raises(MalformedError):
        verify_genesis(entry.to_bytes(), KEY.public)


@pytest.mark.parametrize("changes", [{"unprotected": {99: 0}}, {"payload": None}])
def test_entry_0_has_its_payload_and_nothing_unsigned(changes):
    good = cose.parse(sign_genesis(GENESIS, KEY.public, KEY))
    with pytest.raises(MalformedError, match="entry 0 has its payload and nothing unsigned"):
        verify_genesis(replace(good, **changes).to_bytes(), KEY.public)


def test_entry_0_by_another_key_is_none():
    with pytest.raises(EvidenceError):
        verify_genesis(sign_genesis(GENESIS, KEY.public, EdSigner("other")), KEY.public)


def policies(count):
    """A chain of so many policies, each led to by an update that is its number."""
    known = tuple(SimpleNamespace(digest=bytes([number])) for number in range(count))
    updates = tuple(
        SimpleNamespace(
            change=SimpleNamespace(sequence=number), to_bytes=lambda number=number: b"%d" % number
        )
        for number in range(1, count)
    )
    return PolicyChain(known, updates)


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        (bytes([0]), [b"%d" % number for number in range(1, MOST_SERVED + 1)]),
        (bytes([5]), [b"%d" % number for number in range(6, 11)]),
        (bytes([10]), []),
        (b"nobody's", []),
    ],
)
def test_who_knows_a_policy_is_given_what_followed_eight_at_a_time(known, answer):
    assert MOST_SERVED == 8
    assert policies(11).after(known) == answer


def test_updates_are_numbered_from_one():
    assert [policies(count).sequence for count in (1, 2, 11)] == [0, 1, 10]


def identity(**changes):
    """A log whose policy is still the one that it was founded under."""
    digest = changes.pop("in_force", GENESIS.policy)
    founded = changes.pop("founded", GENESIS.policy)
    key = changes.pop("key", KEY)
    policy = SimpleNamespace(receipt_key=key.public, digest=digest, witnesses={"bravo": "key"})
    chain = PolicyChain((SimpleNamespace(digest=founded),))
    return SimpleNamespace(policy=policy, chain=chain, **{"origin": "example.org/log", **changes})


FOUNDED = sign_genesis(GENESIS, KEY.public, KEY)


@pytest.mark.parametrize(
    ("entry", "changes", "said"),
    [
        (FOUNDED, {}, None),
        (None, {}, "the store has no entry 0"),
        (
            FOUNDED,
            {"key": EdSigner("other")},
            "entry 0 of the store is not by this log's receipt key",
        ),
        (FOUNDED, {"origin": "example.org/other"}, "not the one that this log was founded under"),
        (FOUNDED, {"founded": bytes(32), "in_force": bytes(32)}, "this log was founded under"),
        (FOUNDED, {"in_force": bytes(32)}, "not the one that the newest policy update made"),
    ],
)
def test_a_node_starts_only_with_the_store_keys_and_policy_of_one_log(entry, changes, said):
    asked = []

    def kept(slot, origin):
        asked.append((str(slot), origin))

    store = SimpleNamespace(entry=lambda index: entry if index == 0 else b"", kept=kept)
    if said is None:
        check_log(store, identity())
        assert asked == [("signed", "example.org/log"), ("cosigned", "example.org/log")]
        return
    with pytest.raises(Fatal, match=said) as caught:
        check_log(store, identity(**changes))
    assert caught.value.advice


def test_every_witness_that_is_asked_is_named_by_the_policy():
    files = SimpleNamespace(config="node.toml", policy="policy.txt")
    bravo, charlie = (
        SimpleNamespace(name=name, cosigner=key)
        for name, key in (("bravo", "key"), ("charlie", "x"))
    )
    check_members(files, SimpleNamespace(witnesses=[bravo]), identity())
    with pytest.raises(Fatal, match="does not name the key of witness charlie") as caught:
        check_members(files, SimpleNamespace(witnesses=[bravo, charlie]), identity())
    assert caught.value.advice == "remove the witness there, or put back its line in policy.txt"
