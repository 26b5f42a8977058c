"""Policy updates (PROTOCOL.md, "Policy updates")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.independent.cbor import decode
from tests.independent.note import Note, read_note, unbase64
from tests.independent.policy import Policy, read_policy, read_time
from tests.independent.reasons import Refused
from tests.independent.shape import array, blob, text

UPDATE_SIZE = 64 * 1024


@dataclass(frozen=True)
class Update:
    """A policy update that was accepted."""

    number: int
    policy: Policy
    since: int


def read_update(data: bytes, old: Policy, number: int, left: list[bytes]) -> Update:
    """Read an update and hold it against the policy in force."""
    if len(data) > UPDATE_SIZE:
        raise Refused("update-size")
    item = array(decode(data), 2)
    raw, new_text = blob(item[0]), text(item[1])
    note = read_note(raw)
    origin, new_number, digest, follows, since = _update_lines(note)
    new = read_policy(new_text.encode())
    if new.digest != digest or new.gateways:
        raise Refused("update-text")
    if new_number <= number:
        raise Refused("update-sequence")
    if digest in left or digest == old.digest:
        raise Refused("update-again")
    if origin != old.log_key.name or follows != old.digest:
        raise Refused("update-previous")
    if (new.log_key.text, new.receipt_key.raw) != (old.log_key.text, old.receipt_key.raw):
        raise Refused("update-log")
    if not old.satisfied(set(old.signers(note))):
        raise Refused("quorum")
    return Update(new_number, new, since)


def _update_lines(note: Note) -> tuple[str, int, bytes, bytes, int]:
    lines = note.text[:-1].split("\n")
    if len(lines) != 5 or not all(lines):
        raise Refused("update-form")
    number = re.fullmatch("policy update ([1-9][0-9]{0,8})", lines[1])
    if not number:
        raise Refused("update-form")
    try:
        since = read_time(lines[4])
    except Refused:
        raise Refused("update-form") from None
    digests = [unbase64(line) for line in lines[2:4]]
    if any(len(digest) != 32 for digest in digests):
        raise Refused("update-form")
    return lines[0], int(number[1]), digests[0], digests[1], since
