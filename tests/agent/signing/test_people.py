"""Keys of people: opened by their PIN alone, and by none once they left or are locked."""

from __future__ import annotations

import os

import pytest

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


@pytest.mark.parametrize("name", ["", "../keys/statement", "a/b", "a\n"])
def test_a_name_that_would_lead_elsewhere_names_no_key(folder, name):
    with pytest.raises(AgentError, match="cannot name a key file"):
        enrol(folder, name, "keeper", "4711", os.urandom)
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
