"""What a witness makes of a checkpoint, check by check, and each of its answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.errors import MalformedError, ProofError, SignatureError, UntrustedError
from evidence.fork import ForkProof
from evidence.keys import PublicKey
from evidence.merkle import Tree, consistency_path
from evidence.note import Note
from evidence.wire import Code, Envelope, Label, Type, labels
from ledger.base.errors import Refused
from ledger.gateways.admission import Peer
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Exhibit, Kept, Slot
from ledger.witness.cosigner import FORKS_KEPT, Cosigner, Fork, Request, judge, read_request
from ledger.witness.witness import Witness
from tests.evidence.building import NOON, ORIGIN, EdSigner, World, seeded

WORLD, SOUTH = World(), World(origin="log.example.com/south")
LOG, AMBER = WORLD.log_key, WORLD.witness_key("amber")
LEAVES = [seeded(str(number)) for number in range(9)]
FORKED = [*LEAVES[:3], *(seeded(f"other {number}") for number in range(6))]


def signed(size, leaves=LEAVES):
    checkpoint = Checkpoint(ORIGIN, size, Tree(leaves[:size]).root())
    return parse_checkpoint(WORLD.note((), checkpoint=checkpoint, minimal=False))


def path(old, size, leaves=LEAVES):
    return consistency_path(Tree(leaves[:size]).node, old, size) if 0 < old < size else []


def request(old, size, leaves=LEAVES):
    return Request(old, path(old, size, leaves), signed(size, leaves))


def kept(size):
    return Kept(size, Tree(LEAVES[:size]).root(), signed(size).to_bytes(), NOON)


@pytest.mark.parametrize(("known", "size"), [(None, 1), (None, 9), (1, 2), (5, 5), (5, 9), (8, 9)])
def test_what_grew_from_what_is_kept_is_let_through(known, size):
    judge(known and kept(known), request(known or 0, size))


@pytest.mark.parametrize(("known", "old", "size"), [(None, 1, 5), (5, 4, 9), (5, 6, 9), (5, 0, 5)])
def test_who_asks_from_another_size_hears_ours_and_sees_its_note(known, old, size):
    ours = {Label.SIZE: 5, Label.NOTE: signed(5).to_bytes()} if known else {Label.SIZE: 0}
    with pytest.raises(
        Refused, match=f"^this witness has seen size {known or 0}, not {old}$"
    ) as no:
        judge(known and kept(known), request(old, size))
    assert (no.value.code, no.value.extra) == (Code.CONFLICT, ours)


@pytest.mark.parametrize("old", [0, 5, 7])
def test_two_roots_at_one_size_are_a_fork_whatever_the_old_size(old):
    with pytest.raises(Fork, match=r"^the log signed two roots at size 5$") as caught:
        judge(kept(5), request(old, 5, FORKED))
    assert caught.value.reason == "fork"
    assert caught.value.proof == ForkProof(signed(5), signed(5, FORKED))


def test_a_tree_that_begins_otherwise_is_a_fork():
    with pytest.raises(Fork, match=r"^size 9 begins otherwise than the signed size 5$") as caught:
        judge(kept(5), request(5, 9, FORKED))
    assert caught.value.reason == "fork"
    beginning = Tree(FORKED[:5]).root()
    proof = ForkProof(signed(5), signed(9, FORKED), beginning, tuple(path(5, 9, FORKED)))
    assert caught.value.proof == proof


@pytest.mark.parametrize(
    ("known", "asked", "reason"),
    [
        (None, Request(0, [bytes(32)], signed(5)), "proof-length"),
        (5, Request(5, path(5, 9)[:-1], signed(9)), "proof-length"),
        (5, Request(5, [bytes(32) for _ in path(5, 9)], signed(9)), "proof-old-root"),
        (5, Request(5, [bytes(32)], signed(5)), "proof-length"),
    ],
)
def test_a_path_that_proves_nothing_accuses_nobody(known, asked, reason):
    with pytest.raises(ProofError) as caught:
        judge(known and kept(known), asked)
    assert not isinstance(caught.value, Fork)
    assert caught.value.reason == reason


def test_only_the_log_s_own_line_of_a_note_is_kept():
    note = WORLD.note(("birch",), checkpoint=signed(5).checkpoint, minimal=False)
    read = read_request(LOG, 3, [bytes(32)], note)
    assert read == Request(3, [bytes(32)], signed(5))
    assert len(parse_checkpoint(note).note.signatures) == 2


@pytest.mark.parametrize(
    ("old", "note", "error", "reason"),
    [
        (6, signed(5).to_bytes(), MalformedError, "size"),
        (0, signed(0).to_bytes(), MalformedError, "size"),
        (0, SOUTH.note((), minimal=False), UntrustedError, "origin"),
        (0, World(log=EdSigner("other")).note((), minimal=False), SignatureError, None),
    ],
)
def test_what_is_no_request_about_the_log(old, note, error, reason):
    assert read_request(LOG, 5, [], signed(5).to_bytes()).old_size == 5
    with pytest.raises(error) as caught:
        read_request(LOG, old, [], note)
    assert reason in (None, caught.value.reason)


class Pinned:
    """Pins these logs."""

    def __init__(self, *keys):
        self.keys = keys

    def logs(self):
        return {key.name: key for key in self.keys}


class Node:
    """A witness of one log, amber's, with a store of its own."""

    def __init__(self, path, *pinned):
        SqliteStore.create(path, b"")
        self.store = SqliteStore(path)
        self.now = NOON
        cosigner = Cosigner(AMBER, WORLD.witnesses["amber"], self.work, lambda: self.now)
        pins = Pinned(*(pinned or (LOG,)))
        self.witness = Witness(cosigner, pins, self.work, lambda: self.now)
        self.peer = Peer("north", logs=pins.logs())

    async def work(self, what):
        return what(self.store)

    async def ask(self, type_, header=None):
        message = Envelope(type_, bytes(range(8)), labels(header or {}))
        answer = await self.witness.answer(self.peer, message)
        assert answer.request == message.request
        return answer.type, {Label(each): value for each, value in answer.header.items()}

    async def cosign(self, old, size, leaves=LEAVES):
        asked = request(old, size, leaves)
        note = asked.signed.to_bytes()
        values = {Label.OLD_SIZE: old, Label.PATH: tuple(asked.path), Label.NOTE: note}
        type_, told = await self.ask(Type.COSIGN, values)
        assert type_ is Type.COSIGN
        return told[Label.COSIGNATURE]


