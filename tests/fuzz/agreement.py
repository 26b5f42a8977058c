"""Our readers and those of `tests/independent` on the same bytes: one verdict, for one reason.

Of a body that breaks several rules the page lets each find another first: there the verdict alone
is compared (docs/PROTOCOL.md, "Reason codes").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from evidence import cbor
from evidence.body import COLUMNS, ROWS, decode_body
from evidence.checkpoint import parse_checkpoint
from evidence.custody import parse_custody
from evidence.encrypt import open_sealed
from evidence.enrolment import parse_request
from evidence.errors import EvidenceError, MalformedError
from evidence.fork import read_fork
from evidence.hash_envelope import parse_envelope
from evidence.keys import PublicKey
from evidence.leaf import SEED_BYTES, Record
from evidence.log_set import parse_log_set
from evidence.policy import parse_policy
from evidence.policy_update import parse_update
from evidence.receipt import parse_receipt
from evidence.statement import parse_statement
from evidence.wire import parse_frames
from tests.evidence.building import World, seeded
from tests.independent import sealed as their_sealed
from tests.independent import wire as their_wire
from tests.independent.body import read_body
from tests.independent.cbor import decode
from tests.independent.cose import read_key
from tests.independent.envelope import read_envelope
from tests.independent.fork import check_fork
from tests.independent.logs import read_logs
from tests.independent.note import read_checkpoint
from tests.independent.policy import read_policy
from tests.independent.reasons import Refused
from tests.independent.receipt import read_custody, read_receipt
from tests.independent.records import read_record
from tests.independent.statement import read_statement
from tests.independent.update import read_update

Read = Callable[[bytes], object]

POLICY_TEXT = World().policy_text()
POLICY = parse_policy(POLICY_TEXT)
THEIR_POLICY = read_policy(POLICY_TEXT.encode())
RECIPIENT_SECRET = seeded("a recipient on X25519")
RECIPIENT = X25519PrivateKey.from_private_bytes(RECIPIENT_SECRET)
THEIR_RECIPIENT = their_sealed.Reader(RECIPIENT_SECRET, None)
COMMITMENT = bytes(32)
FEW_RECORDS = 64


@dataclass(frozen=True, slots=True)
class Pair:
    """Two readers of one format; `reasons` tells whether their reasons must be the same, too."""

    ours: Read
    theirs: Read
    reasons: bool = True

    def check(self, data: bytes) -> bool:
        """Return whether both take `data`; AssertionError where they do not say the same."""
        ours, theirs = _said(self.ours, data), _said(self.theirs, data)
        if not self.reasons:
            ours, theirs = (said and "refused" for said in (ours, theirs))
        assert ours == theirs, f"ours {ours or 'takes it'}, theirs {theirs or 'takes it'}"
        return not ours


def _said(read: Read, data: bytes) -> str:
    """Return the reason of a refusal; empty: it was taken."""
    try:
        read(data)
    except EvidenceError as error:
        return error.reason
    except Refused as refused:
        return refused.code
    return ""


def check_agreement(data: bytes) -> None:
    """Hold all pairs against one another; MalformedError where none of them takes it."""
    taken = [name for name, pair in PAIRS.items() if pair.check(data)]
    if not taken:
        raise MalformedError("shape", "it is in no format at all")


def _ours_of_text(read: Callable[[str], object]) -> Read:
    def of_bytes(data: bytes) -> object:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise MalformedError("policy", "not UTF-8") from error
        return read(text)

    return of_bytes


def _our_update(data: bytes) -> object:
    return parse_update(data).check(POLICY)


def _their_update(data: bytes) -> object:
    return read_update(data, THEIR_POLICY, 0, [])


def _body(read: Callable[[bytes, int, int], Any]) -> Read:
    """Let the first byte say codec and count, which a statement signs."""

    def of_bytes(data: bytes) -> object:
        number = data[0] if data else 0
        codec, count = (COLUMNS, ROWS)[number & 1], 1 + (number >> 1) % FEW_RECORDS
        return read(data[1:].ljust(SEED_BYTES, b"\0"), codec, count)

    return of_bytes


PAIRS: Mapping[str, Pair] = {
    "cbor": Pair(cbor.decode, decode),
    "key": Pair(PublicKey.from_cose, read_key),
    "record": Pair(Record.from_bytes, read_record),
    "statement": Pair(parse_statement, read_statement),
    "receipt": Pair(parse_receipt, read_receipt),
    "custody": Pair(parse_custody, read_custody),
    "envelope": Pair(parse_envelope, read_envelope),
    "enrolment": Pair(parse_request, their_wire.read_enrolment),
    "frame": Pair(lambda data: parse_frames([data, b""]), their_wire.read_frame),
    "checkpoint": Pair(parse_checkpoint, read_checkpoint),
    "policy": Pair(_ours_of_text(parse_log_set), read_logs),
    "update": Pair(_our_update, _their_update),
    "fork": Pair(
        lambda data: read_fork(data, POLICY.log),
        lambda data: check_fork(data, POLICY.log.to_text()),
    ),
    "sealed": Pair(
        lambda data: open_sealed(data, RECIPIENT, COMMITMENT),
        lambda data: their_sealed.open_sealed(data, THEIR_RECIPIENT, COMMITMENT),
    ),
    "body": Pair(_body(decode_body), _body(read_body), reasons=False),
}
