"""Id, epoch and boot count: made once, kept, never guessed anew."""

from __future__ import annotations

import errno
import os
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.signing.identity import (
    Boot,
    Identity,
    IdentityDamaged,
    NotTheHeir,
    count_boot,
    load,
    load_or_make,
    take_place,
    to_text,
)
from evidence.statement import Follows


def entropy(count: int) -> bytes:
    return bytes(range(count))


def test_made_once_and_kept(tmp_path):
    made = load_or_make(tmp_path, entropy)
    assert uuid.UUID(made.gateway).version == 4
    assert made.gateway.startswith("urn:uuid:")
    assert len(made.epoch) == 16
    assert load_or_make(tmp_path, lambda count: b"\xff" * count) == made
    assert (tmp_path / "identity.toml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "rubbish = ",
        'version = 1\ngateway = "urn:uuid:x"\nepoch = "00"',
        'version = 2\ngateway = "x"\nepoch = "y"',
        "\x00" * 200,
    ],
)
def test_a_damaged_identity_stops_the_agent_and_stays_as_it_is(tmp_path, damage):
    (tmp_path / "identity.toml").write_text(damage)
    with pytest.raises(IdentityDamaged) as caught:
        load_or_make(tmp_path, entropy)
    assert "do not delete" in caught.value.advice
    assert (tmp_path / "identity.toml").read_text() == damage


def test_an_identity_that_may_not_be_read_is_not_to_be_restored(tmp_path, monkeypatch):
    (tmp_path / "identity.toml").write_text("")

    def refuse(*_: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(IdentityDamaged, match=r"identity\.toml: Permission denied") as caught:
        load_or_make(tmp_path, entropy)
    assert "sudo -u tallyman" in caught.value.advice


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100))
def test_rubbish_is_never_an_identity(tmp_path, data):
    (tmp_path / "identity.toml").write_bytes(data)
    with pytest.raises(IdentityDamaged):
        load_or_make(tmp_path, entropy)


def test_boots_are_counted_by_the_kernels_id(tmp_path):
    assert count_boot(tmp_path, "a-1", None) == Boot(1, new=True)
    assert count_boot(tmp_path, "a-1", 1) == Boot(1, new=False)
    assert count_boot(tmp_path, "b-2", 1) == Boot(2, new=True)
    assert count_boot(tmp_path, "b-2", None) == Boot(2, new=False)


def test_a_lost_counter_goes_on_behind_the_newest_record(tmp_path):
    (tmp_path / "boot.toml").write_bytes(b"\x00\x00 torn")
    assert count_boot(tmp_path, "a-1", 41) == Boot(42, new=True)
    assert count_boot(tmp_path, "a-1", 42) == Boot(42, new=False)


def test_an_old_copy_of_the_counter_gives_no_number_twice(tmp_path):
    count_boot(tmp_path, "a-1", None)
    assert count_boot(tmp_path, "a-1", 7) == Boot(8, new=True)


def test_an_unknown_boot_is_a_new_one(tmp_path):
    assert count_boot(tmp_path, "", None) == Boot(1, new=True)
    assert count_boot(tmp_path, "", 1) == Boot(2, new=True)
    assert count_boot(tmp_path, 'x"\nnumber = 99', 2) == Boot(3, new=True)
    assert count_boot(tmp_path, "a", 3) == Boot(4, new=True)


def test_a_counter_that_cannot_be_written_is_no_obstacle(tmp_path):
    (tmp_path / "boot.toml").mkdir()
    assert count_boot(tmp_path, "a-1", 5) == Boot(6, new=True)


@pytest.mark.parametrize(("number", "code"), [(errno.EIO, 1), (errno.EACCES, 1), (None, 2)])
def test_systemd_tries_again_where_the_disk_may_have_been_the_cause(
    tmp_path, monkeypatch, number, code
):
    """Exit code 2 ends the service until a person comes: a card that failed once is not enough."""
    (tmp_path / "identity.toml").write_text("rubbish")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    if number is not None:
        monkeypatch.setattr("pathlib.Path.read_text", fail)
    with pytest.raises(IdentityDamaged) as caught:
        load_or_make(tmp_path, os.urandom)
    assert caught.value.exit_code == code


GATEWAY = "urn:uuid:9f1c1d2e-0000-4000-8000-000000000007"
FOLLOWS = Follows(bytes(16), 7, bytes(32), 9, 'replaced by A. Keeper: "wet"')


def test_an_heir_goes_on_under_the_old_one_s_id_and_names_its_last(tmp_path):
    take_place(tmp_path, GATEWAY, FOLLOWS, entropy)
    heir = Identity(GATEWAY, bytes(range(16)), FOLLOWS)
    assert load(tmp_path / "identity.toml") == heir
    take_place(tmp_path, GATEWAY, FOLLOWS, lambda count: b"\xff" * count)
    assert load(tmp_path / "identity.toml") == heir, "again changes nothing"
    with pytest.raises(NotTheHeir, match="has an identity of its own already") as caught:
        take_place(tmp_path, GATEWAY.replace("7", "8"), FOLLOWS, entropy)
    assert "a card that was never started" in caught.value.advice


def test_what_it_follows_is_read_whole_or_not_at_all(tmp_path):
    path = tmp_path / "identity.toml"
    text = to_text(Identity(GATEWAY, bytes(16), FOLLOWS))
    for damaged in (
        text.replace('follows = "85', 'follows = "84'),
        text.replace('follows = "85', 'follows = "x'),
    ):
        assert damaged != text
        path.write_text(damaged)
        with pytest.raises(IdentityDamaged, match="says nothing readable of the previous epoch"):
            load(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version = 1", "version = 2", "is of version 2, not 1"),
        (GATEWAY, GATEWAY.upper(), "holds no gateway id and epoch"),
        (GATEWAY, "", "holds no gateway id and epoch"),
        ('"00000000000000000000000000000000"', '"00"', "holds no gateway id and epoch"),
    ],
)
def test_what_is_wrong_with_an_identity_is_told(tmp_path, old, new, said):
    text = to_text(Identity(GATEWAY, bytes(16)))
    assert old in text
    (tmp_path / "identity.toml").write_text(text.replace(old, new))
    with pytest.raises(IdentityDamaged, match=said):
        load(tmp_path / "identity.toml")


@pytest.mark.parametrize("number", ["0", "-1", "true", '"3"', "1.5"])
def test_a_count_that_is_none_begins_behind_the_newest_record(tmp_path, number):
    (tmp_path / "boot.toml").write_text(f'id = "a-1"\nnumber = {number}\n')
    assert count_boot(tmp_path, "a-1", None) == Boot(1, new=True)
    assert (tmp_path / "boot.toml").read_text() == 'id = "a-1"\nnumber = 1\n'
