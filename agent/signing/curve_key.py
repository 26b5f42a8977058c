"""The gateway's CURVE key pair: who it is on the wire, apart from what it signs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import zmq

from foundation.dataclass import dataclass
from foundation.durable import write_file
from foundation.errors import Fatal
from foundation.private_file import PRIVATE_MODE, read_private_file


@dataclass(frozen=True, slots=True)
class CurveKey:
    """A CURVE key pair, both halves in Z85."""

    public: bytes
    secret: bytes

    @classmethod
    def load_or_make(cls, path: Path) -> CurveKey:
        """Return the pair in `path`, made and stored durably on the first call."""
        if path.exists():
            return cls.load(path)
        public, secret = zmq.curve_keypair()
        text = f'public = "{public.decode()}"\nsecret = "{secret.decode()}"\n'
        write_file(path, text.encode(), mode=PRIVATE_MODE)
        return cls(public, secret)

    @classmethod
    def load(cls, path: Path) -> CurveKey:
        """Return the pair in `path`; Fatal when others may read it, or it is no pair that fits."""
        content = read_private_file(path)
        try:
            fields = tomllib.loads(content.decode())
            pair = cls(fields["public"].encode(), fields["secret"].encode())
            matches = zmq.curve_public(pair.secret) == pair.public
        except (ValueError, KeyError, AttributeError, zmq.ZMQError) as error:
            raise _unusable(path) from error
        if not matches:
            raise _unusable(path)
        return pair


def _unusable(path: Path) -> Fatal:
    return Fatal(
        f"{path} holds no CURVE key pair",
        advice="move it away; a new pair is made at start and must be admitted by the ledger",
    )
