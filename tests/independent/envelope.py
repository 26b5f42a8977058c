"""Hash envelopes (PROTOCOL.md, "Attachments")."""

from __future__ import annotations

from dataclasses import dataclass

from tests.independent.cose import Signed, check_names, read_sign1
from tests.independent.reasons import Refused
from tests.independent.shape import blob, count, exact_map, num, text

MAX_SIZE = 1024


@dataclass(frozen=True)
class Envelope:
    """A hash envelope whose form has been checked."""

    signed: Signed
    kid: bytes
    iss: str
    issued: int
    digest: bytes
    content_type: str
    location: str


def read_envelope(data: bytes) -> Envelope:
    """Read a hash envelope's form ("Attachments")."""
    if len(data) > MAX_SIZE:
        raise Refused("envelope")
    signed = read_sign1(data)
    if signed.unprotected or signed.payload is None:
        raise Refused("envelope")
    header = exact_map(signed.header, {1, 4, 15, 258, 259}, {260})
    if num(header[258]) != -16:
        raise Refused("envelope-hash")
    check_names(signed)
    claims = exact_map(header[15], {1, 2, 6})
    if claims[2] != "attachment":
        raise Refused("envelope")
    iss, issued = text(claims[1]), count(claims[6])
    content_type, location = text(header[259]), text(header.get(260, ""))
    digest = blob(signed.payload, 32)
    return Envelope(signed, blob(header[4]), iss, issued, digest, content_type, location)
