"""A TCP connection as a link: addresses as people write them, bytes, silence, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl

import pytest

from drivers.errors import CommandTimeout, DeviceMissing, LinkLost, WrongDevice
from drivers.links import causes
from drivers.links.tcp import Address, TcpLink, connect_error, parse_address, tls_error

SILENCE = 0.02  # s
HERE = Address("reader.example", 5084)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("reader", "reader", 5084),
        ("reader:1", "reader", 1),
        ("reader:65535", "reader", 65535),
        (" 192.0.2.7:5085 ", "192.0.2.7", 5085),
        ("2001:db8::7", "2001:db8::7", 5084),
        ("[2001:db8::7]", "2001:db8::7", 5084),
        ("[2001:db8::7]:5085", "2001:db8::7", 5085),
        ("::1", "::1", 5084),
    ],
)
def test_an_address_as_people_write_it(text, host, port):
    address = parse_address(text, 5084)
    assert address == Address(host, port)
    assert str(address) == (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    assert parse_address(str(address), 1) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is not an address"),
        (":5084", "':5084' is not an address"),
        ("[]:5084", r"'\[\]:5084' is not an address"),
        ("reader:", "'reader:' is not an address"),
        ("reader:http", "'reader:http' is not an address"),
        ("reader:٣", "is not an address"),
        ("reader:-1", "is not an address"),
        ("reader:0", "^0 is not a port"),
        ("reader:65536", "^65536 is not a port"),
    ],
)
def test_what_is_no_address_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        parse_address(text, 5084)


class Device:
    """A listener on this machine; what it was sent is in `heard`."""

    def __init__(self):
        self.heard = b""
        self.came, self.let_go = asyncio.Event(), asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()
        self.address = Address(host, port)
        return self

    async def _serve(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.came.set()
        with contextlib.suppress(ConnectionError):
            await self.let_go.wait()
        writer.transport.abort()

    async def __aexit__(self, *_):
        self.let_go.set()
        self.server.close()
        await self.server.wait_closed()


async def test_bytes_go_both_ways_and_silence_is_nothing():
    async with Device() as device:
        link = await TcpLink.open(device.address)
        await device.came.wait()
        await link.write(b"hello", 1.0)
        assert await device.reader.readexactly(5) == b"hello"
        assert await link.read(SILENCE) == b""
        device.writer.write(b"welcome")
        assert await link.read(30.0) == b"welcome"
        link.close()


async def test_small_orders_go_out_at_once():
    async with Device() as device:
        link = await TcpLink.open(device.address)
        asked = link._writer.get_extra_info("socket")
        assert asked.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        link.close()


async def test_a_device_that_closes_is_lost():
    async with Device() as device:
        link = await TcpLink.open(device.address)
        await device.came.wait()
        device.writer.close()
        with pytest.raises(LinkLost) as caught:
            await link.read(30.0)
        assert str(caught.value) == f"{device.address} closed the connection"
        assert caught.value.cause is causes.CONNECTION_CLOSED
        link.close()


async def test_a_device_that_takes_nothing_times_a_write_out():
    async with Device() as device:
        link = await TcpLink.open(device.address)
        with pytest.raises(CommandTimeout, match=f"^{device.address} takes no data$"):
            await link.write(bytes(64 << 20), SILENCE)
        link.close()


async def test_a_closed_link_drops_the_connection_and_may_be_closed_twice():
    async with Device() as device:
        link = await TcpLink.open(device.address)
        await device.came.wait()
        link.close()
        link.close()
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(device.reader.read(), 30.0) == b""


class Failing:
    """Reader and writer of a connection that the kernel says `error` of."""

    def __init__(self, error):
        self.error = error

    async def read(self, count):
        raise self.error

    def write(self, data):
        pass

    async def drain(self):
        raise self.error


GIVEN_UP = OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
RESET = OSError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (GIVEN_UP, "Connection timed out"),
        (RESET, "Connection reset by peer"),
        (OSError("lost in TLS"), "lost in TLS"),
    ],
)
async def test_a_connection_that_the_kernel_gives_up_is_lost(error, why):
    assert isinstance(GIVEN_UP, TimeoutError)  # and still no mere silence
    link = TcpLink(HERE, Failing(error), Failing(error))
    for attempt in (link.read(30.0), link.write(b"x", 30.0)):
        with pytest.raises(LinkLost) as caught:
            await attempt
        assert str(caught.value) == f"reader.example:5084 closed the connection: {why}"


async def test_where_nothing_listens():
    async with Device() as device:
        address = device.address
    with pytest.raises(DeviceMissing) as caught:
        await TcpLink.open(address)
    assert str(caught.value) == f"nothing listens at {address}"
    assert caught.value.cause is causes.NO_LISTENER


AWAY = causes.NOT_REACHED.of(host="reader.example")
SILENT = "reader.example:5084 does not answer"


@pytest.mark.parametrize(
    ("error", "text", "cause"),
    [
        (socket.gaierror(-2, "Name or service not known"),
         "the name reader.example is not known: Name or service not known",
         causes.UNKNOWN_NAME.of(host="reader.example")),
        (OSError(errno.ECONNREFUSED, "refused"), "nothing listens at reader.example:5084",
         causes.NO_LISTENER),
        (TimeoutError(), SILENT, AWAY),
        *((OSError(each, "x"), SILENT, AWAY) for each in
          (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EADDRNOTAVAIL,
           errno.ETIMEDOUT)),
        (OSError(errno.EMFILE, "Too many open files"),
         "cannot connect to reader.example:5084: Too many open files", DeviceMissing.cause),
        (OSError("Multiple exceptions"),
         "cannot connect to reader.example:5084: Multiple exceptions", DeviceMissing.cause),
    ],
)  # fmt: skip
def test_why_nothing_answers(error, text, cause):
    for explain in (connect_error, tls_error):
        told = explain(HERE, error)
        if explain is tls_error and isinstance(error, TimeoutError) and not error.errno:
            assert told.cause is causes.TLS_SILENT
            assert "did not finish a TLS handshake within 10 s" in str(told)
        else:
            assert (type(told), str(told), told.cause) == (DeviceMissing, text, cause)


def of_openssl(kind, reason, **more):
    error = kind(1, f"[SSL: {reason}] it went wrong")
    error.reason = reason
    for name, value in more.items():
        setattr(error, name, value)
    return error


REFUSED = causes.TLS_REFUSED.of(address=HERE)
OTHER_TLS = "reader.example:5084 does not speak TLS as asked: "


@pytest.mark.parametrize(
    ("error", "kind", "text", "cause"),
    [
        (of_openssl(ssl.SSLCertVerificationError, "CERTIFICATE_VERIFY_FAILED",
                    verify_message="self-signed certificate"), WrongDevice,
         "reader.example:5084 shows a certificate that is not trusted: self-signed certificate",
         causes.TLS_UNTRUSTED.of(address=HERE)),
        (of_openssl(ssl.SSLError, "WRONG_VERSION_NUMBER"), WrongDevice,
         OTHER_TLS + "what it sends is not TLS (WRONG_VERSION_NUMBER)", REFUSED),
        (of_openssl(ssl.SSLError, "UNEXPECTED_MESSAGE"), WrongDevice,
         OTHER_TLS + "UNEXPECTED_MESSAGE", REFUSED),
        (ConnectionResetError(errno.ECONNRESET, "reset"), DeviceMissing,
         "reader.example:5084 broke the TLS handshake off without a reason", REFUSED),
    ],
)  # fmt: skip
def test_why_no_tls_comes_about(error, kind, text, cause):
    told = tls_error(HERE, error)
    assert (type(told), str(told), told.cause) == (kind, text, cause)
