"""The gateway's key files, and what it tells others of them."""

from __future__ import annotations

import base64
from pathlib import Path

from agent.signing.curve_key import CurveKey
from agent.signing.identity import Identity
from agent.signing.key_store import KeyStore
from agent.signing.signer import Signer
from agent.signing.succession import FOLDER, Succession
from foundation.dataclass import dataclass

CURVE_KEY = "curve.toml"


@dataclass(frozen=True, slots=True)
class Keys:
    """The gateway's private keys: one signs statements, one speaks CURVE. One key, one purpose."""

    succession: Succession
    curve: CurveKey

    @classmethod
    def load_or_make(cls, state_dir: Path, store: KeyStore) -> Keys:
        """Return the keys kept in `state_dir`; the first call makes them."""
        return cls.beside(state_dir, Succession.of(state_dir, store))

    @classmethod
    def beside(cls, state_dir: Path, succession: Succession) -> Keys:
        """Return all keys of `state_dir`, whose statement keys are in use already."""
        return cls(succession, CurveKey.load_or_make(state_dir / FOLDER / CURVE_KEY))

    @property
    def statement(self) -> Signer:
        """The key that signs statements at present."""
        return self.succession.present


def public_text(name: str, identity: Identity, keys: Keys) -> str:
    """Return what `tallyman-ledger admit` wants of this gateway: public halves only."""
    statement = base64.b64encode(keys.statement.public.to_cose()).decode()
    return (
        "# Public keys of a Tallyman gateway, for: tallyman-ledger admit\n"
        f'name = "{name}"\n'
        f'issuer = "{identity.gateway}"\n'
        f'curve = "{keys.curve.public.decode()}"\n'
        f'statement_key = "{statement}"\n'
    )
