"""What is said of a bundle that was made: to people, to programs, and in the access record."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.config.settings import Config
from agent.desks.control_client import NotAllowed, NotRunning, Refused, ask_one
from agent.disclosure.erased import count_of
from agent.journal.journal import BatchRow
from evidence.bundle import Bundle
from evidence.kinds import ERASURE_KIND
from evidence.leaf import Record
from evidence.report import Finding
from evidence.statement import parse_statement
from foundation.console import WIDTH, folded
from foundation.counting import counted, plural, span

MOST_DOUBTS = 3
"""Findings that are printed: each batch has one."""

OWN_KEY_UNLISTED = "unknown-gateway"
"""Usual: most gateways pin the policy before they are admitted. It says nothing of the bundle."""

INDENT = 10  # behind the labels


class Made:
    """A bundle that was made, and what there is to say of it."""

    def __init__(
        self,
        args: argparse.Namespace,
        path: Path,
        bundle: Bundle,
        rows: Sequence[BatchRow],
        data: bytes,
        total: int | None,
        choice: str,
    ) -> None:
        """Tell of the file at `path`; `total` counts the journal's records, None: others follow."""
        self.doubts: Sequence[Finding] = ()
        self._args = args
        self._path = path
        self._policy = bundle.policy_digest.hex()
        self._rows = rows
        self._size = len(data)
        self._choice = choice
        self.digest = hashlib.sha256(data).digest()
        self.first = rows[0].batch.first
        self.last = rows[-1].batch.first + rows[-1].batch.count - 1
        self.shown = sum(len(batch.disclosed) for batch in bundle.batches)
        statements = [parse_statement(batch.statement) for batch in bundle.batches]
        held = sum(said.batch.count for said in statements if said.gap is None)
        self.hidden = held - self.shown
        self._erased = count_of(rows)
        self._told = any(
            Record.from_bytes(item.record).kind == ERASURE_KIND
            for batch in (*bundle.batches, *bundle.erasures)
            for item in batch.disclosed
        )
        self._files = len(bundle.attachments)
        until = args.until
        bounded = (
            args.shipment or args.owner or until.number is not None or until.wall_ms is not None
        )
        self._left = 0 if bounded or total is None else total - 1 - self.last

    def access(self) -> dict[str, object]:
        """Return the request for the record that it was given out."""
        return {
            "verb": "disclosed",
            "recipient": self._args.recipient,
            "first": self.first,
            "last": self.last,
            "shown": self.shown,
            "hidden": self.hidden,
            "choice": self._choice,
            "digest": self.digest.hex(),
        }

    def as_json(self, *, recorded: bool) -> dict[str, object]:
        """Return the same as `lines` for programs."""
        shown: dict[str, object] = {
            "file": str(self._path), "bytes": self._size, "batches": len(self._rows),
            "first": self.first, "last": self.last, "not_confirmed": self._left,
            "shown": self.shown, "hidden": self.hidden, "erased": self._erased,
            "files": self._files,
        }  # fmt: skip
        doubts = [f"{each.text} [{each.reason}]" for each in self.doubts]
        shown |= {"not_anchored": doubts} if doubts else {}
        shown |= {"policy": self._policy}
        return shown | {"sha256": self.digest.hex(), "recorded": recorded}

    def lines(self, *, recorded: bool) -> Iterator[str]:
        """Yield what is in the bundle, what is hidden, and what is not in it yet."""
        yield f"bundle    {self._path}: {self._size} bytes"
        whole = "" if self.hidden else ", all of them shown"
        records = span(range(self.first, self.last + 1), "record")
        yield f"          {records} in {counted(len(self._rows), 'batch', 'batches')}{whole}"
        if self.hidden:
            yield f"          {self.shown} of them shown; the other {self.hidden} are committed to"
            yield "          by salted hashes: nobody can read or guess them"
        if self._erased:
            yield from self._erasures()
        if self._files:
            yield f"          with {counted(self._files, 'attached file')}"
        if self._left:
            yield f"          without {counted(self._left, 'newer record')}, not confirmed yet"
        if self._args.parts:
            yield f"policy    {self._policy}"
        yield from self._doubted()
        if not recorded:
            yield "          no record of it was made: the agent is not running"

    def _erasures(self) -> Iterator[str]:
        """Yield what rules erased of it, and whether the bundle says so itself."""
        are = plural(self._erased, "was", "were")
        yield f"          {self._erased} of those {are} erased here by a rule of [privacy]"
        if not self._told:
            yield "          the record of that is not confirmed yet: the bundle does not tell"

    def _doubted(self) -> Iterator[str]:
        """Yield what the policy pinned here does not believe: the verifier's may be newer."""
        if not self.doubts:
            return
        if {each.reason for each in self.doubts} == {OWN_KEY_UNLISTED}:
            yield "next      give the consortium's newest policy along: the one pinned here was"
            yield "          made before this gateway was admitted, and lacks its key"
            return
        yield "          by the policy pinned here nobody believes all of it:"
        for each in self.doubts[:MOST_DOUBTS]:
            for line in folded(f"{each.text} [{each.reason}]", width=WIDTH - INDENT):
                yield f"          {line}"
        if (more := len(self.doubts) - MOST_DOUBTS) > 0:
            yield f"          and {counted(more, 'more finding')}"
        yield "next      give whoever verifies the consortium's newest policy: it may say more"


def leave_record(config: Config, made: Made) -> bool:
    """Have the running agent record that the bundle was given out; tell whether it did."""
    try:
        ask_one(config.gateway.control, made.access())
    except (NotRunning, NotAllowed, Refused):
        return False
    return True
