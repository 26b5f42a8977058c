"""What a first boot writes without a network: whole, once, and never over a person's own file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.enrolment.preparation import (
    MADE_BY_US,
    Place,
    config_text,
    is_enrolled,
    prepare,
    remember,
)
from agent.enrolment.seed import SeedUnusable, read_seed
from drivers import catalog
from evidence.enrolment import token_digest
from tests.agent.enrolment.door import PROFILE


@pytest.fixture
def seed(door):
    door.write_seed()
    return read_seed(door.seed)


@pytest.fixture
def place(door):
    door.state.mkdir()
    config = door.card / "fresh" / "etc" / "tallyman.toml"
    return Place(config, door.state, [door.card / "none", door.card / "profiles"])


def test_the_configuration_says_what_seed_and_profile_say(seed, place):
    (node,) = seed.nodes
    assert config_text(seed, place) == (
        "# Made by `tallyman enrol` from the seed of truck-7, turin. Remove this line to keep your "
        "changes.\n"
        "\n[gateway]\n"
        f'name = "truck-7"\nstate_dir = "{place.state_dir}"\n'
        f'control = "{place.state_dir}/control.sock"\n'
        f'\n[ledger]\npolicy = "{place.state_dir}/policy.txt"\n'
        "\n[[ledger.node]]\n"
        f'name = "{node.name}"\nendpoint = "{node.endpoint}"\nserver_key = "{node.server_key}"\n'
        f"\n# Profile truck\n{PROFILE}"
    )
    usual = replace(place, state_dir=type(place.state_dir)("/var/lib/tallyman"))
    assert "state_dir" not in config_text(seed, usual)
    assert "control" not in config_text(seed, usual)


def test_policy_and_configuration_are_written_once_for_all_to_read(seed, place):
    prepare(seed, place, catalog)
    assert place.policy.read_text() == seed.policy_text
    assert place.config.read_text() == config_text(seed, place)
    for path in (place.policy, place.config):
        assert path.stat().st_mode & 0o777 == 0o644
    inodes = [path.stat().st_ino for path in (place.policy, place.config)]
    place.policy.write_text("what the node gave since")
    prepare(seed, place, catalog)
    assert [path.stat().st_ino for path in (place.policy, place.config)] == inodes
    assert place.policy.read_text() == "what the node gave since"


def test_another_seed_writes_another_configuration_but_not_over_a_person_s(seed, place):
    prepare(seed, place, catalog)
    other = replace(seed, label="truck-8")
    prepare(other, place, catalog)
    assert place.config.read_text() == config_text(other, place)
    own = place.config.read_text().removeprefix(MADE_BY_US)
    place.config.write_text(own)
    prepare(seed, place, catalog)
    assert place.config.read_text() == own


def test_a_profile_that_is_nowhere_is_named_with_where_it_was_looked_for(seed, place):
    with pytest.raises(SeedUnusable) as caught:
        prepare(replace(seed, profile="ship"), place, catalog)
    folders = ", ".join(map(str, place.profiles))
    assert str(caught.value) == f"{seed.path}: there is no profile 'ship' in {folders}"
    assert "put the profile there" in caught.value.advice
    assert not place.config.exists()


def test_what_is_remembered_is_no_token(seed, place):
    assert not is_enrolled(seed, place)
    remember(seed, place)
    assert place.state.read_text() == (
        "# How this gateway was enrolled.\n"
        'label = "truck-7"\nsite = "turin"\nprofile = "truck"\napn = "internet"\n'
        f'endpoint = "{seed.endpoint}"\ntoken_sha256 = "{token_digest(seed.token)}"\n'
    )
    assert place.state.stat().st_mode & 0o777 == 0o644
    assert is_enrolled(seed, place)
    assert not is_enrolled(replace(seed, token="a" * 26), place)
    place.state.write_text("rubbish")
    assert not is_enrolled(seed, place)
