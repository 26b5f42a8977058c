"""A witness cosigns one growing history, whatever the sequencer and the power do."""

from __future__ import annotations

from contextlib import closing

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.fork import read_fork
from evidence.merkle import Tree, consistency_path, hash_leaf
from evidence.note import KeyType, Note, parse_line, sign_note
from evidence.wire import Code, Label, Type
from ledger.base.errors import StoreFailed
from ledger.base.key_files import SigningKey, load_signing_key
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import read_public_node
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Slot
from ledger.witness.cosigner import FORK
from tests.ledger.support import (
    NOW,
    Asker,
    Gateway,
    asker,
    code,
    curve_key,
    make_cluster,
    running,
)

ORIGIN = "example.org/log"


class Log:
    """A log made of numbered leaves, signed by the cluster's real log key."""

    def __init__(self, cluster, mark: bytes = b"") -> None:
        self._key = load_signing_key(cluster.sequencer.log_key)
        self._mark = mark

    def tree(self, size: int, shared: int = 0) -> Tree:
        marks = [b"" if n < shared else self._mark for n in range(size)]
        return Tree([hash_leaf(b"%d%b" % (n, mark)) for n, mark in enumerate(marks)])

    def note(self, size: int, shared: int = 0, origin: str = ORIGIN, key=None) -> bytes:
        text = Checkpoint(origin, size, self.tree(size, shared).root()).to_text()
        key = key or self._key
        line = sign_note(text, key.note_key(origin, KeyType.NOTE), key.sign)
        return Note(text, (line,)).to_text().encode()

    def request(self, old: int, size: int, shared: int = 0, **options):
        path = consistency_path(self.tree(size, shared).node, old, size) if 0 < old < size else []
        note = self.note(size, shared, **options)
        return {Label.OLD_SIZE: old, Label.PATH: path, Label.NOTE: note}


@pytest.fixture
def one(tmp_path):
    """A cluster with one witness; the tests speak to it as its sequencer."""
    return make_cluster(tmp_path, witnesses=1)


@pytest.fixture
def log(one):
    return Log(one)


def ask_witness(one):
    return asker(one.witnesses[0], one.sequencer)


def stored(one):
    return closing(SqliteStore(one.witnesses[0].store, read_only=True))


async def cosigned(one, node, request):
    answer = await node.ask(Type.COSIGN, request)
    assert answer.type is Type.COSIGN, answer
    line = parse_line(answer.get(Label.COSIGNATURE).rstrip("\n"))
    signed = parse_checkpoint(request[Label.NOTE])
    return Note(signed.note.text, (line,)).cosigned_at(one.policy.witnesses["bravo"])


async def test_growth_is_cosigned_step_by_step(one, log):
    async with running(one.witnesses[0]), ask_witness(one) as node:
        for old, size in ((0, 1), (1, 5), (5, 5), (5, 8), (8, 13)):
            assert await cosigned(one, node, log.request(old, size)) == NOW
        answer = await node.ask(Type.CHECKPOINT)
        assert answer.get(Label.NOTE) == log.note(13)
        hello = await node.ask(Type.HELLO, {Label.ORIGIN: ORIGIN})
        assert hello.get(Label.NOTE) == log.note(13)


async def test_other_old_size_is_a_conflict_that_names_ours(one, log):
    async with running(one.witnesses[0]), ask_witness(one) as node:
        answer = await node.ask(Type.COSIGN, log.request(3, 5))
        assert (code(answer), answer.get(Label.SIZE)) == (Code.CONFLICT, 0)
        await cosigned(one, node, log.request(0, 5))
        for old, size in ((0, 5), (0, 8), (3, 8), (3, 4), (6, 8)):
            answer = await node.ask(Type.COSIGN, log.request(old, size))
            assert (code(answer), answer.get(Label.SIZE)) == (Code.CONFLICT, 5)
            assert answer.get(Label.NOTE) == log.note(5)
        with stored(one) as store:
            assert store.kept(Slot.WITNESSED, ORIGIN).size == 5


async def test_same_size_with_another_root_is_kept_as_evidence(one, log):
    fork = Log(one, mark=b"fork")
    async with running(one.witnesses[0]), ask_witness(one) as node:
        await cosigned(one, node, log.request(0, 5))
        for old in (5, 0):
            answer = await node.ask(Type.COSIGN, fork.request(old, 5))
            assert (code(answer), answer.get(Label.SIZE)) == (Code.CONFLICT, 5)
        with stored(one) as store:
            exhibits = store.evidence()
            assert store.kept(Slot.WITNESSED, ORIGIN).root == log.tree(5).root()
    (exhibit,) = exhibits
    proof = read_fork(exhibit.pieces[0], one.policy.log)
    assert (proof.older.to_bytes(), proof.newer.to_bytes()) == (log.note(5), fork.note(5))
    assert (exhibit.kind, exhibit.source) == (FORK, ORIGIN)


async def test_growth_that_is_none_is_kept_as_evidence(one, log):
    """The new tree shares only 3 entries with the 5 that were cosigned."""
    fork = Log(one, mark=b"fork")
    request = fork.request(5, 9, shared=3)
    async with running(one.witnesses[0]), ask_witness(one) as node:
        await cosigned(one, node, log.request(0, 5))
        assert code(await node.ask(Type.COSIGN, request)) == Code.BAD_PROOF
        with stored(one) as store:
            (exhibit,) = store.evidence()
        assert await cosigned(one, node, log.request(5, 9)) == NOW
    proof = read_fork(exhibit.pieces[0], one.policy.log)
    assert (proof.older.to_bytes(), proof.newer.to_bytes()) == (log.note(5), request[Label.NOTE])
    assert proof.beginning == fork.tree(5, shared=3).root()


