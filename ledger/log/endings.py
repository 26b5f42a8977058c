"""The end of a gateway's key that was shut out: dated behind all that it signed and the log took.

A statement counts by when the quorum saw it. An end dated by the clock would be before that for
what waits for cosignatures, and nobody could prove it any more.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping, Sequence

from evidence.checkpoint import SignedCheckpoint, parse_checkpoint
from evidence.policy import Policy, seen_at
from foundation.errors import Fatal, Retry
from ledger.base.clock import CLOCK_MARGIN_S, Clock
from ledger.gateways.gateways import Gateway
from ledger.store.store import Slot, Store
from ledger.store.store_thread import StoreThread

LOOK_S = 1.0
SETTLE_S = 1.0
"""What a gateway sent before it was shut out is in the log or refused after this long."""

_log = logging.getLogger(__name__)


def waiting(store: Store, policy: Policy, issuer: str) -> int:
    """Return how many entries the quorum has yet to cosign until all of a gateway are proven."""
    last, kept = store.last(issuer), store.kept(Slot.COSIGNED, policy.log.name)
    size = 0 if kept is None else kept.size
    return 0 if last is None else max(0, last.index + 1 - size)


def keep_closing(store: Store, policy: Policy, gateway: Gateway, now: int) -> int | None:
    """Return when the key ends, in UTC seconds; None while any of its statements waits.

    The checkpoint that proves what it signed is kept: under a later one nobody could tell when that
    came. Earlier receipts stand under other quorums, whose clocks may have been ahead: hence the
    margin. It lets nobody in.
    """
    if waiting(store, policy, gateway.issuer):
        return None
    kept = store.kept(Slot.COSIGNED, policy.log.name)
    if kept is None or store.last(gateway.issuer) is None:
        return now  # it sent nothing
    signed = parse_checkpoint(kept.note)
    if not policy.satisfied(set(policy.cosigners(signed))):
        return None  # the witnesses were exchanged since: the next checkpoint is under the policy
    kid = gateway.key.kid.hex()
    if store.kept(Slot.CLOSING, kid) is None:
        store.advance(Slot.CLOSING, kid, None, kept)
    return max(now, kept.at, _seen_at(signed, policy)) + CLOCK_MARGIN_S


def _seen_at(signed: SignedCheckpoint, policy: Policy) -> int:
    """Return when, in UTC seconds, a verifier will hold the checkpoint to have been seen."""
    shown = policy.cosigners(policy.minimal(signed))
    return seen_at(shown.values()) or 0


class Endings:
    """Looks every second for keys that are shut out, and writes their ends with `end`, by kid."""

    def __init__(
        self,
        store: StoreThread,
        policy: Policy,
        fenced: Callable[[], Sequence[Gateway]],
        end: Callable[[Mapping[str, int]], None],
        clock: Clock,
    ) -> None:
        self._store = store
        self._policy = policy
        self._fenced = fenced
        self._end = end
        self._clock = clock
        self._since: dict[str, float] = {}
        self._fault = ""

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            try:
                await self._look()
                self._fault = ""
            except (Retry, Fatal) as error:
                self._tell(f"{error} ({error.advice})")
            await self._clock.sleep(LOOK_S)

    def _tell(self, fault: str) -> None:
        """Log why no end is written, once and not every second."""
        if fault != self._fault:
            _log.error("the end of a key is not written: %s", fault)
        self._fault = fault

    async def _look(self) -> None:
        found = {gateway.key.kid.hex(): gateway for gateway in self._fenced()}
        now = self._clock.monotonic()
        self._since = {kid: self._since.get(kid, now) for kid in found}
        settled = [found[kid] for kid, since in self._since.items() if now - since >= SETTLE_S]
        ends: dict[str, int] = {}
        for gateway in settled:
            at = await self._store(functools.partial(self._keep_closing, gateway))
            if at is not None:
                ends[gateway.key.kid.hex()] = at
        if ends:
            await asyncio.to_thread(self._end, ends)
            names = ", ".join(found[kid].name for kid in ends)
            _log.info("the key of %s has ended; give out policy.txt again", names)

    def _keep_closing(self, gateway: Gateway, store: Store) -> int | None:
        return keep_closing(store, self._policy, gateway, self._clock.wall())