@pytest.fixture
def node(tmp_path):
    node = Node(tmp_path / "store")
    yield node
    node.store.close()


async def test_a_cosignature_says_when_and_stands_under_the_log_s_note(node):
    for at, (old, size) in enumerate([(0, 5), (5, 5), (5, 9)]):
        node.now = NOON + at
        told = WORLD.note(
            ("amber",), at=NOON + at, checkpoint=signed(size).checkpoint, minimal=False
        )
        assert told.decode().endswith(await node.cosign(old, size))
    newest = node.store.kept(Slot.WITNESSED, ORIGIN)
    assert newest == replace(kept(9), at=NOON + 2)


async def test_the_same_size_again_keeps_what_is_kept(node):
    await node.cosign(0, 5)
    node.now = NOON + 9
    await node.cosign(5, 5)
    assert node.store.kept(Slot.WITNESSED, ORIGIN) == kept(5)


@pytest.mark.parametrize(
    ("old", "size", "code", "said"),
    [
        (5, 5, Code.CONFLICT, "the log signed two roots at size 5"),
        (5, 9, Code.BAD_PROOF, "size 9 begins otherwise than the signed size 5"),
    ],
)
async def test_a_fork_is_kept_before_it_is_refused(node, old, size, code, said):
    await node.cosign(0, 5)
    with pytest.raises(Refused, match=said) as caught:
        await node.cosign(old, size, FORKED)
    ours = {Label.SIZE: 5, Label.NOTE: signed(5).to_bytes()}
    assert (caught.value.code, caught.value.extra) == (code, ours)
    (exhibit,) = node.store.evidence()
    proof = caught.value.__cause__.proof
    assert exhibit == Exhibit("log-fork", ORIGIN, (proof.to_bytes(),), NOON)
    assert node.store.kept(Slot.WITNESSED, ORIGIN) == kept(5)


