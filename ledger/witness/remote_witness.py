"""The other members' witnesses, as the sequencer sees them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from evidence import merkle
from evidence.checkpoint import SignedCheckpoint, parse_checkpoint
from evidence.errors import EvidenceError, SignatureError, UntrustedError
from evidence.note import Note, NoteKey, Signature, parse_line
from evidence.shape import as_text
from evidence.wire import Code, Envelope, Label, Type, labels
from ledger.base import header
from ledger.base.errors import Refused, StoreFailed
from ledger.store.history import check_history
from ledger.store.store_thread import StoreThread
from ledger.wire.client import NodeClient

T = TypeVar("T")

_log = logging.getLogger(__name__)


class RemoteWitness:
    """One witness: asks it for cosignatures and remembers how far it has seen the log.

    `fault` says why the last question brought no cosignature, or is empty; `heard` whether the
    witness has said how far it has seen the log.
    """

    def __init__(
        self,
        name: str,
        key: NoteKey,
        log: NoteKey,
        client: NodeClient,
        store: StoreThread,
        request_id: Callable[[], bytes],
        time_out: float,
    ) -> None:
        self.name = name
        self.key = key
        self.fault = ""
        self.heard = False
        self._log_key = log
        self._client = client
        self._store = store
        self._request_id = request_id
        self._time_out = time_out
        self._size = 0
        self._task: asyncio.Task[Signature | None] | None = None

    async def greet(self) -> None:
        """Learn how far the witness has seen the log, if it answers in time.

        ForkDanger when it shows a note of the log that our store does not lead to.
        """
        await self._limited(self._greet())

    def start(self, signed: SignedCheckpoint) -> asyncio.Task[Signature | None] | None:
        """Ask for a cosignature; None while an earlier question is still out.

        The task never outlives the time-out and gives None when no cosignature came. ForkDanger of
        an earlier question, found when nobody waited any more, is raised here.
        """
        if self._task is not None:
            if not self._task.done():
                return None
            self._task.result()
        self._task = asyncio.create_task(self._cosign(signed), name=f"witness {self.name}")
        return self._task

    async def close(self) -> None:
        """Give up a question that is out, and the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._client.close()

    async def _cosign(self, signed: SignedCheckpoint) -> Signature | None:
        return await self._limited(self._ask(signed))

    async def _limited(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what `work` brings within the time-out, or None and a fault."""
        try:
            async with asyncio.timeout(self._time_out):
                result = await work
        except TimeoutError:
            self._note_fault(f"no answer within {self._time_out:g} s")
        except (EvidenceError, Refused, StoreFailed) as error:
            self._note_fault(str(error))
        else:
            self._note_fault("")
            return result
        return None

    async def _greet(self) -> None:
        values = labels({Label.ORIGIN: self._log_key.name})
        answer = await self._client.ask(Envelope(Type.HELLO, self._request_id(), values))
        if answer.type is not Type.HELLO:
            raise _refusal(answer)
        await self._check_shown(answer)
        self.heard = True

    async def _ask(self, signed: SignedCheckpoint) -> Signature:
        """Ask from the size we remember, then once more from the size the witness names."""
        answer = await self._client.ask(await self._question(signed))
        if answer.type is not Type.COSIGN and await self._learnt(signed, answer):
            answer = await self._client.ask(await self._question(signed))
        if answer.type is not Type.COSIGN:
            raise _refusal(answer)
        return self._accept(signed, answer)

    async def _learnt(self, signed: SignedCheckpoint, refusal: Envelope) -> bool:
        """Tell whether the refusal named a size from which asking again makes sense."""
        asked = self._size
        await self._check_shown(refusal)
        if refusal.get(Label.CODE) != Code.CONFLICT:
            return False
        self._size = header.number(refusal, Label.SIZE)
        return asked != self._size <= signed.checkpoint.size

    async def _check_shown(self, answer: Envelope) -> None:
        """Take the witness's size from the note it shows, if the log signed that note.

        ForkDanger when the log once signed something else than its store holds.
        """
        if Label.NOTE not in answer.header:
            return
        theirs = parse_checkpoint(header.note(answer))
        if theirs.checkpoint.origin != self._log_key.name:
            raise UntrustedError("origin", f"a note of {theirs.checkpoint.origin!r} was shown")
        theirs.note.verify(self._log_key)
        await self._store(lambda store: check_history(store, theirs))
        self._size = theirs.checkpoint.size

    async def _question(self, signed: SignedCheckpoint) -> Envelope:
        old, size = self._size, signed.checkpoint.size
        path: list[bytes] = []
        if 0 < old < size:
            path = await self._store(lambda s: merkle.consistency_path(s.node, old, size))
        note = signed.to_bytes()
        values = labels({Label.OLD_SIZE: old, Label.PATH: path, Label.NOTE: note})
        return Envelope(Type.COSIGN, self._request_id(), values)

    def _accept(self, signed: SignedCheckpoint, answer: Envelope) -> Signature:
        line = parse_line(as_text(answer.get(Label.COSIGNATURE), "COSIGNATURE").rstrip("\n"))
        if Note(signed.note.text, (line,)).cosigned_at(self.key) is None:
            raise SignatureError("cosignature", "the answer is by another key than the policy's")
        self._size = signed.checkpoint.size
        return line

    def _note_fault(self, fault: str) -> None:
        if fault and not self.fault:
            _log.warning("witness %s does not cosign: %s", self.name, fault)
        if self.fault and not fault:
            _log.info("witness %s cosigns again", self.name)
        self.fault = fault


def _refusal(answer: Envelope) -> Refused:
    code = as_text(answer.get(Label.CODE), "CODE")
    return Refused(code, as_text(answer.get(Label.TEXT), "TEXT"))
