"""What a look at the machine shows, and that it changes nothing and ends in time."""

from __future__ import annotations

import os
import pty
import socket
import stat
import subprocess
import sys
import threading

import pytest

from agent.why import patience
from agent.why.machine import LocalMachine, allows
from agent.why.patience import within

ENDLESS = 60.0  # s


@pytest.fixture
def port(tmp_path):
    """A port under a stable name, as udev makes one."""
    primary, secondary = pty.openpty()
    path = tmp_path / "gps"
    path.symlink_to(os.ttyname(secondary))
    yield path
    os.close(primary)
    os.close(secondary)


def test_what_is_there_and_what_is_not(port, tmp_path):
    look = LocalMachine(None)
    assert look.there(str(port)) is True
    assert look.there(str(tmp_path / "none")) is False
    assert look.there(str(port / "below a file")) is False
    assert look.there("nul\0") is None
    assert look.there("/dev/i2c-4711") is False


def test_ports_of_its_kind_are_those_beside_it_that_nobody_has(port, tmp_path):
    primary, secondary = pty.openpty()
    other = tmp_path / "gps-2"
    other.symlink_to(os.ttyname(secondary))
    (tmp_path / "a file").touch()
    look = LocalMachine(None)
    try:
        assert look.unused(str(tmp_path / "gone"), []) == [str(port), str(other)]
        assert look.unused(str(tmp_path / "gone"), [str(port)]) == [str(other)]
        twin = tmp_path / "gone"
        twin.symlink_to(os.ttyname(secondary))
        assert look.unused(str(twin), [str(port)]) == [], "the same one by another name"
    finally:
        os.close(primary)
        os.close(secondary)
    assert look.unused("/no/such/folder/x", []) == []


def test_who_has_a_port_open_is_named(port):
    script = f"import time; file = open({str(port)!r}); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        found = LocalMachine(None).holders(str(port))
        holder.kill()
    assert any(f"(process {holder.pid})" in each for each in found)
    assert LocalMachine(None).holders(str(port.with_name("none"))) is None


def mode(user, group, bits):
    return os.stat_result((stat.S_IFCHR | bits, 0, 0, 1, user, group, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("found", "may"),
    [
        (mode(7, 20, 0o600), True),
        (mode(7, 20, 0o400), False),
        (mode(0, 20, 0o660), True),
        (mode(0, 20, 0o640), False),
        (mode(0, 5, 0o660), False),
        (mode(0, 5, 0o666), True),
        (mode(7, 20, 0o066), False),
    ],
)
def test_the_first_of_owner_group_and_others_that_fits_decides(found, may):
    assert allows(found, 7, [20]) is may


def test_of_whom_nothing_is_known_nobody_can_tell_what_they_may(port):
    assert LocalMachine(None).may_open(str(port)) is None
    assert LocalMachine(0).may_open(str(port)) is None, "what root may, its capabilities say"
    assert LocalMachine(2**31 - 7).may_open(str(port)) is None, "no such user"


def test_whether_somebody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1]
        assert LocalMachine(None).listens("127.0.0.1", number) is True
    assert LocalMachine(None).listens("127.0.0.1", number) is False


def test_a_bus_that_is_not_there_says_nothing_of_its_chips():
    assert LocalMachine(None).answers("/dev/i2c-4711", 0x44) is None


def test_a_look_that_hangs_is_unknown_in_time():
    ends = threading.Event()
    assert within(0.05, lambda: ends.wait(ENDLESS) or True) is None
    ends.set()
    assert within(ENDLESS, lambda: True) is True
    assert patience.LOOK_WITHIN <= 0.2
