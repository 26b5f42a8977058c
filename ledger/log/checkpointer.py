"""Every second while entries wait: a checkpoint, its cosignatures, and, with a quorum, service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from evidence import merkle
from evidence.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint
from evidence.note import Note, Signature
from ledger.base.clock import Clock
from ledger.base.errors import Refused, StoreFailed
from ledger.log.log_identity import LogIdentity
from ledger.log.publisher import Publisher
from ledger.store.history import check_history, check_kept
from ledger.store.store import Kept, Slot, Store
from ledger.store.store_thread import StoreThread
from ledger.witness.cosigner import Cosigner, Request
from ledger.witness.remote_witness import RemoteWitness

REFRESH_S = 3600
"""An unchanged tree is cosigned again after this time: the light client trusts nobody whose newest
cosignature is older than its trusting period of days."""

_log = logging.getLogger(__name__)


class Checkpointer:
    """Owns the slots SIGNED and COSIGNED of its log; nobody else writes them.

    `progress` is called after every round, whatever came of it.
    """

    def __init__(
        self,
        identity: LogIdentity,
        store: StoreThread,
        cosigner: Cosigner,
        witnesses: Sequence[RemoteWitness],
        clock: Clock,
        every: float,
        publisher: Publisher | None = None,
    ) -> None:
        self._identity = identity
        self._store = store
        self._cosigner = cosigner
        self._witnesses = witnesses
        self._clock = clock
        self._every = every
        self._publisher = publisher
        self._stalled = False
        self._unheard = list(witnesses)
        self._signed: SignedCheckpoint | None = None

    async def run(self, progress: Callable[[Kept | None], None]) -> None:
        """Make rounds for ever; ForkDanger ends them.

        Before the first one the witnesses are asked how far they have seen the log: an old copy of
        the store, or a standby that lacks entries, is found out before anything is signed with it.
        """
        while True:
            started = self._clock.monotonic()
            progress(await self._attempt())
            passed = self._clock.monotonic() - started
            await self._clock.sleep(max(0.0, self._every - passed))

    async def _attempt(self) -> Kept | None:
        try:
            return await self._round_and_publish()
        except StoreFailed as error:
            _log.error("no checkpoint this time: %s (%s)", error, error.advice)
        except Refused as error:
            _log.error("no checkpoint this time: own cosigner: %s", error)
        return None

    async def _round_and_publish(self) -> Kept | None:
        kept = await self.round() if await self._heard_enough() else None
        if self._publisher is not None:
            await self._publisher.publish()
        return kept

    async def _heard_enough(self) -> bool:
        """Tell whether some witness that answered must know the newest cosigned checkpoint.

        It must when our own cosigner and those that did not answer are no quorum. Each that answers
        showed its newest note of the log, and the store was held against it (ForkDanger).
        """
        own = self._own_name()
        policy = self._identity.policy
        if not self._unheard or policy.satisfied(own):
            return True
        if policy.satisfied(own | self._names(self._unheard)):
            async with asyncio.TaskGroup() as group:
                for witness in self._unheard:
                    group.create_task(witness.greet())
            self._unheard = [witness for witness in self._unheard if not witness.heard]
        enough = not policy.satisfied(own | self._names(self._unheard)) or not self._unheard
        if not enough:
            self._tell_waiting()
        return enough

    def _tell_waiting(self) -> None:
        """Log once that nothing is signed before more witnesses were heard."""
        if not self._stalled:
            names = ", ".join(witness.name for witness in self._unheard)
            _log.error("nothing is signed before a witness says how far it saw us: %s", names)
        self._stalled = True

    def _own_name(self) -> set[str]:
        members = self._identity.policy.witnesses.items()
        return {name for name, key in members if key == self._cosigner.key}

    def _names(self, witnesses: Sequence[RemoteWitness]) -> set[str]:
        keys = [witness.key for witness in witnesses]
        return {name for name, key in self._identity.policy.witnesses.items() if key in keys}

    async def round(self) -> Kept | None:
        """Return the checkpoint that is served from now on, or None when none is new.

        Raises StoreFailed, after which the next round goes on from what the store holds, and
        ForkDanger.
        """
        signed = await self._store(self._sign_newest)
        if signed is None:
            return None
        lines = await self._collect(signed)
        self._tell(signed.checkpoint.size, lines)
        if lines is None:
            return None
        note = Note(signed.note.text, signed.note.signatures + tuple(lines.values()))
        cosigned = SignedCheckpoint(signed.checkpoint, note)
        self._identity.policy.check(cosigned)
        now = self._clock.wall()
        kept = Kept(signed.checkpoint.size, signed.checkpoint.root, cosigned.to_bytes(), now)
        await self._store(lambda store: self._serve(store, kept))
        return kept

    def _tell(self, size: int, lines: dict[str, Signature] | None) -> None:
        """Log when the quorum is lost and when it is back, not every second."""
        if lines is None and not self._stalled:
            faults = "; ".join(f"{w.name}: {w.fault}" for w in self._witnesses if w.fault)
            _log.error("no quorum for size %d, entries wait: %s", size, faults)
        if lines is not None and self._stalled:
            _log.info("quorum again: size %d is cosigned by %s", size, ", ".join(lines))
        self._stalled = lines is None

    def _sign_newest(self, store: Store) -> SignedCheckpoint | None:
        """Return the log-signed checkpoint to cosign, kept durably; None when nothing waits."""
        origin, size, now = self._identity.origin, store.size(), self._clock.wall()
        last = store.kept(Slot.SIGNED, origin)
        check_kept(store, last)
        if self._signed is not None:  # a failover may have taken away what this process signed
            check_history(store, self._signed)
        served = store.kept(Slot.COSIGNED, origin)
        fresh = served is not None and served.size == size and abs(now - served.at) < REFRESH_S
        if served is not None and fresh and self._under_policy(served):
            return None
        if last is not None and last.size == size:
            self._signed = parse_checkpoint(last.note)
            return self._signed
        checkpoint = Checkpoint(origin, size, merkle.root_at(store.node, size))
        line = self._identity.sign_checkpoint(checkpoint.to_text())
        signed = SignedCheckpoint(checkpoint, Note(checkpoint.to_text(), (line,)))
        new = Kept(size, checkpoint.root, signed.to_bytes(), now)
        if not store.advance(Slot.SIGNED, origin, last, new):
            raise StoreFailed("another process writes this store", advice="stop it")
        self._signed = signed
        return signed

    def _under_policy(self, served: Kept) -> bool:
        """Tell whether what is served satisfies the policy: the witnesses may have changed."""
        policy = self._identity.policy
        return policy.satisfied(set(policy.cosigners(parse_checkpoint(served.note))))

    async def _collect(self, signed: SignedCheckpoint) -> dict[str, Signature] | None:
        """Return the cosignatures that came until the policy was satisfied, or None."""
        own = await self._cosign_self(signed)
        names = {key: name for name, key in self._identity.policy.witnesses.items()}
        lines = {names[self._cosigner.key]: own} if self._cosigner.key in names else {}
        asked = [(witness, witness.start(signed)) for witness in self._witnesses]
        tasks = {task: names[witness.key] for witness, task in asked if task is not None}
        pending = set(tasks)
        while pending and not self._identity.policy.satisfied(set(lines)):
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                line = task.result()
                if line is not None:
                    lines[tasks[task]] = line
        return lines if self._identity.policy.satisfied(set(lines)) else None

    async def _cosign_self(self, signed: SignedCheckpoint) -> Signature:
        """Cosign with the operator's own witness key, under a witness's own rules."""
        kept = await self._cosigner.kept(self._identity.origin)
        old, size = (0 if kept is None else kept.size), signed.checkpoint.size
        path: list[bytes] = []
        if 0 < old < size:
            path = await self._store(lambda s: merkle.consistency_path(s.node, old, size))
        return await self._cosigner.cosign(Request(old, path, signed))

    def _serve(self, store: Store, kept: Kept) -> None:
        origin = self._identity.origin
        if not store.advance(Slot.COSIGNED, origin, store.kept(Slot.COSIGNED, origin), kept):
            raise StoreFailed("another process writes this store", advice="stop it")
