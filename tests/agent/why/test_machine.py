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
import smbus2

from agent.why import machine, patience
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
    (tmp_path / "a name of nothing").symlink_to(tmp_path / "unplugged")
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


@pytest.fixture
def proc(tmp_path, port):
    """A folder of processes, each with its command line and the files that it has open."""

    def process(number, command, *files, name=None):
        folder = tmp_path / "proc" / str(number)
        (folder / "fd").mkdir(parents=True)
        (folder / "cmdline").write_bytes(b"\0".join(command.encode().split()) + b"\0")
        if name is not None:
            (folder / "comm").write_text(name + "\n")
        for each, file in enumerate(files):
            (folder / "fd" / str(each)).symlink_to(file)

    (tmp_path / "proc" / "self").mkdir(parents=True)
    process(7, "minicom -D /dev/gps", "/dev/null", port.readlink(), name="minicom")
    process(8, "cat /etc/hosts", "/etc/hosts", name="cat")
    process(9, "python3 -m tallyman run", port.readlink(), name="tallyman")
    process(10, "/usr/bin/env python3 /usr/bin/tallyman run", port.readlink(), name="tallyman")
    process(11, "tallyman watch", port.readlink())
    process(12, "vi -R -n /home/me/tallyman run", port.readlink(), name="vi")
    process(13, "minicom run", port.readlink(), name="runner")
    (tmp_path / "proc" / "14").mkdir()  # it ended meanwhile
    return tmp_path / "proc"


def test_all_that_have_a_port_open_are_named_but_for_the_agent_itself(proc, port):
    assert sorted(LocalMachine(None, proc).holders(str(port))) == [
        "a program (process 11)", "minicom (process 7)", "runner (process 13)", "vi (process 12)",
    ]  # fmt: skip


def test_what_may_not_be_looked_into_is_unknown_and_no_nobody(proc, port):
    look = LocalMachine(None, proc)
    hosts = str(port.with_name("other"))
    port.with_name("other").touch()
    assert look.holders(hosts) == []
    (proc / "15").mkdir()
    (proc / "15" / "fd").touch()  # not a folder: as little to be read as another user's
    assert look.holders(hosts) is None
    assert len(look.holders(str(port))) == 4, "some are known"


def test_ports_in_dev_are_of_its_kind_where_only_their_number_differs(port):
    look = LocalMachine(None)
    assert look.unused("/dev/nul0", []) == ["/dev/null"]
    assert look.unused("/dev/nul0", ["/dev/null"]) == []
    assert look.unused("/dev/null", []) == []


@pytest.mark.parametrize(
    ("opened", "there"), [(None, True), (PermissionError, None), (FileNotFoundError, False)]
)
def test_a_bus_that_no_folder_shows_is_there_where_it_opens(monkeypatch, opened, there):
    closed = []

    def opens(path, flags):
        assert (path, flags) == ("/dev/spidev9.7", os.O_RDWR)
        if opened is not None:
            raise opened
        return 4711

    monkeypatch.setattr(machine.os, "open", opens)
    monkeypatch.setattr(machine.os, "close", closed.append)
    assert LocalMachine(None).there("/dev/spidev9.7") is there
    assert closed == ([4711] if there else [])


class Bus:
    """An I2C bus as smbus2 has it: a chip at 0x44 takes an address for writing, one at 0x45 for
    reading alone.
    """

    said = ()

    def open(self, path):
        assert path == "/dev/i2c-1"

    def i2c_rdwr(self, message):
        self.said = (*self.said, (message.addr, message.flags, message.len))
        if (message.addr, message.flags) not in {(0x44, 0), (0x45, 1)}:
            raise OSError(121, "Remote I/O error")

    def close(self):
        self.said = (*self.said, "closed")


@pytest.mark.parametrize(
    ("address", "answers", "said"),
    [
        (0x44, True, ((0x44, 0, 0), "closed")),
        (0x45, True, ((0x45, 0, 0), (0x45, 1, 1), "closed")),
        (0x46, False, ((0x46, 0, 0), (0x46, 1, 1), "closed")),
    ],
)
def test_a_chip_is_there_that_takes_its_address_for_writing_or_for_reading(
    monkeypatch, address, answers, said
):
    bus = Bus()
    monkeypatch.setattr(smbus2, "SMBus", lambda: bus)
    assert LocalMachine(None).answers("/dev/i2c-1", address) is answers
    assert bus.said == said


def test_what_another_user_may_open(tmp_path):
    path, daemon = tmp_path / "port", LocalMachine(1)
    path.touch()
    for bits, may in ((0o666, True), (0o660, False), (0o664, False)):
        path.chmod(bits)
        assert daemon.may_open(str(path)) is may
    assert daemon.may_open(str(tmp_path / "none")) is None
    assert daemon.may_open("nul\0") is None


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
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    assert any(each.daemon for each in others), "it keeps nobody from leaving"
    ends.set()
    assert within(ENDLESS, lambda: True) is True
    assert patience.LOOK_WITHIN <= 0.2
