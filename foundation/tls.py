"""What this side of a TLS connection trusts and takes: the same on every build of Python.

`ssl` costs a megabyte: whoever seldom needs it imports this module where it does.
"""

from __future__ import annotations

import ssl
from os import PathLike

EPHEMERAL = "ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
"""Python's own choice of cipher suites for TLS 1.2 from 3.10 on: none has key exchange by RSA."""


def client_context(authorities: str | PathLike[str] | None) -> ssl.SSLContext:
    """Return what checks a host's certificate and its name: TLS 1.2 or newer, ephemeral keys.

    It trusts whom the file `authorities` names, without one whom the system trusts; OSError, of
    ssl's own, too, where that cannot be read.
    """
    context = ssl.create_default_context(cafile=authorities)
    # Debian builds its Python to leave both to OpenSSL, which takes more.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(EPHEMERAL)
    return context
