"""Proof that the log holds another history of this epoch than the journal, kept until it is healed.

It stands in conflict.toml: both statements, each signed by this gateway's own key under one number.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

from evidence.errors import EvidenceError
from evidence.keys import PublicKey
from evidence.statement import Statement, parse_statement
from foundation.dataclass import dataclass
from foundation.durable import write_file
from foundation.errors import Damaged

CONFLICT_FILE = "conflict.toml"


class ConflictDamaged(Damaged):
    """The file is not as it was written."""

    advice = "move it away: the node shows the proof again when the agent runs"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements of one gateway, epoch and seq; `newest` is the last one the log has.

    `newest` is the word of `node`; `ours` and `theirs` prove themselves.
    """

    node: str
    ours: bytes
    theirs: bytes
    newest: int

    @property
    def logged(self) -> Statement:
        """The statement in the log."""
        return parse_statement(self.theirs)

    def text(self) -> str:
        """Say what happened in plain words."""
        seq = self.logged.claims.seq
        return (
            f"this journal is an old copy: the log at {self.node} holds other batches of this "
            f"gateway from {seq} to {self.newest} than the journal; nothing more is sent in this "
            "epoch, collecting goes on and nothing is lost"
        )


def proven(ours: bytes, theirs: bytes, key: PublicKey) -> bool:
    """Tell whether `theirs` is by `key` and stands where `ours` does, with other content."""
    try:
        mine, other = parse_statement(ours), parse_statement(theirs)
        other.verify(key)
    except EvidenceError:
        return False
    places = [(s.claims.issuer, s.claims.epoch, s.claims.seq) for s in (mine, other)]
    return places[0] == places[1] and mine.digest != other.digest


def keep_conflict(state_dir: Path, conflict: Conflict) -> None:
    """Store the proof durably."""
    text = (
        f'node = "{conflict.node}"\nnewest = {conflict.newest}\n'
        f'ours = "{conflict.ours.hex()}"\ntheirs = "{conflict.theirs.hex()}"\n'
    )
    write_file(state_dir / CONFLICT_FILE, text.encode())


def read_conflict(state_dir: Path, epoch: bytes) -> Conflict | None:
    """Return the proof about `epoch` that is kept in `state_dir`, if any."""
    path = state_dir / CONFLICT_FILE
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
        ours, theirs = (bytes.fromhex(tree[name]) for name in ("ours", "theirs"))
        conflict = Conflict(str(tree["node"]), ours, theirs, int(tree["newest"]))
        about = conflict.logged.claims.epoch
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EvidenceError) as error:
        raise ConflictDamaged(f"cannot read {path}: {error}") from error
    return conflict if about == epoch else None


class Conflicts:
    """What the forwarder asks before it sends, and tells when a node shows another history."""

    def __init__(self, state_dir: Path, epoch: bytes, key: Callable[[], PublicKey]) -> None:
        """`key` is the gateway's statement key: only what it signed is proof."""
        self._state_dir = state_dir
        self._key = key
        self.known = read_conflict(state_dir, epoch)

    def learn(self, node: str, ours: bytes, theirs: bytes, newest: int) -> Conflict | None:
        """Return the conflict once its proof is durable; None when `theirs` proves nothing."""
        if not proven(ours, theirs, self._key()):
            return None
        seq = parse_statement(theirs).last
        conflict = Conflict(node, ours, theirs, max(newest, seq))
        keep_conflict(self._state_dir, conflict)
        self.known = conflict
        return conflict
