"""Enrolment by token: once, by one gateway, whatever is sent, lost or cut off."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import tomllib

import pytest

from evidence import cbor, cose
from evidence.enrolment import TYPE, Request, sign_request, token_digest
from evidence.keys import ES256
from evidence.policy import parse_policy
from evidence.wire import Code, Envelope, Label, Type
from foundation.durable import WriteFailed, lock_file
from foundation.errors import Fatal
from ledger.base import times
from ledger.base.errors import Refused
from ledger.base.key_files import load_curve_key
from ledger.base.public_node import read_public_node
from ledger.enrolling import enrolment, lists, replacement
from ledger.enrolling.enrol_server import BURST, REUSE
from ledger.enrolling.enrolment import Invitation
from ledger.enrolling.seed_text import seed_text
from ledger.enrolling.tokens import Token, expiry, make_token, read_tokens
from ledger.gateways.gateways import read_gateways
from ledger.node.status import read_status
from ledger.store.sqlite_store import SqliteStore
from ledger.wire.client import NodeClient
from tests.ledger.support import (
    ANSWER_S,
    NOW,
    FakeClock,
    Gateway,
    asker,
    code,
    command,
    free_endpoint,
    make_cluster,
    running,
)

DAY = 86400


@pytest.fixture
def door(tmp_path):
    """A sequencer that lets gateways enrol."""
    endpoint = free_endpoint()
    cluster = make_cluster(tmp_path, witnesses=0, settings=f'enrol_listen = "{endpoint}"\n')
    cluster.enrol = endpoint
    return cluster


def invite(cluster, label="truck-7", expires="14d"):
    invitation = Invitation("turin", "truck", label, expires)
    return enrolment.invite(cluster.sequencer, invitation, NOW, secrets.token_bytes)


def request(gateway, token, **changes):
    fields = {
        "name": gateway.name,
        "issuer": gateway.issuer,
        "curve": gateway.curve.public.decode(),
    }
    return Request(token, **(fields | changes), key=gateway.signer.public)


def signed(gateway, token, **changes):
    return sign_request(request(gateway, token, **changes), ES256, gateway.signer)


async def ask(cluster, gateway, statement, type_=Type.ENROL, wait=ANSWER_S):
    """Send one message to the socket for enrolment, as whoever holds the gateway's CURVE key."""
    import zmq.asyncio

    context = zmq.asyncio.Context()
    server = load_curve_key(cluster.sequencer.curve_key).public.decode()
    client = NodeClient(context, cluster.enrol, server, gateway.curve)
    try:
        async with asyncio.timeout(wait):
            return await client.ask(Envelope(type_, secrets.token_bytes(8), {}, statement))
    finally:
        client.close()
        context.destroy(linger=0)


async def test_token_admits_the_gateway_that_then_registers(door):
    gateway = Gateway()
    token = invite(door)
    async with running(door.sequencer):
        answer = await ask(door, gateway, signed(gateway, token))
        assert answer.type is Type.ENROL
        (key,) = parse_policy(answer.get(Label.POLICY).decode()).gateways
        assert (key.issuer, key.key) == (gateway.issuer, gateway.signer.public)
        async with asker(door.sequencer, gateway) as node:
            assert (await node.register(gateway.extend())).type is Type.ACCEPTED
    (listed,) = read_gateways(door.sequencer.admitted)
    assert listed.tokens == (token_digest(token),)
    kept = b"".join(path.read_bytes() for path in door.folder.rglob("*.t*") if path.is_file())
    assert token.encode() not in kept


@pytest.mark.parametrize(("size", "answered"), [(4063, True), (4064, False)])
async def test_frame_of_at_most_4063_bytes_is_answered(door, size, answered):
    """CURVE adds 33 bytes, and 4 KiB is the limit of both together."""
    gateway = Gateway()
    frame = len(Envelope(Type.ENROL, bytes(8), {}, bytes(1000)).to_frames()[0]) - 1000
    async with running(door.sequencer):
        try:
            answer = await ask(door, gateway, bytes(size - frame), wait=ANSWER_S if answered else 2)
            assert code(answer) == Code.MALFORMED
        except TimeoutError:
            answer = None
    assert (answer is not None) is answered


