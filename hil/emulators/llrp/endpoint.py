"""Where an emulated LLRP reader listens, and with which TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

LAST_PORT = 65535


def host_and_port(listen: str) -> tuple[str, int]:
    """Return both of `HOST:PORT` or `[IPV6]:PORT`; ValueError for anything else."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > LAST_PORT:
        raise ValueError(f"listen is HOST:PORT, not {listen!r}")
    return host.strip("[]"), int(port)


def server_context(
    certificate: str | Path | None, key: str | Path | None, ciphers: str
) -> ssl.SSLContext | None:
    """Return what serves a certificate, with TLS 1.2 and `ciphers` only where these are given."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # which names neither file
        raise ValueError(f"certificate {certificate} with key {key}: {error}") from error
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context
