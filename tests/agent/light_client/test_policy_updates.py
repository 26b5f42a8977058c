"""The witnesses change: only the old quorum can do it, never back, and never before it is on disk."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.config import policy_page
from agent.light_client.client import LightClient, Offer
from agent.light_client.errors import Expired
from agent.light_client.policies import anchored_under, load_policies
from agent.light_client.trusted_store import TrustedStore
from agent.signing.file_key import FileKey
from evidence import cbor
from evidence.checkpoint import Checkpoint
from evidence.errors import EvidenceError
from evidence.note import KeyType, Note, cosign_note, sign_note
from evidence.policy import parse_policy
from evidence.policy_update import Change, parse_update, without_gateways
from foundation.errors import Fatal
from tests.agent.light_client.test_power_cuts import MOST_CALLS, FailingDisk, cut
from tests.agent.log_world import MEMBERS, NOW, ORIGIN, EdKey, LogWorld

DAY = 86400


class Consortium(LogWorld):
    """A log whose members can be exchanged; `exchange` returns the update, signed by `by`."""

    def __init__(self, gateway, quorum=3):
        super().__init__(gateway, quorum)
        self.number = 0

    def exchange(self, *leaving, by=MEMBERS[:3], number=None, at=NOW, again=None, **wrong):
        old, signers = self.policy, dict(self.cosigners)
        for name in leaving:
            self.cosigners[name] = EdKey()
        self.number += 1
        text = without_gateways(wrong.get("text") or self.policy_text)
        change = Change(
            ORIGIN,
            number or self.number,
            wrong.get("digest") or parse_policy(text).digest,
            wrong.get("previous") or old.digest,
            at,
        )
        body = change.to_text()
        log = wrong.get("log_key") or self.log_key
        lines = [sign_note(body, log.note_key(ORIGIN, KeyType.NOTE), log.sign)]
        for name in by:
            vkey = signers[name].note_key(name, KeyType.COSIGNATURE)
            at = wrong.get("signed_at", {}).get(name, NOW)
            lines.append(cosign_note(body, vkey, at, signers[name].sign))
        return cbor.encode((Note(body, tuple(lines)).to_text().encode(), text))


@pytest.fixture
def world():
    world = Consortium(FileKey(ec.generate_private_key(ec.SECP256R1())))
    world.seal()
    world.seal()
    return world


@pytest.fixture
def pinned(world):
    return world.policy


def open_client(pinned, folder, at=None):
    return LightClient(pinned, TrustedStore(folder, FailingDisk(at)), 14 * DAY)


def confirm(client, world, seq, trusted=0, **note):
    path = world.consistency(trusted) if trusted else None
    offer = Offer({seq: world.receipt(seq)}, world.note(**note), path)
    return client.confirm({seq: world.statement(seq)}, offer, NOW)


def refused(client, data, now=NOW):
    before = client.policies
    with pytest.raises(EvidenceError) as caught:
        client.update_policy(data, now)
    assert client.policies is before
    return caught.value.reason


def test_the_old_quorum_makes_the_new_one_count_and_the_old_one_no_more(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    confirm(client, world, 0)
    old = dict(world.cosigners)
    update = world.exchange("ada", "bob")
    world.seal()
    with pytest.raises(EvidenceError, match="quorum"):
        confirm(client, world, 2, trusted=3)
    assert client.wants_policy
    assert client.update_policy(update, NOW)
    assert not client.wants_policy
    assert confirm(client, world, 2, trusted=3)
    world.cosigners = old
    with pytest.raises(EvidenceError, match="quorum"):
        confirm(client, world, 2, trusted=0)


def test_it_is_in_force_after_a_restart_and_so_is_what_was_trusted_before(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    confirm(client, world, 0)
    client.update_policy(world.exchange("ada", "bob"), NOW)
    client.update_policy(world.exchange("cyd", "dan", by=("ada", "bob", "cyd")), NOW)
    again = open_client(pinned, tmp_path)
    assert again.policy == client.policy
    assert again.size == 3
    assert [policy.digest for policy in again.policies.known] == [
        policy.digest for policy in client.policies.known
    ]


@pytest.mark.parametrize("by", [(), ("ada",), ("ada", "bob")])
def test_under_quorum_is_refused(world, pinned, tmp_path, by):
    assert refused(open_client(pinned, tmp_path), world.exchange("ada", by=by)) == "quorum"


def test_the_new_members_cannot_let_themselves_in(world, pinned, tmp_path):
    strangers = Consortium(world.gateway)
    strangers.log_key, strangers.receipt_key = world.log_key, world.receipt_key
    update = strangers.exchange("ada", previous=pinned.digest)
    assert refused(open_client(pinned, tmp_path), update) == "quorum"


def test_without_the_log_s_own_signature_it_is_refused(world, pinned, tmp_path):
    update = world.exchange("ada", log_key=EdKey())
    assert refused(open_client(pinned, tmp_path), update) == "note-unsigned"


def test_an_old_update_is_refused_and_so_is_a_policy_that_comes_back(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    before = dict(world.cosigners)
    first = world.exchange("dan")
    client.update_policy(first, NOW)
    assert refused(client, first) == "update-sequence"
    assert refused(client, world.exchange("cyd", number=1)) == "update-sequence"
    world.cosigners = {**world.cosigners, "cyd": before["cyd"]}
    back = world.exchange(text=pinned_text(world, before))
    assert refused(client, back) == "update-again"
    assert refused(open_client(pinned, tmp_path), first) == "update-sequence", (
        "after a restart, too"
    )


@pytest.mark.parametrize(("newest", "in_force"), [(NOW + 59, False), (NOW + 60, True)])
def test_without_a_clock_its_time_is_come_when_one_signer_was_past_it(
    world, pinned, tmp_path, newest, in_force
):
    """Nobody vouches for the clock: the newest time that a signer of the update wrote counts."""
    update = world.exchange("dan", at=NOW + 60, signed_at={"bob": newest})
    client = open_client(pinned, tmp_path)
    assert client.update_policy(update, None) is in_force
    assert (client.policy != pinned) is in_force


def pinned_text(world, cosigners):
    now, world.cosigners = world.cosigners, cosigners
    text = world.policy_text
    world.cosigners = now
    return text


def test_an_update_that_skips_one_is_refused_until_that_one_came(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    first, second = world.exchange("dan"), world.exchange("cyd")
    assert refused(client, second) == "update-previous"
    assert client.update_policy(first, NOW)
    assert client.update_policy(second, NOW)


def test_the_log_s_own_keys_stay(world, pinned, tmp_path):
    stranger = base64.b64encode(EdKey().public.to_cose()).decode()
    lines = world.policy_text.split("\n")
    text = "\n".join(f"receipt {stranger}" if "receipt" in line else line for line in lines)
    assert refused(open_client(pinned, tmp_path), world.exchange(text=text)) == "update-log"


def test_before_its_time_it_waits(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    update = world.exchange("dan", at=NOW + 60)
    assert not client.update_policy(update, NOW)
    assert not client.update_policy(update, None), "an unsynced clock: the signers' time counts"
    assert client.policy == pinned
    assert client.update_policy(update, NOW + 60)


def test_without_a_clock_the_trusted_checkpoint_s_time_counts(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    confirm(client, world, 0, time=NOW + 60)
    update = world.exchange("dan", at=NOW + 60)
    assert client.update_policy(update, None)


def test_after_the_trusting_period_old_keys_may_be_stolen_and_change_nothing(
    world, pinned, tmp_path
):
    client = open_client(pinned, tmp_path)
    confirm(client, world, 0)
    with pytest.raises(Expired):
        client.update_policy(world.exchange("dan"), NOW + 15 * DAY)
    assert client.policy == pinned


@pytest.mark.parametrize("at", range(MOST_CALLS))
def test_the_power_goes_at_every_call(world, pinned, tmp_path, at):
    update = world.exchange("dan")
    client = open_client(pinned, tmp_path, at)
    done = cut(lambda: client.update_policy(update, NOW))
    assert client.policy.digest == (world.policy.digest if done else pinned.digest)
    after = open_client(pinned, tmp_path).policy.digest
    assert after in ((world.policy.digest,) if done else (pinned.digest, world.policy.digest))


def test_the_newer_policy_may_be_pinned_and_a_strange_one_may_not(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    client.update_policy(world.exchange("dan"), NOW)
    middle = world.policy
    client.update_policy(world.exchange("cyd"), NOW)
    last = world.policy
    for policy, followed, before in (
        (pinned, [pinned, middle, last], []),
        (middle, [middle, last], []),
        (last, [last], [middle]),
    ):
        found = load_policies(policy, TrustedStore(tmp_path))
        assert [each.digest for each in found.known] == [each.digest for each in followed]
        assert [each.digest for each in found.earlier] == [each.digest for each in before]
        assert (len(found.updates), found.sequence) == (len(followed) - 1, 2)
        assert found.newest.digest == last.digest
    with pytest.raises(Fatal, match="do not follow"):
        open_client(Consortium(world.gateway).policy, tmp_path)


def test_the_page_shows_every_policy_and_who_changed_it(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    client.update_policy(world.exchange("dan"), NOW)
    page = "\n".join(policy_page(client.policies))
    assert page.index(pinned.digest.hex()) < page.index(world.policy.digest.hex())
    assert "signed by ada, bob, cyd, members until then" in page
    assert "quorum members: 3 of ada, bob, cyd, dan" in page
    assert max(map(len, page.split("\n"))) <= 80


def test_a_bundle_stands_under_the_policy_of_its_checkpoints(world, pinned, tmp_path):
    client = open_client(pinned, tmp_path)
    before = world.note()
    client.update_policy(world.exchange("ada", "bob", "cyd"), NOW)
    after = world.note()
    policies = load_policies(pinned, TrustedStore(tmp_path))

    def under(*notes):
        count, policy = anchored_under(policies, notes)
        return count, policy and policy.digest

    old, new = pinned.digest, world.policy.digest
    assert under(before, before) == (2, old)
    assert under(after) == (1, new)
    assert under(None, after) == (2, new)
    assert under(before, None, before, after, before) == (3, old), "there the bundle is cut"
    assert under(after, before) == (1, new)
    stranger = LogWorld(world.gateway).note()
    assert under(stranger, after) == (0, None)


def test_every_flipped_bit_is_found(world, pinned, tmp_path):
    data = world.exchange("dan")
    note_end = len(data) - len(parse_update(data).text.encode())
    for place in range(note_end):
        flipped = bytearray(data)
        flipped[place] ^= 1
        assert refused(open_client(pinned, tmp_path), bytes(flipped))


@given(st.text(max_size=200))
def test_texts_that_are_no_change(text):
    with pytest.raises(EvidenceError):
        Change.from_text(text)


def test_a_checkpoint_is_no_change_and_a_change_no_checkpoint(world):
    with pytest.raises(EvidenceError):
        Change.from_text(world.checkpoint().to_text())
    change = Change(ORIGIN, 1, bytes(32), bytes(32), NOW)
    assert Change.from_text(change.to_text()) == change
    with pytest.raises(EvidenceError):
        Checkpoint.from_text(change.to_text())
