"""What is said of a bundle that was made: to people, to programs, and in the access record."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

from agent.config.settings import Config
from agent.desks.control_client import NotAllowed, NotRunning, Refused, ask_one
from agent.journal.journal import BatchRow
from evidence.bundle import Bundle
from evidence.report import Finding
from evidence.statement import parse_statement
from foundation.console import WIDTH, folded
from foundation.counting import counted, span
from foundation.printing import say, say_json

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

    def tell(self, *, recorded: bool) -> None:
        """Say what is in the bundle, what is hidden, and what is not in it yet."""
        path, batches = self._path, len(self._rows)
        within = counted(batches, "batch", "batches")
        if self._args.json:
            shown = {"file": str(path), "bytes": self._size, "batches": batches}
            shown |= {"first": self.first, "last": self.last, "not_confirmed": self._left}
            shown |= {"shown": self.shown, "hidden": self.hidden, "files": self._files}
            doubts = [f"{each.text} [{each.reason}]" for each in self.doubts]
            shown |= {"not_anchored": doubts} if doubts else {}
            shown |= {"policy": self._policy}
            say_json(shown | {"sha256": self.digest.hex(), "recorded": recorded})
            return
        records = span(range(self.first, self.last + 1), "record")
        say(f"bundle    {path}: {self._size} bytes")
        whole = "" if self.hidden else ", all of them shown"
        say(f"          {records} in {within}{whole}")
        if self.hidden:
            say(f"          {self.shown} of them shown; the other {self.hidden} are committed to")
            say("          by salted hashes: nobody can read or guess them")
        if self._files:
            say(f"          with {counted(self._files, 'attached file')}")
        if self._left:
            say(f"          without {counted(self._left, 'newer record')}, not confirmed yet")
        if self._args.parts:
            say(f"policy    {self._policy}")
        self._tell_doubts()
        if not recorded:
            say("          no record of it was made: the agent is not running")

    def _tell_doubts(self) -> None:
        """Say what the policy pinned here does not believe: the verifier's may be newer."""
        if not self.doubts:
            return
        if {each.reason for each in self.doubts} == {OWN_KEY_UNLISTED}:
            say("next      give the consortium's newest policy along: the one pinned here was")
            say("          made before this gateway was admitted, and lacks its key")
            return
        say("          by the policy pinned here nobody believes all of it:")
        for each in self.doubts[:MOST_DOUBTS]:
            for line in folded(f"{each.text} [{each.reason}]", width=WIDTH - INDENT):
                say(f"          {line}")
        if (more := len(self.doubts) - MOST_DOUBTS) > 0:
            say(f"          and {counted(more, 'more finding')}")
        say("next      give whoever verifies the consortium's newest policy: it may say more")


def leave_record(config: Config, made: Made) -> bool:
    """Have the running agent record that the bundle was given out; tell whether it did."""
    try:
        ask_one(config.gateway.control, made.access())
    except (NotRunning, NotAllowed, Refused):
        return False
    return True
