"""Envelopes of frames, and requests to be admitted (PROTOCOL.md, "Frames", "Enrolment")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.independent.cbor import decode
from tests.independent.cose import PublicKey, check_names, read_key, read_sign1
from tests.independent.reasons import Refused
from tests.independent.shape import (
    any_map,
    array,
    blob,
    blob_or_null,
    count,
    exact_map,
    text,
    version,
)

MAX_FRAME = 256 * 1024
ENROLMENT = "tallyman/enrolment"


@dataclass(frozen=True)
class Frame:
    """An envelope."""

    type: int
    request: bytes
    labels: list[int]
    statement: bytes | None


def read_frame(data: bytes) -> Frame:
    """Read an envelope."""
    if len(data) > MAX_FRAME:
        raise Refused("wire-size")
    item = array(decode(data), 5)
    version({0: item[0]}, 0, (1,))
    kind = count(item[1])
    if not 1 <= kind <= 16:
        raise Refused("wire-type")
    request = blob(item[2], 8)
    labels = [count(label) for label in any_map(item[3])]
    statement = blob_or_null(item[4])
    if statement == b"":
        raise Refused("wire")
    return Frame(kind, request, labels, statement)


@dataclass(frozen=True)
class Enrolment:
    """A request to be admitted."""

    token: str
    name: str
    issuer: str
    curve: str
    key: PublicKey


def read_enrolment(data: bytes) -> Enrolment:
    """Read and verify a request to be admitted."""
    signed = read_sign1(data)
    exact_map(signed.header, {1, 4, 16})
    if signed.unprotected or signed.header[16] != ENROLMENT:
        raise Refused("enrolment")
    check_names(signed)
    payload = blob(signed.payload)
    item = exact_map(decode(payload), {1, 2, 3, 4, 5})
    token = text(item[1])
    if not re.fullmatch("[a-z2-7]{26}", token):
        raise Refused("token")
    name, issuer, curve = (text(item[label]) for label in (2, 3, 4))
    if len(curve.encode()) != 40:
        raise Refused("shape")
    key = read_key(blob(item[5]))
    signed.verify(key, payload)
    return Enrolment(token, name, issuer, curve, key)
