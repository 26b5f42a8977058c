"""Our reader of D-Bus against a real dbus-daemon, and python-dbusmock's ModemManager on it.

`make dbus-peers` runs it: `python -m tests.scenarios.dbus_peers FOLDER`, where FOLDER has
python-dbusmock. It needs dbus-daemon, and the system's python3 with dbus and gi.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from agent.upstream.network_manager import words_of
from drivers import catalog
from drivers.driver import Host
from drivers.errors import DeviceMissing
from drivers.modem.managed import ManagedModem
from drivers.modem.settings import Settings
from foundation.dbus.bus import Bus
from foundation.options import settings_of

PYTHON = "/usr/bin/python3"
WITHIN = 30.0  # s for a process to be there
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow receive_sender="*"/></policy></busconfig>
"""
MANAGERS = {
    "modemmanager": ("org.freedesktop.ModemManager1", "/org/freedesktop/ModemManager1"),
    "networkmanager": ("org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"),
}
OPTIONS = {"port": "/dev/ttyUSB2", "manager": True}


@contextmanager
def bus(folder: Path, mocks: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Run a private bus with both managers; yield its socket and the environment to call it."""
    socket = folder / "socket"
    (folder / "bus.conf").write_text(CONFIG.format(socket=socket))
    environ = {
        **os.environ,
        "PYTHONPATH": mocks,
        "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}",
    }
    running = [
        started(["dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork"], environ)
    ]
    try:
        until(socket.exists)
        for template in MANAGERS:
            words = [PYTHON, "-m", "dbusmock", "--system", "--template", template]
            running.append(started(words, environ))
        yield socket, environ
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


def started(words: Sequence[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that says nothing."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(words, env=environ, stdout=quiet, stderr=quiet)


def until(condition) -> None:
    """Wait for a condition; AssertionError where it does not come."""
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)


def told(environ: dict[str, str], template: str, method: str, *values: str) -> bool:
    """Tell a mock something; whether it was there to hear it."""
    service, path = MANAGERS[template]
    words = ["gdbus", "call", "--system", "-d", service, "-o", path]
    words += ["-m", f"org.freedesktop.DBus.Mock.{method}", *values]
    return subprocess.run(words, env=environ, capture_output=True, check=False).returncode == 0


async def modem(socket: Path) -> dict[str, object]:
    """Return what the driver reads of the modem."""
    settings = settings_of(Settings, catalog.check_options("modem.at", OPTIONS))
    async with ManagedModem("modem", settings, Host(), partial(Bus.open, str(socket))) as driver:
        return dict((await driver.read_once()).fields)


async def look(socket: Path, environ: dict[str, str]) -> None:
    """Read both managers, before and after there is something to read."""
    open_bus = partial(Bus.open, str(socket))
    until(lambda: told(environ, "networkmanager", "AddEthernetDevice", "one", "eth1", "100"))
    assert told(environ, "networkmanager", "AddEthernetDevice", "two", "eth2", "20")
    said = {name: await words_of(name, open_bus) for name in ("eth1", "eth2", "eth3")}
    print("NetworkManager:", said)
    assert said == {"eth1": "connected", "eth2": "unavailable", "eth3": ""}
    try:
        await modem(socket)
    except DeviceMissing as error:
        print("ModemManager without a modem:", error)
    else:
        raise AssertionError("a modem was read where there is none")
    until(lambda: told(environ, "modemmanager", "AddSimpleModem"))
    found = await modem(socket)
    print("ModemManager:", {name: value for name, value in found.items() if value is not None})
    assert (found["operator"], found["plmn"], found["technology"]) == (
        "TheOperator",
        "00101",
        "lte",
    )
    assert found["state"] == "unknown"  # it tells no registration, and none is made up


def main() -> int:
    """Run it; the one argument is the folder with python-dbusmock."""
    with tempfile.TemporaryDirectory() as name, bus(Path(name), sys.argv[1]) as (socket, environ):
        asyncio.run(look(socket, environ))
    return 0


if __name__ == "__main__":
    sys.exit(main())
