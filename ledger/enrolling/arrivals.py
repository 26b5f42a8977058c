"""Gateways as they come up: from a token that waits to a batch under a cosigned checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evidence.statement import parse_statement
from ledger.base.config import read_config
from ledger.base.node_files import NodeFiles
from ledger.enrolling import tokens
from ledger.enrolling.tokens import Token
from ledger.gateways.gateways import Gateway, read_gateways
from ledger.gateways.listing import each_gateway
from ledger.gateways.pins import read_policy
from ledger.store.store import Slot, Store
from ledger.store.stores import open_store

WAITING, EXPIRED, ENROLLED, ACCEPTED, CONFIRMED, OUT = (
    "waiting",
    "expired",
    "enrolled",
    "accepted",
    "confirmed",
    "out of service",
)
"""How far a gateway got: its token is unused, or too old; it is admitted; a batch of it is in the
log; the quorum cosigned that; it was revoked or replaced."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One gateway or waiting token. `batches` counts those of its present epoch, `clock` is that of
    its newest batch, `last_ms` (UTC milliseconds) that batch's newest record.
    """

    label: str
    site: str
    profile: str
    state: str
    enrolment: str = ""
    gateway: str = ""
    key: str = ""
    since: int | None = None
    batches: int = 0
    clock: str = ""
    last_ms: int | None = None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return asdict(self)


def arrivals(files: NodeFiles, now: int) -> list[Arrival]:
    """Return every admitted gateway and every unused token, by label; only reads."""
    known = tokens.read_tokens(files.tokens)
    by_digest = {token.digest: token for token in known}
    listed = read_gateways(files.admitted)
    spent = {digest for gateway in listed for digest in gateway.tokens}
    store = open_store(files, read_config(files.config), read_only=True)
    try:
        kept = store.kept(Slot.COSIGNED, read_policy(files.policy).log.name)
        size = 0 if kept is None else kept.size
        found = [_of_gateway(keys, by_digest, store, size) for keys in each_gateway(listed)]
    finally:
        store.close()
    found += _waiting(known, spent, now)
    return sorted(found, key=lambda each: (each.label, each.since or 0))


def _waiting(known: tuple[Token, ...], spent: set[str], now: int) -> Iterator[Arrival]:
    for token in known:
        if token.digest not in spent:
            state = EXPIRED if now >= token.expires else WAITING
            place = (token.label, token.site, token.profile)
            yield Arrival(*place, state, enrolment=token.digest[: tokens.SHOWN_DIGITS])


def _of_gateway(
    keys: Sequence[Gateway], known: Mapping[str, Token], store: Store, size: int
) -> Arrival:
    """Return how far a gateway got, whatever keys it had; `key` is the one that it has now."""
    first, now = keys[0], next((each for each in reversed(keys) if not each.out), keys[-1])
    spent = [digest for each in keys for digest in each.tokens]
    token = next((known[each] for each in spent if each in known), None)
    entry = store.last(now.issuer)
    statement = None if entry is None else parse_statement(entry.encoded)
    if statement is not None and statement.kid not in {each.key.kid for each in keys}:
        entry = statement = None  # of the gateway before or behind this one
    state = ENROLLED if entry is None else CONFIRMED if entry.index < size else ACCEPTED
    batch = None if statement is None or statement.gap else statement.batch
    return Arrival(
        now.name,
        token.site if token else "",
        token.profile if token else "",
        OUT if now.out else state,
        spent[0][: tokens.SHOWN_DIGITS] if spent else "",
        now.issuer,
        now.key.kid.hex(),
        first.since,
        0 if statement is None else statement.last + 1,
        "" if batch is None else "unsynced" if batch.clock_bound_ms is None else batch.clock_source,
        None if batch is None else batch.last_ms,
        now.replaced,
    )
