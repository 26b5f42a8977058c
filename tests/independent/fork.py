"""Evidence of a fork (PROTOCOL.md, "Forks")."""

from __future__ import annotations

from tests.independent.cbor import decode
from tests.independent.merkle import check_consistency
from tests.independent.note import LOG, read_checkpoint, read_vkey, signers
from tests.independent.reasons import Refused
from tests.independent.shape import array, blob, blob_or_null


def check_fork(data: bytes, log_text: str) -> tuple[int, int]:
    """Return the two sizes of a log that contradicts itself."""
    log = read_vkey(log_text, LOG)
    item = array(decode(data), 4)
    notes = blob(item[0]), blob(item[1])
    beginning = blob_or_null(item[2], 32)
    path = [blob(part, 32) for part in array(item[3])]
    older, newer = read_checkpoint(notes[0]), read_checkpoint(notes[1])
    if older.origin != log.name or newer.origin != log.name:
        raise Refused("origin")
    signers(older.note, log, [])
    signers(newer.note, log, [])
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
