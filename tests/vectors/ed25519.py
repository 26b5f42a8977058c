"""Vectors of Ed25519 where implementations differ: odd keys, cofactor, and forms of R and S."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count

from ecdsa.eddsa import curve_ed25519, generator_ed25519
from ecdsa.ellipticcurve import PointEdwards

from evidence import cbor, cose
from evidence.keys import Curve, PublicKey
from tests.evidence.building import EPOCH, ISSUER, NOON, seeded, small_world
from tests.vectors.case import Case

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
BASE = generator_ed25519
EIGHTH = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
TORSION = PointEdwards.from_bytes(curve_ed25519, EIGHTH)
"""A point of order 8: added to another, it vanishes when multiplied by the cofactor."""

SECRET = int.from_bytes(seeded("an odd key"), "little") % L
PLAIN, ODD = BASE * SECRET, BASE * SECRET + TORSION
WORD = dict[int | str, cbor.Value]


def odd_key_cases() -> Iterator[Case]:
    """Yield keys that some implementations take and others do not."""
    odd = PublicKey(Curve.ED25519, bytes(ODD.to_bytes()))
    values = {"kid": odd.kid.hex(), "thumbprint": odd.thumbprint.hex(), "algorithms": [-19, -8]}
    yield Case("Ed25519: a point with a part of order 8", odd.to_cose(), values=values)
    for name, x in {
        "order 1": _encoded(1),
        "order 1, with a sign bit": _encoded(1, 1),
        "order 2": _encoded(P - 1),
        "order 4": _encoded(0),
        "order 4, the other": _encoded(0, 1),
        "order 8": EIGHTH,
        "order 8, with a sign bit": _encoded(int.from_bytes(EIGHTH, "little"), 1),
        "order 8, the other": _encoded(P - int.from_bytes(EIGHTH, "little")),
        "order 4, y as p": _encoded(P),
        "y as p + 3": _encoded(P + 3),
        "no point": _encoded(2),
    }.items():
        yield Case(f"Ed25519: {name}", _key(x), "key-point")


def _encoded(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def _key(x: bytes) -> bytes:
    return cbor.encode({1: 1, -1: 6, -2: x})


def odd_signature_cases() -> Iterator[Case]:
    """Yield statements whose signatures some implementations take and others do not."""
    neutral = _encoded(P + 1)  # the neutral point, in another form than its own
    yield _signed("without cofactor, by a key with a part of order 8", ODD, turns=8)
    yield _signed("good with cofactor alone", ODD, "signature", turns=1)
    yield _signed("R with a part of order 8", PLAIN, "signature", extra=True)
    yield _signed("S with the order added", PLAIN, "signature", more=L)
    yield _signed("R the neutral point", PLAIN, nonce=0)
    yield _signed("R the neutral point, in another form", PLAIN, "signature", nonce=0, form=neutral)


def _signed(
    name: str,
    point: PointEdwards,
    reason: str | None = None,
    *,
    nonce: int | None = None,
    turns: int = 0,
    extra: bool = False,
    more: int = 0,
    form: bytes = b"",
) -> Case:
    """Return a statement signed with S = r + k·secret, R = r·B.

    `turns` is the largest power of two up to 8 that divides k, 0 for any; `extra` adds the point of
    order 8 to R; `form` is written for R; `more` is added to S.
    """
    key = PublicKey(Curve.ED25519, bytes(point.to_bytes()))

    def sign(message: bytes) -> bytes:
        for attempt in count(1):
            r = attempt if nonce is None else nonce
            lead = BASE * r + TORSION if extra else BASE * r if r else None
            encoded = form or (_encoded(1) if lead is None else bytes(lead.to_bytes()))
            k = int.from_bytes(hashlib.sha512(encoded + key.x + message).digest(), "little") % L
            if not turns or min(8, k & -k) == turns:
                break
        return encoded + ((r + k * SECRET) % L + more).to_bytes(32, "little")

    claims: WORD = {1: ISSUER, 2: "batch", 6: NOON, -70001: EPOCH, -70002: 0, -70003: None}
    header: WORD = {1: -8, 4: key.kid, 15: claims, 16: 277}
    payload = small_world().sealed[0].statement.batch.to_bytes()
    data = cose.sign(header, payload, sign).to_bytes()
    return Case(f"Ed25519: {name}", data, reason, {"key": key.to_cose().hex()})
