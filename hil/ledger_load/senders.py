"""Gateways that only send: their keys, and statements that are signed before any clock starts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

import zmq
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from evidence.body import COLUMNS, encode_body, leaves
from evidence.keys import ES256, Curve, PublicKey
from evidence.merkle import root_of
from evidence.statement import Batch, Claims, parse_statement, sign_statement
from ledger.base.key_files import CurveKey
from ledger.gateways import gateways
from ledger.gateways.gateways import Gateway

NOW = 1_770_000_000
"""When everything here is said to have been signed, in UTC seconds."""


@dataclass(frozen=True, slots=True)
class Content:
    """What every batch of a chain holds."""

    root: bytes
    count: int
    body: bytes


UNSENT = Content(bytes(32), 256, b"")
"""For statements that travel alone: nobody sees what they are about."""


def content_of(records: Sequence[bytes]) -> Content:
    """Return batches of these records."""
    seed = bytes(32)
    return Content(root_of(leaves(seed, records)), len(records), encode_body(seed, records))


@dataclass(frozen=True, slots=True)
class Sender:
    """A gateway that is known by its name, its keys and its order of batches."""

    name: str
    issuer: str
    epoch: bytes
    key: ec.EllipticCurvePrivateKey
    curve: CurveKey = field(default_factory=lambda: CurveKey(*zmq.curve_keypair()))

    @property
    def public(self) -> PublicKey:
        """The key of its statements."""
        numbers = self.key.public_key().public_numbers()
        return PublicKey(Curve.P256, numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))

    def chain(self, content: Content = UNSENT) -> Iterator[bytes]:
        """Yield statements about batches without end, each naming the one before."""
        kid, previous, size = self.public.kid, None, len(content.body)
        for seq in count():
            first = seq * content.count
            batch = Batch(content.root, content.count, first, 0, 60_000, "ntp", 5, COLUMNS, size)
            claims = Claims(self.issuer, NOW, self.epoch, seq, previous)
            encoded = sign_statement(claims, batch, kid, ES256, self._sign)
            previous = parse_statement(encoded).digest
            yield encoded

    def _sign(self, message: bytes) -> bytes:
        r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def make_senders(count: int, random: Random) -> list[Sender]:
    """Return gateways whose ids and signing keys follow from `random`."""
    return [
        Sender(
            f"g{number}",
            uuid.UUID(bytes=random.randbytes(16)).urn,
            random.randbytes(16),
            ec.derive_private_key(random.getrandbits(255) + 1, ec.SECP256R1()),
        )
        for number in range(count)
    ]


def admitted(senders: Sequence[Sender]) -> str:
    """Return the node's list with all of them: a thousand commands would take minutes."""
    return gateways.to_toml(
        [
            Gateway(each.name, each.issuer, each.curve.public.decode(), each.public, NOW)
            for each in senders
        ]
    )
