"""A new gateway in the place of an old one: the old is fenced, and the new one's seed says whose
order it goes on with (docs/PROTOCOL.md, "A replaced gateway").
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from evidence.statement import MAX_REASON_BYTES, parse_statement
from foundation.errors import Fatal
from ledger.base.config import read_config
from ledger.base.node_files import NodeFiles
from ledger.base.toml_text import TomlValue
from ledger.enrolling import enrolment, lists, tokens
from ledger.enrolling.enrolment import Invitation
from ledger.enrolling.seed_text import seed_text
from ledger.gateways.gateways import Gateway
from ledger.store.store import Store
from ledger.store.stores import open_store

SETTLE_S = 0.5
"""Messages that came before the fence are in the log or refused after this long without a new one;
if not, the node refuses the new gateway's first statement with the number that it lacks."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked of `tallyman-ledger replace`: `old` is a name or id, `by` the person."""

    old: str
    by: str
    reason: str

    @property
    def text(self) -> str:
        """What the new gateway signs, and the old one hears."""
        return f"replaced by {self.by}: {self.reason}"


def replace_gateway(
    files: NodeFiles,
    order: Order,
    invitation: Invitation,
    apn: str,
    now: int,
    entropy: Callable[[int], bytes],
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Gateway, str]:
    """Fence the old gateway, and return it with the new one's seed; again makes another seed.

    The label of `invitation` does not count: the new gateway has the old one's name.
    """
    _check_order(order)
    enrolment.check_invitation(files, invitation, now)  # before anything is fenced
    old = fence(files, order, now)
    config = read_config(files.config)
    store = open_store(files, config, read_only=True)
    try:
        continues = continued(store, old.issuer, order.text, sleep)
    finally:
        store.close()
    heir = old.issuer if continues else ""
    asked = replace(invitation, label=old.name, continues=heir)
    token = enrolment.invite(files, asked, now, entropy)
    return old, seed_text(files, asked, token, apn, continues)


def _check_order(order: Order) -> None:
    if not order.by.strip() or not order.reason.strip():
        raise Fatal(
            "--by and --reason must not be empty",
            advice="say who replaces it and why: the new gateway signs both",
        )
    if len(order.text.encode()) > MAX_REASON_BYTES or not order.text.isprintable():
        raise Fatal("the reason is too long", advice=f"one line of {MAX_REASON_BYTES - 40} bytes")


def fence(files: NodeFiles, order: Order, now: int) -> Gateway:
    """Put the old gateway out of service durably, and its unused tokens; return it."""
    old = lists.fence(files, order.old, now, why=order.text)
    spent = enrolment.spenders(files)
    for token in tokens.read_tokens(files.tokens):
        if token.continues == old.issuer and token.digest not in spent:
            enrolment.withdraw(files, token.digest)
    return old


def continued(
    store: Store, issuer: str, reason: str, sleep: Callable[[float], None]
) -> Mapping[str, TomlValue] | None:
    """Return the last statement that the log has of the old gateway; None: it has none."""
    last = store.last(issuer)
    while True:
        sleep(SETTLE_S)
        newest = store.last(issuer)
        if newest == last:
            break
        last = newest
    if last is None:
        return None
    statement = parse_statement(last.encoded)
    return {
        "gateway": issuer,
        "epoch": statement.claims.epoch.hex(),
        "seq": statement.last,
        "digest": statement.digest.hex(),
        "reason": reason,
    }