async def test_same_request_again_is_answered_alike_even_after_expiry(door):
    gateway, clock = Gateway(), FakeClock()
    statement = signed(gateway, invite(door))
    async with running(door.sequencer, clock):
        first = await ask(door, gateway, statement)
        clock.now += 30 * DAY
        again = await ask(door, gateway, statement)
    assert again.get(Label.POLICY) == first.get(Label.POLICY)
    assert len(read_gateways(door.sequencer.admitted)) == 1


async def test_token_with_another_key_is_refused_kept_and_counted(door, caplog):
    gateway, thief = Gateway(), Gateway()
    token = invite(door)
    async with running(door.sequencer):
        await ask(door, gateway, signed(gateway, token))
        stolen = signed(thief, token)
        assert code(await ask(door, thief, stolen)) == Code.BAD_TOKEN
    assert "ALARM" in caplog.text
    assert thief.issuer in caplog.text
    store = SqliteStore(door.sequencer.store, read_only=True)
    (exhibit,) = store.evidence()
    store.close()
    assert (exhibit.kind, exhibit.source, exhibit.pieces) == (REUSE, gateway.issuer, (stolen,))
    assert (await read_status(door.sequencer)).exhibits == {REUSE: 1}
    assert [each.issuer for each in read_gateways(door.sequencer.admitted)] == [gateway.issuer]


async def test_two_gateways_with_one_token_at_once_admit_one(door):
    rivals = [Gateway() for _ in range(6)]
    token = invite(door)
    async with running(door.sequencer):
        answers = await asyncio.gather(
            *(ask(door, rival, signed(rival, token)) for rival in rivals)
        )
    assert sorted(answer.type for answer in answers) == [Type.ERROR] * 5 + [Type.ENROL]
    assert len(read_gateways(door.sequencer.admitted)) == 1


async def test_what_is_refused_spends_nothing(door):
    gateway, other = Gateway(), Gateway()
    token = invite(door)
    late = invite(door, expires="1h")
    forged = bytearray(signed(gateway, token))
    forged[-1] ^= 1
    clock = FakeClock(NOW + 3600)
    header = {cose.ALG: ES256, cose.KID: gateway.signer.public.kid, cose.TYP: TYPE}
    hollow = cose.sign(header, cbor.encode({1: token}), gateway.signer).to_bytes()
    cases = [
        (gateway, signed(gateway, "a" * 26), Code.BAD_TOKEN),
        (gateway, signed(gateway, late), Code.BAD_TOKEN),
        (gateway, signed(gateway, token, name="truck-8"), Code.BAD_TOKEN),
        (gateway, signed(gateway, token, name="a b"), Code.MALFORMED),
        (gateway, signed(gateway, token, issuer="truck"), Code.MALFORMED),
        (gateway, signed(gateway, "A" * 26), Code.MALFORMED),
        (gateway, bytes(forged), Code.BAD_SIGNATURE),
        (gateway, hollow, Code.MALFORMED),
        (gateway, b"", Code.MALFORMED),
        (other, signed(gateway, token), Code.NOT_ADMITTED),
    ]
    async with running(door.sequencer, clock):
        for who, statement, wanted in cases:
            assert code(await ask(door, who, statement)) == wanted, statement
        assert read_gateways(door.sequencer.admitted) == ()
        assert (await ask(door, gateway, signed(gateway, token))).type is Type.ENROL


async def test_only_enrol_is_answered_and_nobody_gets_further(door):
    stranger = Gateway()
    statement, _ = stranger.extend()
    async with running(door.sequencer):
        for type_ in (Type.HELLO, Type.REGISTER, Type.CHECKPOINT, Type.COSIGN):
            assert code(await ask(door, stranger, statement, type_)) == Code.WRONG_ROLE


class StandingClock(FakeClock):
    """A rate's bucket does not fill again while a loaded machine takes its time."""

    def monotonic(self):
        return 1000.0


async def test_flood_of_one_address_is_told_to_come_back(door):
    gateway = Gateway()
    statement = signed(gateway, "a" * 26)
    async with running(door.sequencer, StandingClock()):
        answers = [await ask(door, gateway, statement) for _ in range(BURST + 1)]
    assert [code(answer) for answer in answers[:-1]] == [Code.BAD_TOKEN] * BURST
    assert code(answers[-1]) == Code.BUSY
    assert answers[-1].get(Label.RETRY_MS) > 0


