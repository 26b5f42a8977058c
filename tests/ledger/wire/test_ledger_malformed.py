"""Whatever bytes an admitted peer sends, the node answers ERROR or nothing, and goes on."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import cbor
from evidence.errors import EvidenceError
from evidence.wire import VERSION, Code, Envelope, Label, Type, parse_frames
from ledger.base.clock import SystemClock
from ledger.base.errors import Refused
from ledger.gateways.admission import Peer
from ledger.log.log_identity import load_cosigner, load_log_identity
from ledger.log.registrar import Registrar
from ledger.log.sequencer import Sequencer
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store_thread import StoreThread
from ledger.witness.cosigner import Cosigner
from ledger.witness.witness import Witness
from tests.ledger.support import Gateway, asker, make_cluster, running

CODES = {value for name, value in vars(Code).items() if name.isupper()}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=40)
    | st.binary(min_size=16, max_size=16)
    | st.binary(min_size=32, max_size=32)
    | st.text(max_size=10)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=8)
HEADERS = st.dictionaries(st.sampled_from(sorted(map(int, Label))) | st.integers(0, 30), VALUES)


async def exchange(node, frames):
    """Send raw frames and return the answer."""
    dealer = node._client.connected()
    await dealer.send(frames)
    async with asyncio.timeout(30):
        return parse_frames(await dealer.receive())


async def test_frames_that_are_no_message(lone, gateway):
    good = Envelope(Type.HELLO, bytes(8), {}).to_frames()[0]
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.ask(Type.HELLO)
        for frames in (
            [b""],
            [b"", b""],
            [good],
            [good, b"", b""],
            [b"", good, b""],
            [good[:-1], b""],
            [good + b"\x00", b""],
            [cbor.encode((VERSION + 1, 1, bytes(8), {}, None)), b""],
            [cbor.encode((VERSION, 99, bytes(8), {}, None)), b""],
            [cbor.encode((VERSION, 1, bytes(7), {}, None)), b""],
            [b"\x9b" + b"\xff" * 8, b""],
            [b"\x81" * 1000, b""],
            [bytes.fromhex("9fff"), b""],
            [b"x"] * 40,
        ):
            answer = await exchange(node, frames)
            assert answer.type is Type.ERROR
            assert answer.get(Label.CODE) == Code.MALFORMED
            assert answer.request == bytes(8)
        answer = await exchange(node, [bytes(256 * 1024 + 1), b""])
        assert answer.get(Label.CODE) == Code.TOO_LARGE
        assert (await node.ask(Type.HELLO)).type is Type.HELLO


@pytest.fixture(scope="module")
def desks(tmp_path_factory):
    """A sequencer's and a witness's desk without their sockets, and a peer that may do all."""
    cluster = make_cluster(tmp_path_factory.mktemp("desks"), witnesses=1)
    gateway = Gateway()
    runner = asyncio.Runner()

    async def build():
        identity = load_log_identity(cluster.sequencer)
        store = await StoreThread.open(lambda: SqliteStore(cluster.sequencer.store))
        registrar = Registrar(store, SystemClock().wall)
        desk = Sequencer(identity, store, registrar, SystemClock().wall, lambda *_: None)
        theirs = await StoreThread.open(lambda: SqliteStore(cluster.witnesses[0].store))
        key, private = load_cosigner(cluster.witnesses[0], "bravo")
        cosigner = Cosigner(key, private.sign, theirs, SystemClock().wall)
        lists = SimpleNamespace(logs=lambda: {identity.origin: identity.policy.log})
        witness = Witness(cosigner, lists, theirs, SystemClock().wall)
        registering = asyncio.create_task(registrar.run())
        return [desk, witness], [store, theirs], registering, identity

    answering, stores, registering, identity = runner.run(build())
    key = gateway.signer.public
    peer = Peer("all", gateway.issuer, {key.kid: key}, {identity.origin: identity.policy.log})
    yield SimpleNamespace(run=runner.run, all=answering, peer=peer, gateway=gateway)

    async def close():
        registering.cancel()
        for store in stores:
            await store.close()

    runner.run(close())
    runner.close()


async def verdict(desk, peer, message):
    """The answer, or the code of the refusal; any other exception fails the test."""
    try:
        return await desk.answer(peer, message)
    except EvidenceError:
        return Code.MALFORMED
    except Refused as refusal:
        return refusal.code


def check(desks, message):
    for desk in desks.all:
        answer = desks.run(verdict(desk, desks.peer, message))
        assert isinstance(answer, Envelope) or answer in CODES
        if isinstance(answer, Envelope):
            assert parse_frames(answer.to_frames()).request == message.request


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(list(Type)), HEADERS, st.binary(max_size=200), st.binary(max_size=60))
def test_any_header_of_any_type(desks, type_, header, statement, body):
    check(desks, Envelope(type_, bytes(8), header, statement, body))


RIGHT = {
    Label.EPOCH: st.binary(min_size=16, max_size=16),
    Label.SEQS: st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=3),
    Label.SIZE: st.integers(0, 2**64 - 1),
    Label.OLD_SIZE: st.integers(0, 2**64 - 1),
    Label.INDEX: st.integers(0, 2**64 - 1),
    Label.PATH: st.lists(st.binary(min_size=32, max_size=32), max_size=3),
    Label.NOTE: st.binary(max_size=60).map(lambda rest: b"example.org/log\n" + rest),
    Label.NOTES: st.lists(st.binary(max_size=30), min_size=1, max_size=3),
    Label.ORIGIN: st.sampled_from(["example.org/log", "", "x"]),
}


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(list(Type)),
    st.fixed_dictionaries({}, optional={int(label): values for label, values in RIGHT.items()}),
)
def test_headers_of_the_right_shape(desks, type_, header):
    check(desks, Envelope(type_, bytes(8), header))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.integers(0, 255), st.integers(0, 3), st.booleans())
def test_a_real_registration_with_one_byte_changed(desks, at, value, seq, in_body):
    signed, body = desks.gateway.sign(seq, None if seq == 0 else bytes(32))
    changed = bytearray(body if in_body else signed)
    changed[at % len(changed)] = value
    pair = (signed, bytes(changed)) if in_body else (bytes(changed), body)
    check(desks, Envelope(Type.REGISTER, bytes(8), {}, *pair))
