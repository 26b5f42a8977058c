"""The gateway's key files, and what it tells others of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from agent.identity import Identity
from agent.signing.curve_key import CurveKey
from agent.signing.file_key import FOLDER, FileKey, statement_key

CURVE_KEY = "curve.toml"


@dataclass(frozen=True, slots=True)
class Keys:
    """The gateway's private keys: one signs statements, one speaks CURVE. One key, one purpose."""

    statement: FileKey
    curve: CurveKey

    @classmethod
    def load_or_make(cls, state_dir: Path) -> Keys:
        """Return the keys kept in `state_dir`, made there at the first call."""
        statement = statement_key(state_dir)
        return cls(statement, CurveKey.load_or_make(state_dir / FOLDER / CURVE_KEY))


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
