"""The token is brought to the node until it answers; what it answers is not believed as it comes."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from agent.enrolment import exchange as exchange_module
from agent.enrolment.exchange import (
    EnrolmentRefused,
    WrongPolicy,
    check_policy,
    exchange,
    pin,
    signed_request,
)
from agent.enrolment.preparation import Place
from agent.enrolment.seed import read_seed
from agent.signing.identity import load_or_make
from agent.signing.key_store import KeyStore
from agent.signing.keys import Keys
from agent.upstream.link import LinkDown, NodeError
from evidence.enrolment import parse_request
from evidence.policy import parse_policy
from evidence.wire import Code, Envelope, Label, Type, labels
from ledger.enrolling import enrolment
from tests.ledger.support import NOW


@pytest.fixture
def gateway(door, tmp_path):
    """A seed, and the identity and the keys that are to be admitted."""
    door.write_seed()
    door.state.mkdir()
    identity = load_or_make(door.state, os.urandom)
    return read_seed(door.seed), identity, Keys.load_or_make(door.state, KeyStore())


def admitted(door, gateway) -> bytes:
    return enrolment.enrol(door.node, parse_request(signed_request(*gateway)), NOW)


class Node:
    """Stands for the link: says each of `said` in turn, or raises it."""

    def __init__(self, monkeypatch, *said):
        self.said, self.asked, self.slept = list(said), [], []
        monkeypatch.setattr(exchange_module, "Link", self)

    def __call__(self, _context, node, curve, _entropy, _heard):
        self.node, self.curve = node, curve
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def request(self, type_, header, statement):
        self.asked.append((type_, header, statement))
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return Envelope(Type.ENROL, bytes(8), labels(said))

    async def sleep(self, seconds):
        self.slept.append(seconds)


def down():
    return LinkDown("no answer", advice="is it on?")


def refusal(code, retry_ms=0):
    answer = Envelope(Type.ENROL, bytes(8)).error(code, "words", {Label.RETRY_MS: retry_ms})
    return NodeError(answer)


async def test_it_asks_the_same_until_there_is_an_answer(door, gateway, monkeypatch):
    text = admitted(door, gateway)
    seed, _, keys = gateway
    node = Node(monkeypatch, *[down()] * 7, {Label.POLICY: text})
    assert await exchange(*gateway, os.urandom, node.sleep) == text
    assert node.slept == [1, 2, 4, 8, 16, 30, 30]
    assert node.asked == [(Type.ENROL, {}, signed_request(*gateway))] * 8
    assert (node.node.endpoint, node.node.server_key) == (seed.endpoint, seed.server_key)
    assert node.curve == keys.curve


async def test_a_busy_node_says_when(door, gateway, monkeypatch):
    text = admitted(door, gateway)
    node = Node(monkeypatch, refusal(Code.BUSY, 2500), {Label.POLICY: text})
    assert await exchange(*gateway, os.urandom, node.sleep) == text
    assert node.slept == [2.5]


async def test_a_refusal_is_not_asked_again(gateway, monkeypatch):
    node = Node(monkeypatch, refusal(Code.BAD_TOKEN))
    with pytest.raises(EnrolmentRefused, match=f"^{gateway[0].endpoint} refuses: ") as caught:
        await exchange(*gateway, os.urandom, node.sleep)
    assert "token new" in caught.value.advice
    assert node.slept == []


@pytest.mark.parametrize("said", [{}, {Label.POLICY: "text"}])
async def test_who_does_not_speak_enrolment_is_told(gateway, monkeypatch, said):
    node = Node(monkeypatch, said)
    with pytest.raises(EnrolmentRefused, match="does not speak enrolment"):
        await exchange(*gateway, os.urandom, node.sleep)


async def test_another_policy_is_not_believed(door, gateway, monkeypatch):
    seed, identity, keys = gateway
    text = admitted(door, gateway)
    check_policy(text, seed.policy, identity, keys)
    node = Node(monkeypatch, {Label.POLICY: seed.policy_text.encode()})
    with pytest.raises(WrongPolicy, match="the node's policy cannot be used") as caught:
        await exchange(*gateway, os.urandom, node.sleep)
    assert caught.value.evidence == seed.policy_text.encode()
    for other in (b"\xff", b"no policy"):
        with pytest.raises(WrongPolicy, match="cannot be used"):
            check_policy(other, seed.policy, identity, keys)
    stranger = replace(seed.policy, digest=bytes(32))
    with pytest.raises(WrongPolicy, match="is not the one in the seed") as caught:
        check_policy(text, stranger, identity, keys)
    assert caught.value.evidence == text


def test_the_request_names_what_is_to_be_admitted(gateway):
    seed, identity, keys = gateway
    request = parse_request(signed_request(*gateway))
    assert (request.token, request.name, request.issuer) == (
        seed.token,
        "truck-7",
        identity.gateway,
    )
    assert (request.curve, request.key) == (keys.curve.public.decode(), keys.statement.public)


def test_the_policy_that_names_it_is_pinned_for_all_to_read(door, gateway):
    text = admitted(door, gateway)
    place = Place(door.config, door.state, [])
    pin(text, place)
    assert parse_policy(place.policy.read_text()).gateways[0].issuer == gateway[1].gateway
    assert place.policy.stat().st_mode & 0o777 == 0o644
