"""Keys of people: opened by their PIN alone, and by none once they left or are locked."""

from __future__ import annotations

import hashlib
import os
import tomllib

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.signing.people import (
    Locked,
    NoSuchPerson,
    WrongPin,
    change_pin,
    enrol,
    enrolled,
    is_locked,
    open_key,
    remove,
    set_locked,
)
from foundation.errors import AgentError, Fatal

KEEPER = "keeper-2"


@pytest.fixture
def folder(tmp_path):
    enrol(tmp_path, KEEPER, "keeper", "4711", os.urandom)
    return tmp_path


def test_the_right_pin_opens_the_key_and_a_new_one_opens_the_same(folder):
    before = open_key(folder, KEEPER, "4711")
    assert (before.name, before.role) == (KEEPER, "keeper")
    change_pin(folder, KEEPER, "4711", "0815", os.urandom)
    assert open_key(folder, KEEPER, "0815").public == before.public
    with pytest.raises(WrongPin):
        open_key(folder, KEEPER, "4711")


def test_a_key_is_locked_with_what_scrypt_makes_of_the_pin(tmp_path):
    """RFC 7914 by another library: 16 MB for each try of whoever copied the file."""
    asked = []
    person = enrol(tmp_path, KEEPER, "keeper", "4711", lambda n: asked.append(n) or bytes(n))
    fields = tomllib.loads((tmp_path / "people" / f"{KEEPER}.toml").read_text())
    secret = hashlib.scrypt(b"4711", salt=bytes(16), n=16_384, r=8, p=1, dklen=32)
    key = load_pem_private_key(fields["key"].encode(), secret.hex().encode())
    numbers = key.public_key().public_numbers()
    assert person.public.x + person.public.y == b"".join(
        each.to_bytes(32, "big") for each in (numbers.x, numbers.y)
    )
    assert (asked, fields["role"]) == ([16], "keeper")
    assert (tmp_path / "people").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("pin", ["", "123"])
def test_a_pin_is_not_too_short(folder, pin):
    with pytest.raises(AgentError, match="a PIN has at least 4 characters"):
        enrol(folder, "keeper-3", "keeper", pin, os.urandom)
    with pytest.raises(AgentError, match="a PIN has at least 4 characters"):
        change_pin(folder, KEEPER, "4711", pin, os.urandom)
    assert enrolled(folder) == {KEEPER: "keeper"}


def test_a_second_person_has_a_key_and_a_pin_of_their_own(folder):
    enrol(folder, "driver-1", "driver", "0815", os.urandom)
    assert enrolled(folder) == {KEEPER: "keeper", "driver-1": "driver"}
    keys = {open_key(folder, *each).public for each in ((KEEPER, "4711"), ("driver-1", "0815"))}
    assert len(keys) == 2
    with pytest.raises(Fatal, match="driver-1 has a key already") as caught:
        enrol(folder, "driver-1", "driver", "4711", os.urandom)
    assert "choose another name" in caught.value.advice
    assert open_key(folder, "driver-1", "0815").public in keys, "it is still the one from before"


@pytest.mark.parametrize("name", ["", "../keys/statement", "a/b", "a\n"])
def test_a_name_that_would_lead_elsewhere_names_no_key(folder, name):
    for call in (
        lambda: enrol(folder, name, "keeper", "4711", os.urandom),
        lambda: open_key(folder, name, "4711"),
        lambda: remove(folder, name),
        lambda: is_locked(folder, name),
    ):
        with pytest.raises(AgentError, match="cannot name a key file"):
            call()
    assert enrolled(folder) == {KEEPER: "keeper"}


def test_who_left_has_no_key_here_and_nobody_gets_the_name(folder):
    set_locked(folder, KEEPER, locked=True)
    remove(folder, KEEPER)
    assert enrolled(folder) == {}
    assert not is_locked(folder, KEEPER)
    for call in (lambda: open_key(folder, KEEPER, "4711"), lambda: remove(folder, KEEPER)):
        with pytest.raises(NoSuchPerson, match=f"nobody called {KEEPER} may sign here"):
            call()
    with pytest.raises(Fatal, match=f"{KEEPER} has a key already"):
        enrol(folder, KEEPER, "keeper", "4711", os.urandom)


def test_who_was_never_locked_may_be_unlocked_and_may_leave(folder):
    set_locked(folder, KEEPER, locked=False)
    remove(folder, KEEPER)
    assert enrolled(folder) == {}


def test_a_person_s_mistake_is_theirs_and_no_fault_of_the_machine(folder):
    for pin, error in (("0000", WrongPin), ("4711", Locked)):
        with pytest.raises(error) as caught:
            open_key(folder, KEEPER, pin)
        assert caught.value.exit_code == 2
        set_locked(folder, KEEPER, locked=True)
    with pytest.raises(NoSuchPerson) as caught:
        open_key(folder, "keeper-9", "4711")
    assert caught.value.exit_code == 2


def test_a_locked_key_is_opened_by_no_pin_until_it_is_unlocked(folder):
    set_locked(folder, KEEPER, locked=True)
    with pytest.raises(Locked):
        open_key(folder, KEEPER, "4711")
    set_locked(folder, KEEPER, locked=False)
    assert open_key(folder, KEEPER, "4711").name == KEEPER


@pytest.mark.parametrize("text", ["", "role = 1", 'role = "keeper"\nsalt = "x"\nkey = "y"\n'])
def test_a_file_that_holds_no_key_is_named(folder, text):
    path = folder / "people" / f"{KEEPER}.toml"
    path.write_text(text)
    with pytest.raises(Fatal, match=f"{path} holds no person's key"):
        open_key(folder, KEEPER, "4711")
