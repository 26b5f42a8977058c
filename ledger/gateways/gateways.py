"""The gateways that a node admits, as admitted.toml lists them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.keys import PublicKey
from foundation.names import NAME
from foundation.options import Option, or_none, parsed
from foundation.toml_file import TomlFile, read_tables
from ledger.base import times
from ledger.base.curve_text import curve_key
from ledger.base.key_text import cose_key
from ledger.base.toml_text import TomlValue, to_tables

_URN = r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_HEADER = (
    "# Gateways that may talk to this node: tallyman-ledger admit and revoke write this file.\n"
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """An admitted gateway: its CURVE key, and the one key that signs its statements.

    A gateway that changed its key has two entries with one issuer. Times are UTC seconds. `tokens`
    are the digests of the enrolment tokens that it used up: they stand here, so that one write both
    admits the gateway and spends its token. `replaced` says why another one took its place.

    One that is `fenced` is let in no longer. Its key ends, `revoked`, once all that it sent before
    is proven: an end dated before that would make it worthless.
    """

    name: str
    issuer: str
    curve: str
    key: PublicKey
    since: int
    revoked: int | None = None
    tokens: tuple[str, ...] = ()
    replaced: str = ""
    fenced: int | None = None

    @property
    def out(self) -> bool:
        """Whether it is let in no longer."""
        return self.fenced is not None or self.revoked is not None

    def same(self, other: Gateway) -> bool:
        """Tell whether both name the same keys of the same gateway."""
        return (self.issuer, self.curve, self.key) == (other.issuer, other.curve, other.key)

    def to_values(self) -> dict[str, TomlValue]:
        """Return the entry as it stands in the file."""
        values: dict[str, TomlValue] = {
            "name": self.name,
            "issuer": self.issuer,
            "curve": self.curve,
            "statement_key": base64.b64encode(self.key.to_cose()).decode(),
            "since": times.to_text(self.since),
        }
        if self.fenced is not None:
            values["fenced"] = times.to_text(self.fenced)
        if self.revoked is not None:
            values["revoked"] = times.to_text(self.revoked)
        if self.tokens:
            values["tokens"] = " ".join(self.tokens)
        if self.replaced:
            values["replaced"] = self.replaced
        return values


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PUBLIC = (
    Option("name", str, "letters, digits, dots and dashes, 63 at most", form=NAME),
    Option("issuer", str, "urn:uuid: and a UUID in lower case", form=_URN),
    Option("curve", str, "its CURVE public key", parse=curve_key),
    Option("statement_key", str, "the key that signs its statements", parse=cose_key),
)
"""What a gateway tells of itself."""

_LISTED = (
    *_PUBLIC,
    Option("since", str, "when it was let in", parse=times.from_text),
    Option("revoked", str, "when its key ended", default="", parse=or_none(times.from_text)),
    Option("tokens", str, "SHA-256 of the tokens that it used up", default="", parse=_words),
    Option("replaced", str, "why another one took its place", default=""),
    Option("fenced", str, "when it was shut out", default="", parse=or_none(times.from_text)),
)


def read_public_gateway(path: Path, since: int) -> Gateway:
    """Read the file that `tallyman keys --public` prints; WrongFile names its lines."""
    file = TomlFile.read(path, advice="make it on the gateway: tallyman keys --public")
    values = file.table((), file.tree, _PUBLIC, path.name)
    file.finish()
    return _gateway(**parsed(_PUBLIC, values), since=since)


def read_gateways(path: Path) -> tuple[Gateway, ...]:
    """Read admitted.toml; a missing file admits nobody."""
    tables = read_tables(path, "gateway", _LISTED, advice="admit the gateways again")
    return tuple(_gateway(**values) for values in tables)


def _gateway(*, statement_key: PublicKey, **others: Any) -> Gateway:
    return Gateway(key=statement_key, **others)


def to_toml(gateways: Sequence[Gateway]) -> str:
    """Return the content of admitted.toml."""
    return _HEADER + to_tables("gateway", (gateway.to_values() for gateway in gateways))