async def test_a_path_that_proves_nothing_is_refused_and_accuses_nobody(one, log):
    """It is unsigned: whoever carried it may have spoiled it."""
    request = log.request(5, 9)
    spoiled = {**request, Label.PATH: [bytes(32) for _ in request[Label.PATH]]}
    async with running(one.witnesses[0]), ask_witness(one) as node:
        await cosigned(one, node, log.request(0, 5))
        assert code(await node.ask(Type.COSIGN, spoiled)) == Code.BAD_PROOF
        with stored(one) as store:
            assert store.evidence() == []
        assert await cosigned(one, node, request) == NOW


async def test_requests_that_are_refused_and_leave_no_trace(one, log):
    stranger = SigningKey(Ed25519PrivateKey.generate())
    good = log.request(0, 4)
    empty_path = {**log.request(0, 4), Label.PATH: [bytes(32)]}
    async with running(one.witnesses[0]), ask_witness(one) as node:
        for request, wanted in (
            (log.request(0, 4, key=stranger), Code.BAD_SIGNATURE),
            (log.request(0, 4, origin="example.org/other"), Code.NOT_ADMITTED),
            ({**good, Label.OLD_SIZE: 5}, Code.MALFORMED),
            ({**good, Label.NOTE: b"nothing"}, Code.NOT_ADMITTED),
            ({**good, Label.PATH: [b"short"]}, Code.MALFORMED),
            ({**good, Label.PATH: [bytes(32)] * 127}, Code.MALFORMED),
            ({**good, Label.NOTE: good[Label.NOTE][:-9] + b"AAAAAAA=\n"}, Code.BAD_SIGNATURE),
            (log.request(0, 0), Code.MALFORMED),
            (empty_path, Code.BAD_PROOF),
        ):
            assert code(await node.ask(Type.COSIGN, request)) == wanted
        with stored(one) as store:
            assert store.kept(Slot.WITNESSED, ORIGIN) is None
        assert code(await node.ask(Type.CHECKPOINT)) == Code.UNKNOWN_ENTRY


async def test_only_the_pinned_sequencer_may_ask(one, log):
    """A gateway that the witness admits may compare checkpoints, not have them cosigned."""
    gateway = Gateway()
    one.admit(gateway, one.witnesses[0])
    async with running(one.witnesses[0]):
        async with asker(one.witnesses[0], gateway) as node:
            assert code(await node.ask(Type.COSIGN, log.request(0, 4))) == Code.NOT_ADMITTED
            assert (await node.ask(Type.HELLO)).get(Label.ORIGIN) == ORIGIN
            assert code(await node.register(gateway.extend())) == Code.WRONG_ROLE
        async with Asker(one.witnesses[0], curve_key()) as node:
            with pytest.raises(TimeoutError):
                await node.ask(Type.HELLO, wait=0.5)


class PowerCut(SqliteStore):
    """Keeps a checkpoint, and then the power goes: nobody hears of it."""

    armed = True

    def advance(self, slot, origin, old, new):
        result = super().advance(slot, origin, old, new)
        if self.armed:
            self.armed = False
            raise StoreFailed("power cut")
        return result


async def test_power_cut_between_keeping_and_answering(one, log):
    files = one.witnesses[0]
    fork = Log(one, mark=b"fork")

    def failing(files: NodeFiles, _):
        return PowerCut(files.store)

    async with running(files, open_store=failing), ask_witness(one) as node:
        assert code(await node.ask(Type.COSIGN, log.request(0, 4))) == Code.BUSY
    async with running(files), ask_witness(one) as node:
        # The sequencer never got the cosignature, and may not get one for another history either.
        answer = await node.ask(Type.COSIGN, fork.request(0, 4))
        assert code(answer) == Code.CONFLICT
        answer = await node.ask(Type.COSIGN, log.request(0, 4))
        assert (code(answer), answer.get(Label.SIZE)) == (Code.CONFLICT, 4)
        assert await cosigned(one, node, log.request(4, 4)) == NOW


async def test_two_logs_are_kept_apart(one, log, tmp_path):
    other = make_cluster(tmp_path / "other", witnesses=0)
    pins = one.witnesses[0].pinned
    curve = read_public_node(other.sequencer.public).curve
    key = load_signing_key(other.sequencer.log_key)
    second = key.note_key("example.net/log", KeyType.NOTE)
    pins.write_text(
        f'{pins.read_text()}\n[[log]]\nname = "zulu"\ncurve = "{curve}"\n'
        f'log = "{second.to_text()}"\n'
    )
    elsewhere = Log(other, mark=b"zulu")
    async with running(one.witnesses[0]), ask_witness(one) as node:
        async with asker(one.witnesses[0], other.sequencer) as zulu:
            await cosigned(one, node, log.request(0, 4))
            request = elsewhere.request(0, 4, origin="example.net/log")
            assert (await zulu.ask(Type.COSIGN, request)).type is Type.COSIGN
            assert code(await zulu.ask(Type.COSIGN, log.request(4, 5))) == Code.NOT_ADMITTED
            assert code(await zulu.ask(Type.CHECKPOINT)) == Code.UNKNOWN_ENTRY
            answer = await zulu.ask(Type.CHECKPOINT, {Label.ORIGIN: "example.net/log"})
            assert answer.get(Label.NOTE) == request[Label.NOTE]
