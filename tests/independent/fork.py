"""Evidence of a fork (PROTOCOL.md, "Forks")."""

from __future__ import annotations

from tests.independent.cbor import decode
from tests.independent.merkle import check_consistency
from tests.independent.note import LOG, Checkpoint, VKey, read_checkpoint, read_vkey, signers
from tests.independent.reasons import Refused
from tests.independent.shape import array, blob, blob_or_null


def _signed(data: bytes, log: VKey) -> Checkpoint:
    found = read_checkpoint(data)
    if found.origin != log.name:
        raise Refused("origin")
    signers(found.note, log, [])
    return found


def check_fork(data: bytes, log_text: str) -> tuple[int, int]:
    """Return the two sizes of a log that contradicts itself."""
    log = read_vkey(log_text, LOG)
    item = array(decode(data), 4)
    notes = blob(item[0]), blob(item[1])
    beginning = blob_or_null(item[2], 32)
    path = [blob(part, 32) for part in array(item[3])]
    older, newer = (_signed(note, log) for note in notes)
    if older.size == newer.size:
        if beginning is not None or path or older.root == newer.root:
            raise Refused("no-fork")
        return older.size, newer.size
    if beginning is None:
        raise Refused("fork")
    check_consistency(older.size, newer.size, path, beginning, newer.root)
    if beginning == older.root:
        raise Refused("no-fork")
    return older.size, newer.size
