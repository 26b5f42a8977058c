"""Whether an interface leads anywhere, as the kernel's table of routes has it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket

import pytest

from foundation import reach
from foundation.addresses import Address, Unresolved
from foundation.reach import has_default_route
from hil.site.ports import free_port

TABLE = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
usb0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""


def test_an_interface_without_a_default_route_is_told_from_one_with(tmp_path):
    (tmp_path / "route").write_text(TABLE)
    assert has_default_route("eth0", tmp_path / "route")
    assert not has_default_route("usb0", tmp_path / "route")


def test_what_nobody_knows_is_not_called_routeless(tmp_path):
    (tmp_path / "route").write_text("rubbish\nusb0\n")
    assert has_default_route("wwan0", tmp_path / "route")
    assert has_default_route("eth0", tmp_path / "none")


class Names:
    """Resolves every host to one address, or fails."""

    def __init__(self, error=None):
        self.error = error

    async def addresses(self, host, port):
        if self.error:
            raise self.error
        return [host, port]


class Socket:
    closed = False

    def close(self):
        self.closed = True


def asks(monkeypatch, answer, *, running=True, routed=True):
    """Have a connection end so; the interface runs, or leads anywhere, as it is said."""

    async def connected(addresses, interface):
        assert (addresses, interface) in ((["node", 7], ""), (["node", 7], "usb0"))
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(reach, "connected", connected)
    monkeypatch.setattr(reach, "is_running", lambda interface: running)
    monkeypatch.setattr(reach, "has_default_route", lambda interface: routed)


def failure(number):
    return OSError(number, os.strerror(number))


UNREACHABLE = os.strerror(errno.EHOSTUNREACH)


@pytest.mark.parametrize(
    ("answer", "interface", "said"),
    [
        (ConnectionRefusedError(), "usb0", ""),
        (ConnectionResetError(), "", ""),
        (None, "", "no answer within 0.01 s"),
        (None, "usb0", "no answer within 0.01 s"),
        (failure(errno.EHOSTUNREACH), "usb0", UNREACHABLE),
        (failure(errno.ENETUNREACH), "", os.strerror(errno.ENETUNREACH)),
        (failure(errno.ENETUNREACH), "usb0", "no default route"),
        (failure(errno.ENODEV), "usb0", os.strerror(errno.ENODEV)),
        (OSError("the host has no address"), "", "the host has no address"),
    ],
)
async def test_why_an_address_is_not_reached(monkeypatch, answer, interface, said):
    asks(monkeypatch, answer)
    assert await reach.unreached("node", 7, interface, 0.01, Names()) == said


@pytest.mark.parametrize(
    ("error", "running", "routed", "said"),
    [
        (errno.ENETUNREACH, False, True, os.strerror(errno.ENETUNREACH)),
        (errno.ENETUNREACH, False, False, "no default route"),
        (errno.EHOSTUNREACH, True, False, "no default route"),
        (errno.ENODEV, True, False, os.strerror(errno.ENODEV)),
    ],
)
async def test_an_interface_that_leads_nowhere_is_told(monkeypatch, error, running, routed, said):
    asks(monkeypatch, failure(error), running=running, routed=routed)
    assert await reach.unreached("node", 7, "usb0", 1.0, Names()) == said


async def test_what_is_reached_is_let_go_and_a_name_that_is_not_resolved_is_named(monkeypatch):
    sock = Socket()
    asks(monkeypatch, sock, routed=False)
    assert await reach.unreached("node", 7, "usb0", 1.0, Names()) == ""
    assert sock.closed
    said = await reach.unreached("node", 7, "", 1.0, Names(Unresolved("node")))
    assert said == "the name node is not resolved"


async def test_a_host_s_addresses_are_tried_one_after_the_other():
    def at(port):
        return Address(socket.AF_INET, socket.SOCK_STREAM, 0, ("127.0.0.1", port))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        closed = at(free_port())
        found = await reach.connected([closed, at(port)], "")
        assert found.getpeername() == ("127.0.0.1", port)
        assert found.gettimeout() == 0.0, "nobody waits for it but the loop"
        found.close()
        with pytest.raises(ConnectionRefusedError):
            await reach.connected([closed], "")
    with pytest.raises(OSError, match="the host has no address"):
        await reach.connected([], "")


def test_an_interface_that_is_not_there_does_not_run():
    assert reach.is_running("lo")
    assert not reach.is_running("nowhere0")
