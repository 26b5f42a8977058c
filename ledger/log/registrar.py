"""Group commit: statements that wait together are made durable in one transaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from evidence.body import check_body
from evidence.errors import EvidenceError, MalformedError
from evidence.statement import Batch
from ledger.base.errors import StoreFailed, busy
from ledger.store.chain import Submission, Verdict
from ledger.store.store_thread import StoreThread

MAX_GROUP = 64
"""Statements in one transaction: with the largest bodies 64 MiB."""


_log = logging.getLogger(__name__)
Check = Callable[[bytes, Batch], object]
_Waiting = tuple[Submission, asyncio.Future[Verdict]]


class Registrar:
    """Owns the order in which statements reach the store: that in which `register` was called.

    A body that is not kept need only have the signed length: its holder answers for the rest.
    """

    def __init__(
        self, store: StoreThread, wall: Callable[[], int], *, keep_bodies: bool = True
    ) -> None:
        self._store = store
        self._wall = wall
        self.keep_bodies = keep_bodies
        self._check = check_body if keep_bodies else _check_length
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()

    async def register(self, submission: Submission) -> Verdict:
        """Return the verdict once it is durable; Refused(BUSY) when it may not be.

        A caller that is refused sends the same statement again: it is in the log once. How many
        may wait, the server bounds (`ledger.wire.server.MAX_UNDER_WAY`).
        """
        verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((submission, verdict))
        self._wake.set()
        return await verdict

    async def run(self) -> None:
        """Commit group after group, for ever."""
        while True:
            await self._wake.wait()
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
            if not self._waiting:
                self._wake.clear()
            await self._commit(group)

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        submissions = [submission for submission, _ in group]
        if any(submission.body for submission in submissions):
            submissions = await asyncio.to_thread(_check_bodies, submissions, self._check)
        try:
            at = self._wall()
            verdicts = await self._store(lambda store: store.register(submissions, at))
        except StoreFailed as error:
            _log.error("%d statements not kept: %s (%s)", len(group), error, error.advice)
            for _, future in group:
                if not future.done():
                    future.set_exception(busy("the store could not write"))
            return
        for (_, future), verdict in zip(group, verdicts, strict=True):
            if not future.done():
                future.set_result(verdict)


def _check_bodies(submissions: Sequence[Submission], check: Check) -> list[Submission]:
    return [_check_body(submission, check) for submission in submissions]


def _check_body(submission: Submission, check: Check) -> Submission:
    if not submission.body:
        return submission
    try:
        check(submission.body, submission.statement.batch)
    except EvidenceError as error:
        return replace(submission, body_fault=str(error))
    return submission


def _check_length(body: bytes, batch: Batch) -> None:
    if len(body) > batch.body_bytes:
        raise MalformedError("body-size", f"{len(body)} bytes, more than the statement says")