async def test_who_forks_on_does_not_fill_the_disk(node):
    assert FORKS_KEPT == 64
    await node.cosign(0, 5)
    for number in range(65):
        other = [*LEAVES[:4], seeded(f"another {number}")]
        with pytest.raises(Refused, match="two roots"):
            await node.cosign(5, 5, other)
    assert len(node.store.evidence()) == 64


async def test_another_who_was_first_is_told_with_what_is_kept_now(node, monkeypatch):
    monkeypatch.setattr(node.store, "advance", lambda *_: False)
    with pytest.raises(Refused, match=r"^another checkpoint came first$") as caught:
        await node.cosign(0, 5)
    assert (caught.value.code, caught.value.extra) == (Code.CONFLICT, {Label.SIZE: 0})


async def test_what_was_seen_of_a_log_is_told(node):
    assert await node.ask(Type.HELLO) == (Type.HELLO, {Label.ORIGIN: ORIGIN})
    with pytest.raises(Refused, match=r"^this witness has not seen the log yet$") as caught:
        await node.ask(Type.CHECKPOINT)
    assert caught.value.code == Code.UNKNOWN_ENTRY
    await node.cosign(0, 5)
    note = signed(5).to_bytes()
    hello = (Type.HELLO, {Label.ORIGIN: ORIGIN, Label.NOTE: note})
    assert await node.ask(Type.HELLO, {Label.ORIGIN: ORIGIN}) == hello
    assert await node.ask(Type.CHECKPOINT) == (Type.CHECKPOINT, {Label.NOTE: note})


async def test_of_several_logs_one_must_be_named(tmp_path):
    node = Node(tmp_path / "store", LOG, SOUTH.log_key)
    for header, named in (({}, "None"), ({Label.ORIGIN: "x"}, "'x'")):
        with pytest.raises(Refused, match=f"^the log {named} is not pinned here$") as caught:
            await node.ask(Type.HELLO, header)
        assert caught.value.code == Code.UNKNOWN_ENTRY
    assert await node.ask(Type.HELLO, {Label.ORIGIN: ORIGIN}) == (
        Type.HELLO, {Label.ORIGIN: ORIGIN},
    )  # fmt: skip
    node.store.close()


async def test_its_key_is_told(node):
    type_, told = await node.ask(Type.KEYS)
    assert type_ is Type.KEYS
    (key,) = told[Label.KEY_SET]
    assert PublicKey.from_cose(key) == WORLD.witnesses["amber"].public


async def test_notes_that_are_shown_as_evidence_are_kept(node):
    notes = (signed(5).to_bytes(), signed(5, FORKED).to_bytes())
    node.now = NOON + 3
    assert await node.ask(Type.EVIDENCE, {Label.NOTES: notes}) == (Type.EVIDENCE, {})
    assert node.store.evidence() == [Exhibit("shown", "north", notes, NOON + 3)]


async def test_a_log_that_the_asker_may_not_speak_for_is_not_cosigned(node):
    note = SOUTH.note((), minimal=False)
    values = {Label.OLD_SIZE: 0, Label.PATH: (), Label.NOTE: note}
    with pytest.raises(UntrustedError, match=f"north may not ask to cosign '{SOUTH.origin}'"):
        await node.ask(Type.COSIGN, values)
    with pytest.raises(UntrustedError, match="north may not ask to cosign '\ufffd'"):
        await node.ask(Type.COSIGN, values | {Label.NOTE: b"\xff\n"})


async def test_what_a_witness_does_not_do(node):
    with pytest.raises(Refused, match=r"^a witness does not answer STATUS$") as caught:
        await node.ask(Type.STATUS)
    assert caught.value.code == Code.WRONG_ROLE


def test_a_note_of_one_line_more_is_still_the_log_s():
    """A witness of another kind may have signed under the log's line before."""
    own = signed(5)
    more = Note(own.note.text, (*own.note.signatures, *parse_checkpoint(
        WORLD.note(("cedar",), checkpoint=own.checkpoint, minimal=False)
    ).note.signatures[1:]))  # fmt: skip
    assert read_request(LOG, 0, [], more.to_text().encode()).signed == own