async def test_while_an_operator_edits_the_lists_the_gateway_comes_back(door):
    gateway = Gateway()
    statement = signed(gateway, invite(door))
    async with running(door.sequencer):
        with lock_file(door.sequencer.edit_lock):
            assert code(await ask(door, gateway, statement)) == Code.BUSY
        assert (await ask(door, gateway, statement)).type is Type.ENROL


async def test_gateway_admitted_by_hand_spends_its_token_and_keeps_its_line(door):
    gateway = Gateway()
    others = [Gateway(f"truck-{number}") for number in (5, 6, 8, 9)]
    for each in (*others[:2], gateway, *others[2:]):
        door.admit(each)
    tokens = [invite(door), invite(door)]
    for token in tokens:
        enrolment.enrol(door.sequencer, request(gateway, token), NOW)
    spent = tuple(map(token_digest, tokens))
    assert [(each.name, each.tokens) for each in read_gateways(door.sequencer.admitted)] == [
        ("truck-5", ()), ("truck-6", ()), ("truck-7", spent), ("truck-8", ()), ("truck-9", ()),
    ]  # fmt: skip
    with pytest.raises(enrolment.TokenReused):
        enrolment.enrol(door.sequencer, request(Gateway(), tokens[0]), NOW)


def test_revoked_gateway_does_not_come_back_by_its_token(door):
    gateway = Gateway()
    token = invite(door)
    enrolment.enrol(door.sequencer, request(gateway, token), NOW)
    lists.fence(door.sequencer, gateway.issuer, NOW + 1)
    with pytest.raises(Refused, match="revoked"):
        enrolment.enrol(door.sequencer, request(gateway, token), NOW + 2)
    with pytest.raises(Refused, match="revoked"):
        enrolment.enrol(door.sequencer, request(gateway, invite(door)), NOW + 2)


@pytest.mark.parametrize("writes", [0, 1])
def test_disk_that_fails_between_policy_and_list(door, monkeypatch, writes):
    """What was written of an admission that failed admits nobody, and the next try completes it."""
    gateway = Gateway()
    token = invite(door)
    left = writes
    write = lists.write_file

    def failing(*arguments):
        nonlocal left
        if left == 0:
            raise WriteFailed("no space")
        left -= 1
        write(*arguments)

    monkeypatch.setattr(lists, "write_file", failing)
    with pytest.raises(WriteFailed):
        enrolment.enrol(door.sequencer, request(gateway, token), NOW)
    assert read_gateways(door.sequencer.admitted) == ()
    monkeypatch.undo()
    policy = enrolment.enrol(door.sequencer, request(gateway, token), NOW + 60)
    assert len(parse_policy(policy.decode()).gateways) == 1
    assert len(read_gateways(door.sequencer.admitted)) == 1


def test_operator_makes_lists_and_withdraws_tokens(door):
    new = ["token", "new", door.sequencer.folder, "--site", "turin", "--profile", "truck"]
    made = command(*new, "--label", "truck-7", "--expires", "14d", "--apn", "internet")
    assert made.returncode == 0, made.stderr
    (token,) = re.findall(r'token = "([a-z2-7]{26})"', made.stdout)
    assert "PRIVATE" not in made.stdout
    assert door.sequencer.policy.read_text() in made.stdout
    assert token not in door.sequencer.tokens.read_text()
    listed = command("token", "list", door.sequencer.folder).stdout
    digest = token_digest(token)[:12]
    assert re.search(rf"{digest}  until \S+  unused\n    truck-7, turin, truck", listed)
    assert command("token", "withdraw", door.sequencer.folder, digest).returncode == 0
    assert read_tokens(door.sequencer.tokens) == ()
    again = command("token", "withdraw", door.sequencer.folder, digest)
    assert (again.returncode, "token list" in again.stderr) == (2, True)


def test_node_without_the_socket_makes_no_tokens(lone):
    with pytest.raises(Fatal, match="no socket") as caught:
        invite(lone)
    assert "enrol_listen" in caught.value.advice


