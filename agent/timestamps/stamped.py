"""A bundle with a timestamp: where the token stands (docs/PROTOCOL.md, "Timestamps"). Pure.

The file is the bundle's own array with the token as a third item, so the bundle comes out of it
byte by byte as it was stamped.
"""

from __future__ import annotations

from evidence import cbor
from evidence.errors import MalformedError

PLAIN, STAMPED = b"\x82", b"\x83"
"""Arrays of two and of three items."""

MAX_TOKEN_BYTES = 64 << 10
"""Tokens have 1 to 8 kB, most of them certificates."""


def with_token(bundle: bytes, token: bytes) -> bytes:
    """Return the file of a plain bundle and a token over it."""
    assert bundle[:1] == PLAIN, "a plain bundle is an array of two"
    return STAMPED + bundle[1:] + cbor.encode(token)


def apart(data: bytes) -> tuple[bytes, bytes | None]:
    """Return the plain bundle in a file, and the token over it, None where it has none.

    What is no stamped bundle comes back as it is: whoever reads bundles says what is wrong with it.
    """
    if data[:1] != STAMPED:
        return data, None
    try:
        end = cbor.end_of_first(data, cbor.end_of_first(data, 1))
        token = cbor.decode(data[end:])
    except MalformedError:
        return data, None
    if not isinstance(token, bytes) or len(token) > MAX_TOKEN_BYTES:
        return data, None
    return PLAIN + data[1:end], token
