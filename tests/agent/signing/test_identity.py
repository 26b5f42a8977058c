"""Id, epoch and boot count: made once, kept, never guessed anew."""

from __future__ import annotations

import errno
import os
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.signing.identity import Boot, IdentityDamaged, count_boot, load_or_make


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
