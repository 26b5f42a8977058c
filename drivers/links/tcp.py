"""A TCP connection as a byte link, with TLS where it is wanted; IPv4 and IPv6 alike."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from drivers.errors import CommandTimeout, DeviceMissing, DriverError, LinkLost, WrongDevice
from drivers.links import causes

if TYPE_CHECKING:
    import ssl

CONNECT_WITHIN = 10.0  # s; a reader that boots drops SYNs, and one on the far side of a VPN is slow
READ_SIZE = 65536  # bytes at once
HAPPY_EYEBALLS = 0.25  # s before the next address of a name is tried as well (RFC 8305)
HIGHEST_PORT = 65535

HANDSHAKES = {  # OpenSSL's name of what ended a handshake, and what it means
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it accepts none of the ciphers that are offered",
    "TLSV1_ALERT_PROTOCOL_VERSION": "its TLS is older than 1.2",
    "UNSUPPORTED_PROTOCOL": "its TLS is older than 1.2",
    "WRONG_VERSION_NUMBER": "what it sends is not TLS",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it asks for a certificate of this gateway",
}

_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EADDRNOTAVAIL)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device listens; prints as it is written in a configuration."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str, port: int) -> Address:
    """Return `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT` or `IPV6`; `port` is the default."""
    host, colon, number = text.strip().rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, number = text.strip(), str(port)
    if host.startswith("[") and not host.endswith("]"):  # `[IPV6]` without a port was cut
        host, number = text.strip(), str(port)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not number.isascii() or not number.isdigit():
        raise ValueError(f"{text!r} is not an address")
    if not 0 < int(number) <= HIGHEST_PORT:
        raise ValueError(f"{number} is not a port")
    return Address(host, int(number))


def connect_error(address: Address, error: OSError) -> DriverError:
    """Return the error that says why nothing answers at `address`."""
    if isinstance(error, socket.gaierror):
        return DeviceMissing(
            f"the name {address.host} is not known: {error.strerror}",
            cause=causes.UNKNOWN_NAME.of(host=address.host),
        )
    if isinstance(error, ConnectionRefusedError):
        return DeviceMissing(f"nothing listens at {address}", cause=causes.NO_LISTENER)
    if isinstance(error, TimeoutError) or error.errno in _UNREACHABLE:
        away = causes.NOT_REACHED.of(host=address.host)
        return DeviceMissing(f"{address} does not answer", cause=away)
    return DeviceMissing(f"cannot connect to {address}: {error.strerror or error}")


def tls_error(address: Address, error: OSError) -> DriverError:
    """Return the error that says why no TLS connection to `address` came about."""
    import ssl  # noqa: PLC0415  costs a megabyte, and only a link with TLS comes here

    if isinstance(error, ssl.SSLCertVerificationError):
        return WrongDevice(
            f"{address} shows a certificate that is not trusted: {error.verify_message}",
            cause=causes.TLS_UNTRUSTED.of(address=address),
        )
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        words = HANDSHAKES.get(reason)
        return WrongDevice(
            f"{address} does not speak TLS as asked: {words or reason}"
            + (f" ({reason})" if words else ""),
            cause=causes.TLS_REFUSED.of(address=address),
        )
    if isinstance(error, TimeoutError) and not error.errno:
        return DeviceMissing(
            f"{address} did not finish a TLS handshake within {CONNECT_WITHIN:g} s",
            cause=causes.TLS_SILENT,
        )
    if isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return DeviceMissing(
            f"{address} broke the TLS handshake off without a reason",
            cause=causes.TLS_REFUSED.of(address=address),
        )
    return connect_error(address, error)


class TcpLink:
    """An open connection to one device."""

    def __init__(
        self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._address = address
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(
        cls, address: Address, tls: ssl.SSLContext | None = None, name: str = ""
    ) -> Self:
        """Connect, or raise DeviceMissing or WrongDevice; `name` is the certificate's, if any."""
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                reader, writer = await asyncio.open_connection(
                    address.host,
                    address.port,
                    ssl=tls,
                    server_hostname=(name or address.host) if tls else None,
                    limit=READ_SIZE,
                    happy_eyeballs_delay=HAPPY_EYEBALLS,
                )
        except OSError as error:  # a timeout is one, too
            explain = connect_error if tls is None else tls_error
            raise explain(address, error) from error
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(address, reader, writer)

    async def read(self, within: float) -> bytes:
        """Return at least one byte, or nothing after `within` silent seconds; see `Link.read`."""
        try:
            async with asyncio.timeout(within):
                data = await self._reader.read(READ_SIZE)
        except TimeoutError as error:
            if error.errno:  # ETIMEDOUT: the kernel gave the connection up
                raise self._lost(error) from error
            return b""
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise self._lost(None)
        return data

    async def write(self, data: bytes, within: float) -> None:
        """Hand `data` to the kernel, or raise CommandTimeout or LinkLost; see `Link.write`."""
        try:
            async with asyncio.timeout(within):
                self._writer.write(data)
                await self._writer.drain()
        except TimeoutError as error:
            if error.errno:
                raise self._lost(error) from error
            raise CommandTimeout(f"{self._address} takes no data") from None
        except OSError as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """Drop the connection; see `Link.close`."""
        with contextlib.suppress(OSError):
            self._writer.transport.abort()

    def _lost(self, error: OSError | None) -> LinkLost:
        cause = f": {error.strerror or error}" if error is not None else ""
        text = f"{self._address} closed the connection{cause}"
        return LinkLost(text, cause=causes.CONNECTION_CLOSED)
