"""The file in a key's place when the key itself lies in a PKCS#11 token."""

from __future__ import annotations

import base64
import tomllib
from pathlib import Path
from typing import Self

from evidence.errors import EvidenceError
from evidence.keys import PublicKey
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class KeyReference:
    """What the file says: the key's CKA_ID in the token, and its public half."""

    identifier: bytes
    public: PublicKey

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a file's text; ValueError when it is no reference."""
        try:
            fields = tomllib.loads(text)
            public = PublicKey.from_cose(base64.b64decode(fields["public"], validate=True))
            return cls(bytes.fromhex(fields["id"]), public)
        except (KeyError, TypeError, EvidenceError) as error:
            raise ValueError("no reference to a key in a token") from error

    def to_text(self) -> str:
        """Return the file's text."""
        public = base64.b64encode(self.public.to_cose()).decode()
        return (
            "# A statement key that lies in a PKCS#11 token; this file only says which.\n"
            f'id = "{self.identifier.hex()}"\npublic = "{public}"\n'
        )


def reference_in(path: Path) -> KeyReference | None:
    """Return what a key's file refers to; None when it holds the key itself, or rubbish."""
    try:
        return KeyReference.parse(path.read_text())
    except ValueError:
        return None
