"""What the light client trusts, on disk: written before it is acted on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from agent.light_client.causes import OTHER_POLICY
from agent.light_client.errors import Fork
from agent.light_client.verifier import Anchor, accept_checkpoint
from evidence.errors import EvidenceError
from evidence.policy import Policy
from evidence.policy_update import PolicyUpdate, parse_update
from foundation.dataclass import dataclass
from foundation.durable import SYSTEM_DISK, Disk, overwrite_file, write_file
from foundation.errors import Fatal

_TRUSTED = ("trusted.note", "trusted-2.note")
_ROOM = 4096  # bytes of each: a page, and a note with the lines of a dozen witnesses
_FROZEN = "frozen"
_FORKS = "fork-*.cbor"
_UPDATES = "policy-*.cbor"


@dataclass(slots=True)
class TrustedStore:
    """A folder with the newest trusted checkpoint, and evidence where a log was caught.

    `trusted.note` and `trusted-2.note` are the last two notes as cosigned, each with zeros behind
    it. They are written over in turn: a power cut can spoil only the one that nobody acted on yet,
    and its signatures tell. `fork-<digest>.cbor` is the evidence of a fork, and that
    it is there freezes trust; `frozen` beside it says why, for people. `unjoined-<digest>.note` is
    a checkpoint that the log signed and nobody has shown yet how it fits in. `policy-<number>.cbor`
    are the updates that lead from the pinned policy to the one in force.
    """

    folder: Path
    disk: Disk = SYSTEM_DISK
    _turn: int = field(default=0, init=False)  # which of the two is written next

    def load(self, policies: Sequence[Policy]) -> Anchor | None:
        """Return the trusted checkpoint, checked anew; None before the first.

        It was accepted under one of `policies`, the newest or one before it.
        """
        anchors: list[Anchor | None] = []
        problem: EvidenceError | None = None
        for name in _TRUSTED:
            try:
                anchors.append(self._anchor(name, policies))
            except EvidenceError as error:
                anchors.append(None)
                problem = error
        sizes = [-1 if anchor is None else anchor.size for anchor in anchors]
        newest = sizes.index(max(sizes))
        self._turn = 1 - newest if anchors[newest] else 0
        if problem is not None and anchors[newest] is None:
            raise Fatal(
                f"{self.folder / _TRUSTED[0]} is not a checkpoint of the pinned policy: {problem}",
                cause=OTHER_POLICY,
                advice="pin the policy file that it was accepted under; where the note itself is "
                f"damaged, move {_TRUSTED[0]} and {_TRUSTED[1]} away: the log is believed anew",
            ) from problem
        return anchors[newest]

    def _anchor(self, name: str, policies: Sequence[Policy]) -> Anchor | None:
        path = self.folder / name
        if not path.exists():
            return None
        note = path.read_bytes().rstrip(b"\0")
        *earlier, newest = policies
        for policy in reversed(earlier):
            with suppress(EvidenceError):
                return accept_checkpoint(note, policy, now=None)
        return accept_checkpoint(note, newest, now=None)

    def updates(self) -> list[PolicyUpdate]:
        """Return the policy updates that were accepted, in their order."""
        paths = sorted(self.folder.glob(_UPDATES))
        return [parse_update(path.read_bytes()) for path in paths]

    def save_update(self, update: PolicyUpdate) -> None:
        """Keep an accepted policy update, durably."""
        self._write(f"policy-{update.change.sequence:09}.cbor", update.to_bytes())

    def save(self, anchor: Anchor) -> None:
        """Make `anchor` the trusted checkpoint, durably; `load` comes before."""
        path = self.folder / _TRUSTED[self._turn]
        overwrite_file(path, anchor.signed.to_bytes(), _ROOM, mode=0o644, disk=self.disk)
        self._turn = 1 - self._turn

    def freeze(self, fork: Fork) -> Path:
        """Keep the evidence of a fork and trust the log no more; return the evidence file."""
        name = f"fork-{_short(fork.evidence)}.cbor"
        self._write(name, fork.evidence)
        self._write(_FROZEN, f"{fork}\nevidence: {name}\n".encode())
        return self.folder / name

    def frozen(self) -> str | None:
        """Return why trust is frozen, or None."""
        path = self.folder / _FROZEN
        if path.exists():
            return path.read_text().strip()
        # The power went between the evidence and the words about it.
        names = [path.name for path in self.folder.glob(_FORKS)]
        return f"the log signed two histories\nevidence: {min(names)}" if names else None

    def evidence(self) -> list[bytes]:
        """Return the evidence of every fork that was seen."""
        return [path.read_bytes() for path in sorted(self.folder.glob(_FORKS))]

    def keep_unjoined(self, note: bytes) -> None:
        """Keep a note that the log signed until somebody shows how it fits in."""
        self._write(_unjoined(note), note)

    def unjoined(self) -> list[bytes]:
        """Return the notes that nobody has joined with the others yet."""
        return [path.read_bytes() for path in sorted(self.folder.glob(_unjoined(b"", "*")))]

    def drop_unjoined(self, note: bytes) -> None:
        """Forget a note that fits in."""
        (self.folder / _unjoined(note)).unlink(missing_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        write_file(self.folder / name, data, mode=0o644, disk=self.disk)


def is_of(folder: Path, origin: str) -> bool:
    """Tell whether a folder keeps a trusted checkpoint of the log `origin`."""
    head = f"{origin}\n".encode()
    return any(
        (folder / name).exists() and (folder / name).read_bytes().startswith(head)
        for name in _TRUSTED
    )


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _unjoined(note: bytes, which: str = "") -> str:
    return f"unjoined-{which or _short(note)}.note"
