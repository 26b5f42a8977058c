"""The socket for gateways that nobody knows: how often they may come, and what is kept of a thief."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import zmq

from evidence.enrolment import Request, sign_request
from evidence.keys import ES256
from evidence.wire import Code, Envelope, Label, Type, parse_frames
from foundation.durable import lock_file
from foundation.zmtp.front import Room
from foundation.zmtp.window import Limits
from ledger.base.errors import StoreFailed
from ledger.enrolling import enrol_server
from ledger.enrolling.enrolment import Invitation, invite
from ledger.store.store import Exhibit
from tests.ledger.support import NOW, Gateway, make_cluster

ADDRESS = "192.0.2.7"


class Over(BaseException):
    """Nothing more comes."""


class Wire:
    """What the server has in its router's place: gives it messages, and takes its answers."""

    def __init__(self, *made):
        self.made, self.coming, self.answers, self.gone = made, [], [], 0

    def open(self, listen, doorman, setting):
        self.opened, self.lets_in = (listen, setting), doorman.callback

    def host(self, frame):
        return frame.address

    async def receive(self):
        if not self.coming:
            raise Over
        return self.coming.pop(0)

    def send(self, frames):
        if self.gone:
            self.gone -= 1
            raise zmq.ZMQError(zmq.EHOSTUNREACH)
        name, *rest = frames
        assert name == b"peer"
        self.answers.append(parse_frames(rest))

    def close(self):
        self.opened = None


class Clock:
    def __init__(self):
        self.passed = 0.0

    def wall(self):
        return NOW

    def monotonic(self):
        return 1000.0 + self.passed


class Door:
    """The server of a node, with the store's evidence in `kept`."""

    def __init__(self, folder, monkeypatch):
        self.cluster = make_cluster(folder, witnesses=0, settings='enrol_listen = "tcp://*:7412"\n')
        monkeypatch.setattr(enrol_server, "Router", Wire)
        monkeypatch.setattr(enrol_server, "connections", lambda: (320, 80))
        self.clock, self.kept, self.limits, self.broken = Clock(), [], [], False
        files, curve = self.cluster.sequencer, Gateway().curve
        self.server = enrol_server.EnrolServer(files, curve, self.store, self.clock)
        self.wire = self.server._router

    async def store(self, work):
        return work(self)

    def keep_evidence(self, exhibit, limit):
        if self.broken:
            raise StoreFailed("ledger.db: disk I/O error")
        self.kept.append(exhibit)
        self.limits.append(limit)

    def token(self):
        invitation = Invitation("turin", "truck", "truck-7", "14d")
        return invite(self.cluster.sequencer, invitation, NOW, bytes)

    def sends(self, gateway, token="a" * 26, address=ADDRESS, **changes):
        """Put a request of a gateway on the wire; `changes` are of the message."""
        curve = gateway.curve.public.decode()
        request = Request(token, "truck-7", gateway.issuer, curve, gateway.signer.public)
        statement = sign_request(request, ES256, gateway.signer)
        message = Envelope(Type.ENROL, bytes(8), {}, statement)
        frames = changes.get("frames") or message.to_frames()
        peer = SimpleNamespace(bytes=b"peer", address=address, get=lambda name: curve)
        self.wire.coming.append([peer, *(SimpleNamespace(bytes=each) for each in frames)])

    async def answers(self):
        """Return the code of each refusal, and the type of what is none."""
        del self.wire.answers[:]
        with pytest.raises(Over):
            await self.server.serve()
        return [each.header.get(Label.CODE, each.type) for each in self.wire.answers]

    @property
    def retry_ms(self):
        return self.wire.answers[-1].get(Label.RETRY_MS)


@pytest.fixture
async def door(tmp_path, monkeypatch):
    door = Door(tmp_path, monkeypatch)
    yield door
    door.server.close()