def test_init_with_enrol_is_for_sequencers(tmp_path):
    for role, status in (("sequencer", 0), ("witness", 2)):
        address = ["--listen", free_endpoint(), "--enrol", free_endpoint()]
        made = command("init", tmp_path / role, "--name", role, "--role", role, *address)
        assert made.returncode == status, made.stderr


def test_dead_tokens_are_forgotten_in_time(door):
    invite(door, expires="1h")
    invitation = Invitation("turin", "truck", "truck-8", "1h")
    enrolment.invite(door.sequencer, invitation, NOW + 91 * DAY, secrets.token_bytes)
    assert [token.label for token in read_tokens(door.sequencer.tokens)] == ["truck-8"]


@pytest.mark.parametrize(
    "text", ["", "0d", "14", "d", "-1d", "400d", "9999h9", "2020-01-01", "soon"]
)
def test_expiry_must_be_within_a_year(text):
    with pytest.raises(Fatal, match="--expires"):
        expiry(text, NOW)


def test_expiry_in_days_hours_or_as_a_time():
    assert expiry("14d", NOW) == NOW + 14 * DAY
    assert expiry("36h", NOW) == NOW + 36 * 3600
    assert expiry("2026-03-01T00:00:00Z", NOW) == 1772323200


def test_a_token_s_digest_is_kept_for_ninety_days_behind_its_end(door):
    def invited(label, now):
        invitation = Invitation("turin", "truck", label, "1h")
        enrolment.invite(door.sequencer, invitation, now, secrets.token_bytes)
        return [token.label for token in read_tokens(door.sequencer.tokens)]

    end = NOW + 3600
    assert invited("truck-1", NOW) == ["truck-1"]
    assert invited("truck-2", end + 90 * DAY - 1) == ["truck-1", "truck-2"]
    assert invited("truck-3", end + 90 * DAY) == ["truck-2", "truck-3"]
    assert door.sequencer.tokens.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "good"),
    [("366d", True), ("367d", False), ("8784h", True), ("8785h", False), ("1h", True)],
)
def test_the_longest_life_of_a_token_is_a_leap_year(text, good):
    if good:
        assert expiry(text, NOW) > NOW
    else:
        with pytest.raises(Fatal, match="not within a year from now"):
            expiry(text, NOW)
    for late in (NOW, NOW + 366 * DAY + 1):
        with pytest.raises(Fatal, match="not within a year"):
            expiry(times.to_text(late), NOW)
    for good_till in (NOW + 1, NOW + 366 * DAY):
        assert expiry(times.to_text(good_till), NOW) == good_till


def test_a_token_is_sixteen_bytes_in_base32_and_only_its_digest_is_kept():
    text, token = make_token("turin", "truck", "truck-7", NOW, bytes)
    assert text == "a" * 26
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert token == Token(digest, "turin", "truck", "truck-7", NOW)
    assert token.digest == token_digest(text)
    for place in range(3):
        names = ["turin", "truck", "truck-7"]
        names[place] = "two words"
        with pytest.raises(Fatal, match="two words: not usable"):
            make_token(*names, NOW, bytes)


def enrols(door, gateway, token, now=NOW, **changes):
    """Return the code of a refusal with its words; nothing where the gateway is let in."""
    try:
        enrolment.enrol(door.sequencer, request(gateway, token, **changes), now)
    except Refused as refused:
        return refused.code, str(refused)
    return None


def test_a_token_counts_until_its_last_second_and_for_one_name(door):
    token, gateway = invite(door, expires="1h"), Gateway()
    assert enrols(door, gateway, token, NOW + 3600) == (Code.BAD_TOKEN, "the token has expired")
    other = (Code.BAD_TOKEN, "the token is for truck-7, not truck-8")
    assert enrols(door, gateway, token, name="truck-8") == other
    nobody = (Code.BAD_TOKEN, "there is no such token here")
    assert enrols(door, gateway, "a" * 26) == nobody
    assert read_gateways(door.sequencer.admitted) == ()
    assert enrols(door, gateway, token, NOW + 3599) is None
    (listed,) = read_gateways(door.sequencer.admitted)
    assert (listed.since, listed.tokens) == (NOW + 3599 - 300, (token_digest(token),))
    assert enrolment.spenders(door.sequencer) == {token_digest(token): "truck-7"}
    assert enrols(door, gateway, token, NOW + 10 * DAY) is None, "it may not have heard the answer"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "two words"},
        {"issuer": "urn:uuid:7"},
        {"issuer": "urn:uuid:9F1C1D2E-0000-4000-8000-000000000007"},
        {"issuer": "9f1c1d2e-0000-4000-8000-000000000007"},
    ],
)
def test_who_does_not_say_who_it_is_as_it_must_is_refused(door, changes):
    refused = enrols(door, Gateway(), invite(door), **changes)
    assert refused[0] == Code.MALFORMED


