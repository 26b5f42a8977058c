"""What a command or a statement changes in a node's lists, and in the policy that others pin."""

from __future__ import annotations

import pytest

from evidence.policy import parse_policy
from foundation.durable import AlreadyLocked, lock_file
from foundation.errors import Fatal
from ledger.base.public_node import read_public_node
from ledger.enrolling import lists, profiles
from ledger.enrolling.profiles import check_profile
from ledger.gateways.gateways import read_gateways
from ledger.gateways.pins import PinnedLog, read_pins
from tests.ledger.support import NOW, Gateway, Signer, make_cluster

MARGIN_S = 300  # between the clocks of honest witnesses


@pytest.fixture
def nodes(tmp_path):
    """A sequencer and a witness that has pinned its log, with truck-7 on both lists."""
    cluster = make_cluster(tmp_path, witnesses=1)
    cluster.gateway = Gateway()
    for files in (cluster.sequencer, cluster.witnesses[0]):
        cluster.admit(cluster.gateway, files)
    return cluster


def listed(files):
    """Name, key, and since, fence and end in seconds from NOW, of each line."""
    found = read_gateways(files.admitted)
    return [
        (each.name, each.key, *(at and at - NOW for at in (each.since, each.fenced, each.revoked)))
        for each in found
    ]


def keys_of(files):
    """Key, begin and end of each gateway's line in the policy."""
    policy = parse_policy(files.policy.read_text())
    return [(each.key, each.valid_from, each.revoked_at) for each in policy.gateways]


def test_who_is_admitted_counts_from_five_minutes_ago_and_again_changes_nothing(nodes):
    key, files = nodes.gateway.signer.public, nodes.sequencer
    for _ in range(2):
        assert listed(files) == [("truck-7", key, -MARGIN_S, None, None)]
        assert keys_of(files) == [(key, NOW - MARGIN_S, None)]
        nodes.admit(nodes.gateway)
    assert {path.stat().st_mode & 0o777 for path in (files.admitted, files.policy)} == {0o644}


def test_the_key_that_a_gateway_names_as_its_next_is_let_in_beside_the_old_one(nodes):
    gateway, other, files = nodes.gateway, Gateway("truck-8"), nodes.sequencer
    nodes.admit(other)
    key = Signer().public
    for now in (NOW + 60, NOW + 90):
        lists.succeed(files, gateway.issuer, key, now)
        assert listed(files) == [
            ("truck-7", gateway.signer.public, -MARGIN_S, None, None),
            ("truck-8", other.signer.public, -MARGIN_S, None, None),
            ("truck-7", key, 60 - MARGIN_S, None, None),
        ]
    assert keys_of(files)[-1] == (key, NOW + 60 - MARGIN_S, None)


def test_who_is_shut_out_names_no_next_key(nodes):
    lists.fence(nodes.sequencer, "truck-7", NOW)
    before = listed(nodes.sequencer)
    lists.succeed(nodes.sequencer, nodes.gateway.issuer, Signer().public, NOW + 60)
    assert listed(nodes.sequencer) == before


def test_a_sequencer_shuts_out_at_once_and_ends_a_key_later(nodes):
    files, key = nodes.sequencer, nodes.gateway.signer.public
    assert lists.fence(files, "truck-7", NOW + 5).issuer == nodes.gateway.issuer
    assert listed(files) == [("truck-7", key, -MARGIN_S, 5, None)]
    assert keys_of(files) == [(key, NOW - MARGIN_S, None)]
    lists.end(files, {key.kid.hex(): NOW + 400})
    assert listed(files) == [("truck-7", key, -MARGIN_S, None, 400)]
    assert keys_of(files) == [(key, NOW - MARGIN_S, NOW + 400)]


def test_a_witness_takes_no_statements_and_ends_a_key_as_it_shuts_it_out(nodes):
    (witness,) = nodes.witnesses
    lists.fence(witness, nodes.gateway.issuer, NOW + 5)
    key = nodes.gateway.signer.public
    assert listed(witness) == [("truck-7", key, -MARGIN_S, None, 5)]
    assert not witness.policy.exists()


def test_one_key_of_two_may_go(nodes):
    gateway, key = nodes.gateway, Signer().public
    lists.succeed(nodes.sequencer, gateway.issuer, key, NOW)
    lists.fence(nodes.sequencer, "truck-7", NOW + 5, gateway.signer.public.kid.hex())
    assert listed(nodes.sequencer) == [
        ("truck-7", gateway.signer.public, -MARGIN_S, 5, None),
        ("truck-7", key, -MARGIN_S, None, None),
    ]


def test_lists_are_changed_by_one_at_a_time(nodes):
    files, key = nodes.sequencer, nodes.gateway.signer.public
    before = files.admitted.read_bytes(), files.policy.read_bytes()
    with lock_file(files.edit_lock):
        for change in (
            lambda: nodes.admit(Gateway("truck-8")),
            lambda: lists.succeed(files, nodes.gateway.issuer, Signer().public, NOW),
            lambda: lists.fence(files, "truck-7", NOW),
            lambda: lists.end(files, {key.kid.hex(): NOW}),
        ):
            with pytest.raises(AlreadyLocked):
                change()
    assert (files.admitted.read_bytes(), files.policy.read_bytes()) == before


def test_a_witness_pins_the_log_of_a_sequencer_and_a_sequencer_none(nodes):
    sequencer, (witness,) = nodes.sequencer, nodes.witnesses
    node = read_public_node(sequencer.public)
    pinned = PinnedLog("alpha", node.curve, node.log)
    assert lists.pin(witness, sequencer.policy, sequencer.public) == pinned
    assert read_pins(witness.pinned) == (pinned,)
    assert witness.pinned.stat().st_mode & 0o777 == 0o644
    with pytest.raises(Fatal, match=r"^alpha is a sequencer$") as caught:
        lists.pin(sequencer, sequencer.policy, sequencer.public)
    assert caught.value.advice == "pin logs on a witness"
    with lock_file(witness.edit_lock), pytest.raises(AlreadyLocked):
        lists.pin(witness, sequencer.policy, sequencer.public)


def test_a_seed_names_a_profile_that_cards_have(tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "FOLDERS", (tmp_path / "nowhere", tmp_path / "package"))
    assert not check_profile("truck"), "nobody can tell where there are none at all"
    own = tmp_path / "own"
    for folder, name in (("package", "truck"), ("own", "yard")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.toml").touch()
    (own / "readme.txt").touch()
    assert check_profile("truck")
    assert check_profile("yard", [own])
    with pytest.raises(Fatal, match=r"^there is no profile 'truk': did you mean 'truck'") as caught:
        check_profile("truk", [own])
    assert caught.value.advice == "there are truck, yard; more of your own lie in --profiles DIR"
    with pytest.raises(Fatal, match="there is no profile 'yard'"):
        check_profile("yard")