async def test_it_lets_every_key_in_and_has_room_for_strangers_only(door):
    """Docs: a frame of at most 4 KiB, few of them; CURVE and the heads of two frames come on top."""
    door.server.open("tcp://*:7412")
    assert door.wire.opened == ("tcp://*:7412", "enrol_listen")
    assert door.wire.lets_in("tallyman-enrol", b"any key")
    assert not door.wire.lets_in("tallyman-ledger", b"any key")
    _, _, domain, room, largest = door.wire.made
    assert (domain, largest) == ("tallyman-enrol", 4096)
    assert room == Room(Limits(4096 + 84, 8), 262_144, known=0, strangers=80)


async def test_a_depot_of_sixty_behind_one_address_comes_in_and_then_one_in_two_seconds(door):
    gateway = Gateway()
    for _ in range(62):
        door.sends(gateway)
    assert await door.answers() == [Code.BAD_TOKEN] * 60 + [Code.BUSY] * 2
    assert door.retry_ms == 2001
    door.clock.passed = 2.0
    for _ in range(2):
        door.sends(gateway)
    assert await door.answers() == [Code.BAD_TOKEN, Code.BUSY]


async def test_all_together_are_two_hundred_and_then_ten_a_second(door):
    gateway = Gateway()
    for number in range(201):
        door.sends(gateway, address=f"192.0.2.{number}")
    assert await door.answers() == [Code.BAD_TOKEN] * 200 + [Code.BUSY]
    assert door.retry_ms == 101
    door.clock.passed = 0.1
    for number in (201, 202):
        door.sends(gateway, address=f"192.0.2.{number}")
    assert await door.answers() == [Code.BAD_TOKEN, Code.BUSY]


async def test_what_cannot_be_read_or_is_no_request_is_answered_and_ends_nothing(door):
    gateway = Gateway()
    door.sends(gateway, frames=[b"rubbish"])
    door.sends(gateway, frames=Envelope(Type.HELLO, bytes(8)).to_frames())
    door.sends(gateway)
    assert await door.answers() == [Code.MALFORMED, Code.WRONG_ROLE, Code.BAD_TOKEN]


async def test_who_left_before_the_answer_hinders_nobody(door):
    gateway = Gateway()
    for _ in range(2):
        door.sends(gateway)
    door.wire.gone = 1
    assert await door.answers() == [Code.BAD_TOKEN]


async def test_while_somebody_edits_the_lists_a_gateway_comes_again_in_two_seconds(door, caplog):
    door.sends(Gateway(), door.token())
    with lock_file(door.cluster.sequencer.edit_lock):
        assert await door.answers() == [Code.BUSY]
    assert door.retry_ms == 2000
    assert "a gateway cannot be enrolled now" in caplog.text


@pytest.mark.parametrize("broken", [False, True])
async def test_a_token_that_comes_with_other_keys_is_an_alarm_and_kept_as_evidence(
    door, caplog, broken
):
    gateway, thief, token = Gateway(), Gateway(), door.token()
    door.broken = broken
    door.sends(gateway, token)
    door.sends(thief, token)
    (_, stolen) = (frames[1:] for frames in door.wire.coming)
    assert await door.answers() == [Type.ENROL, Code.BAD_TOKEN]
    alarm = f"ALARM: the token that truck-7 ({gateway.issuer}) used came again, with the keys of"
    assert alarm in caplog.text
    signed = parse_frames([frame.bytes for frame in stolen]).statement
    exhibit = Exhibit("token-reuse", gateway.issuer, (signed,), NOW)
    assert door.kept == ([] if broken else [exhibit])
    assert door.limits == ([] if broken else [16])
    assert ("ledger.db: disk I/O error" in caplog.text) is broken


async def test_a_request_over_another_s_connection_admits_nobody(door):
    gateway, other, token = Gateway(), Gateway(), door.token()
    door.sends(gateway, token)
    (frames,) = door.wire.coming
    frames[0].get = lambda name: other.curve.public.decode()
    assert await door.answers() == [Code.NOT_ADMITTED]
    door.sends(gateway, token)
    assert await door.answers() == [Type.ENROL]
    assert door.wire.answers[0].get(Label.POLICY) == door.cluster.sequencer.policy.read_bytes()
