"""Members of a consortium who sign whatever they are asked to: a fork needs them for its quorum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evidence.checkpoint import Checkpoint
from evidence.keys import EDDSA
from evidence.note import Note, NoteKey, cosign_note, sign_note
from evidence.receipt import Receipt, sign_receipt
from ledger.base.config import read_config
from ledger.base.key_files import SigningKey
from ledger.base.node_files import NodeFiles
from ledger.log.log_identity import LogIdentity, load_cosigner, load_log_identity


@dataclass(frozen=True, slots=True)
class Accomplices:
    """The keys of a log and of its cosigners by name, in one hand; `wall` is UTC seconds."""

    identity: LogIdentity
    cosigners: Mapping[str, tuple[NoteKey, SigningKey]]
    wall: Callable[[], int]

    @classmethod
    def of(
        cls, sequencer: NodeFiles, witnesses: Sequence[NodeFiles], wall: Callable[[], int]
    ) -> Accomplices:
        """Take the keys out of the nodes' folders."""
        names = {files: read_config(files.config).name for files in (sequencer, *witnesses)}
        keys = {name: load_cosigner(files, name) for files, name in names.items()}
        return cls(load_log_identity(sequencer), keys, wall)

    def note(self, checkpoint: Checkpoint, log: SigningKey | None = None) -> bytes:
        """Return a note that the log (or another key in its name) and all cosigners signed."""
        text, key = checkpoint.to_text(), self.identity.policy.log
        lines = [sign_note(text, key, (log or self.identity.log_key).sign)]
        for vkey, signer in self.cosigners.values():
            lines.append(cosign_note(text, vkey, self.wall(), signer.sign))
        return Note(text, tuple(lines)).to_text().encode()

    def receipt(
        self, like: Receipt, size: int, index: int, root: bytes, key: SigningKey | None = None
    ) -> bytes:
        """Return a receipt over `root` with the path of `like` and the size and index given."""
        signer = key or self.identity.receipt_key
        public = signer.cose_key()
        origin, path = self.identity.origin, like.path
        return sign_receipt(origin, size, index, path, root, public, EDDSA, signer.sign)