def test_a_token_for_an_heir_is_for_the_id_of_the_old_gateway_alone(door):
    old = Gateway()
    assert enrols(door, old, invite(door)) is None
    invitation = Invitation("turin", "truck", "truck-7", "14d", continues=old.issuer)
    token = enrolment.invite(door.sequencer, invitation, NOW, secrets.token_bytes)
    heir = Gateway(issuer=old.issuer)
    refused = enrols(door, Gateway(), token)
    assert refused == (Code.BAD_TOKEN, f"the token is for the next {old.issuer}")
    taken = enrols(door, heir, invite(door))
    assert taken[0] == Code.NOT_ADMITTED
    assert "another gateway has this id" in taken[1]
    assert enrols(door, heir, token) is None
    assert [each.issuer for each in read_gateways(door.sequencer.admitted)] == [old.issuer] * 2


def test_withdrawing_names_one_token_and_no_other(door):
    tokens = [invite(door, label=f"truck-{n}") for n in range(2)]
    first = token_digest(tokens[0])
    for start in ("", "x"):
        with pytest.raises(Fatal, match=f"0 tokens begin with '{start}'"):
            enrolment.withdraw(door.sequencer, start)
    assert enrolment.withdraw(door.sequencer, first).label == "truck-0"
    assert [each.label for each in read_tokens(door.sequencer.tokens)] == ["truck-1"]


def test_a_seed_says_where_and_by_which_token_and_under_which_policy(door):
    node = read_public_node(door.sequencer.public)
    invitation = Invitation("turin", "truck", "truck-7", "14d")
    seed = tomllib.loads(seed_text(door.sequencer, invitation, "a" * 26, "internet"))
    port = door.enrol.rpartition(":")[2]
    head = {"version": 1, "label": "truck-7", "site": "turin", "profile": "truck"}
    enrol = {
        "endpoint": f"tcp://127.0.0.1:{port}", "server_key": node.curve, "token": "a" * 26,
    }  # fmt: skip
    nodes = [{"name": "alpha", "endpoint": node.endpoint, "server_key": node.curve}]
    ledger = {"policy": door.sequencer.policy.read_text(), "node": nodes}
    assert seed == {**head, "apn": "internet", "enrol": enrol, "ledger": ledger}
    continues = {"gateway": "urn:uuid:x", "seq": 7}
    more = tomllib.loads(seed_text(door.sequencer, invitation, "a" * 26, "", continues))
    assert more == {**head, "enrol": enrol, "ledger": ledger, "continues": continues}


def test_unused_tokens_for_an_heir_go_with_the_gateway_that_is_replaced_again(door):
    old, other = Gateway(), Gateway("truck-8")
    for gateway, name in ((old, "truck-7"), (other, "truck-8")):
        assert enrols(door, gateway, invite(door, label=name)) is None

    def heir_of(gateway):
        invitation = Invitation("turin", "truck", "heir", "14d", continues=gateway.issuer)
        return enrolment.invite(door.sequencer, invitation, NOW, secrets.token_bytes)

    kept = [token_digest(heir_of(old)), token_digest(heir_of(other))]
    order = replacement.Order("truck-7", "tech-1", "PSU")
    assert replacement.fence(door.sequencer, order, NOW).issuer == old.issuer
    digests = [token.digest for token in read_tokens(door.sequencer.tokens)]
    assert [digest in digests for digest in kept] == [False, True]
    assert len(digests) == 3, "those that were used stay, to be told from guesses"
