"""Enrolment tokens as tokens.toml lists them: digests, for whom they are, and until when.

That a token was used up stands in admitted.toml beside the gateway it let in, never here: one
write admits and spends, so a power cut leaves both or neither.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.enrolment import token_digest
from foundation.errors import Fatal
from foundation.names import is_name
from foundation.options import Option
from foundation.toml_file import read_tables
from ledger.base import times
from ledger.base.toml_text import TomlValue, to_tables

TOKEN_BYTES = 16
MAX_LIFE_S = 366 * 86400
"""A token lies on cards in drawers; longer than a year nobody knows who has seen it."""

SHOWN_DIGITS = 12
"""Of a token's SHA-256: enough to name it, in lists and on labels."""

_HEADER = "# Enrolment tokens, as SHA-256: tallyman-ledger token writes this file.\n"
_LIFE = re.compile(r"(?P<count>[1-9]\d{0,3})(?P<unit>[dh])")
_UNIT_S = {"d": 86400, "h": 3600}


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `label` is the only name that it admits; `expires` is UTC seconds.

    `continues` is the id of the gateway whose place its bearer takes; empty for a new gateway.
    """

    digest: str
    site: str
    profile: str
    label: str
    expires: int
    continues: str = ""

    def to_values(self) -> dict[str, TomlValue]:
        """Return the token as it stands in the file."""
        values: dict[str, TomlValue] = {"sha256": self.digest}
        values |= {"label": self.label, "site": self.site, "profile": self.profile}
        if self.continues:
            values["continues"] = self.continues
        return values | {"expires": times.to_text(self.expires)}


def make_token(
    site: str, profile: str, label: str, expires: int, entropy: Callable[[int], bytes]
) -> tuple[str, Token]:
    """Return a new token's text, which is kept nowhere, and what is kept of it."""
    for option, name in (("--site", site), ("--profile", profile), ("--label", label)):
        check_name(option, name)
    text = base64.b32encode(entropy(TOKEN_BYTES)).decode().rstrip("=").lower()
    return text, Token(token_digest(text), site, profile, label, expires)


def check_name(option: str, name: str) -> None:
    """Raise Fatal for what cannot be a name on cards and labels."""
    if not is_name(name):
        advice = "use letters, digits, dots and dashes, 63 at most"
        raise Fatal(f"{option} {name}: not usable", advice=advice)


def expiry(text: str, now: int) -> int:
    """Return the UTC seconds of `14d`, `36h` or 2026-01-31T12:00:00Z; Fatal for anything else."""
    life = _LIFE.fullmatch(text)
    try:
        at = now + int(life["count"]) * _UNIT_S[life["unit"]] if life else times.from_text(text)
    except ValueError:
        advice = "use a form like 14d, 36h or 2026-01-31T12:00:00Z"
        raise Fatal(f"--expires {text}: not usable", advice=advice) from None
    if not now < at <= now + MAX_LIFE_S:
        raise Fatal(
            f"--expires {text}: not within a year from now",
            advice="a token should live as long as its card waits to be used, no longer",
        )
    return at


_OPTIONS = (
    Option("sha256", str, "64 hexadecimal digits", form=r"[0-9a-f]{64}"),
    Option("label", str, "the only name that it admits", form=r".+"),
    Option("site", str, "where its bearer will stand", form=r".+"),
    Option("profile", str, "what its bearer will be", form=r".+"),
    Option("expires", str, "until when it counts", parse=times.from_text),
    Option("continues", str, "id of the gateway whose place its bearer takes", default=""),
)


def read_tokens(path: Path) -> tuple[Token, ...]:
    """Read tokens.toml; a missing file has none."""
    tables = read_tables(path, "token", _OPTIONS, advice="remove it and make new tokens")
    return tuple(_token(**values) for values in tables)


def _token(*, sha256: str, **others: Any) -> Token:
    return Token(digest=sha256, **others)


def to_toml(tokens: Sequence[Token]) -> str:
    """Return the content of tokens.toml."""
    return _HEADER + to_tables("token", (token.to_values() for token in tokens))
