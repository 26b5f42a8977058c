"""The gateways that a node admits, as admitted.toml lists them."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evidence.keys import PublicKey
from foundation.errors import Fatal
from foundation.names import is_name
from ledger.base import times
from ledger.base.curve_text import read_curve
from ledger.base.public_node import read_cose_key
from ledger.base.toml_table import Table, TomlValue, to_tables

_URN = "urn:uuid:"
_HEADER = (
    "# Gateways that may talk to this node: tallyman-ledger admit and revoke write this file.\n"
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """An admitted gateway: its CURVE key, and the one key that signs its statements.

    A gateway that changed its key has two entries with one issuer. Times are UTC seconds. `tokens`
    are the digests of the enrolment tokens that it used up: they stand here, so that one write both
    admits the gateway and spends its token. `replaced` says why another one took its place.
    """

    name: str
    issuer: str
    curve: str
    key: PublicKey
    since: int
    revoked: int | None = None
    tokens: tuple[str, ...] = ()
    replaced: str = ""

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
        if self.revoked is not None:
            values["revoked"] = times.to_text(self.revoked)
        if self.tokens:
            values["tokens"] = " ".join(self.tokens)
        if self.replaced:
            values["replaced"] = self.replaced
        return values


def read_public_gateway(path: Path, since: int) -> Gateway:
    """Read the file that `tallyman keys --public` prints; Fatal names the line."""
    table = Table.read(path, advice="make it on the gateway: tallyman keys --public")
    gateway = _parse(table, since)
    table.finish()
    return gateway


def read_gateways(path: Path) -> tuple[Gateway, ...]:
    """Read admitted.toml; a missing file admits nobody."""
    if not path.exists():
        return ()
    file = Table.read(path, advice="admit the gateways again")
    gateways = []
    for table in file.tables("gateway"):
        gateway = _parse(table, _time(table, "since"))
        revoked = _time(table, "revoked") if "revoked" in table else None
        tokens = tuple(table.text("tokens").split()) if "tokens" in table else ()
        why = table.text("replaced") if "replaced" in table else ""
        table.finish()
        gateways.append(replace(gateway, revoked=revoked, tokens=tokens, replaced=why))
    file.finish()
    return tuple(gateways)


def to_toml(gateways: Sequence[Gateway]) -> str:
    """Return the content of admitted.toml."""
    return _HEADER + to_tables("gateway", (gateway.to_values() for gateway in gateways))


def add_gateway(gateways: Sequence[Gateway], new: Gateway) -> tuple[Gateway, ...]:
    """Return the list with `new`; unchanged when it is on it. Fatal where it contradicts it."""
    for known in gateways:
        if known.same(new) and known.revoked is None:
            return tuple(gateways)
        if known.revoked is not None and known.key == new.key:
            raise Fatal(
                f"the statement key of {new.name} was revoked on {times.to_text(known.revoked)}",
                advice="make new keys on the gateway, then admit those",
            )
        if known.curve == new.curve and known.issuer != new.issuer:
            raise Fatal(
                f"the CURVE key of {new.name} is that of {known.name} ({known.issuer})",
                advice="was a card copied? make new keys on one of the two gateways",
            )
        if known.key == new.key and known.issuer != new.issuer:
            raise Fatal(
                f"the statement key of {new.name} is that of {known.name} ({known.issuer})",
                advice="was a card copied? make new keys on one of the two gateways",
            )
    return (*gateways, new)


def revoke_gateway(
    gateways: Sequence[Gateway], issuer: str, at: int, kid: str | None = None
) -> tuple[Gateway, ...]:
    """Return the list with every key of `issuer` revoked, or the one with `kid`; Fatal without."""

    def meant(gateway: Gateway) -> bool:
        return gateway.issuer == issuer and kid in (None, gateway.key.kid.hex())

    if not any(map(meant, gateways)):
        raise Fatal(
            f"no gateway {issuer}{f' with key {kid}' if kid else ''} is admitted here",
            advice="list them: tallyman-ledger admitted DIR",
        )
    return tuple(
        replace(gateway, revoked=at) if meant(gateway) and gateway.revoked is None else gateway
        for gateway in gateways
    )


def replace_gateway(
    gateways: Sequence[Gateway], issuer: str, at: int, why: str
) -> tuple[Gateway, ...]:
    """Return the list with `issuer` out of service, which its node will tell it."""

    def out(gateway: Gateway) -> Gateway:
        revoked = at if gateway.revoked is None else gateway.revoked
        return replace(gateway, revoked=revoked, replaced=why)

    return tuple(
        out(each) if each.issuer == issuer and not each.replaced else each for each in gateways
    )


def _parse(table: Table, since: int) -> Gateway:
    name, issuer = table.text("name"), table.text("issuer")
    if not is_name(name):
        raise table.wrong("name", "must be letters, digits, dots and dashes, 63 at most")
    if not _is_urn(issuer):
        raise table.wrong("issuer", "must be urn:uuid: and a UUID in lower case")
    curve = read_curve(table, "curve")
    return Gateway(name, issuer, curve, read_cose_key(table, "statement_key"), since)


def _is_urn(text: str) -> bool:
    try:
        return text == _URN + str(uuid.UUID(text.removeprefix(_URN)))
    except ValueError:
        return False


def _time(table: Table, key: str) -> int:
    try:
        return times.from_text(table.text(key))
    except ValueError as error:
        raise table.wrong(key, "must be a time of the form 2026-01-31T12:00:00Z") from error
