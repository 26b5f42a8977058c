"""What a dishonest ledger node answers in place of the truth: one function a lie.

Each gets the accomplices' keys, the question, the honest answer and what was answered before, and
returns an answer that is well formed: only a light client's own checks can tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.cbor import Value
from evidence.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint
from evidence.errors import ProofError
from evidence.merkle import root_from_inclusion
from evidence.note import Note
from evidence.receipt import Receipt, parse_receipt
from evidence.shape import as_array, as_bytes, as_uint
from evidence.wire import Envelope, Header, Label, Type
from hil.peers.accomplices import Accomplices
from ledger.base.key_files import SigningKey

RETRY_MS = 50
MOST_SIZES = 64


@dataclass(frozen=True, slots=True)
class Moment:
    """One question of a gateway, the honest answer to it, and the RECEIPT answers before."""

    accomplices: Accomplices
    question: Envelope
    honest: Envelope
    before: Sequence[Envelope]

    def but(self, changes: Header) -> Envelope:
        """Return the honest answer with other header fields; None drops one."""
        merged = {**_header(self.honest), **changes}
        kept = {label: value for label, value in merged.items() if value is not None}
        return self.question.answer(self.honest.type, kept)

    @property
    def signed(self) -> SignedCheckpoint:
        """The honest answer's checkpoint."""
        return parse_checkpoint(as_bytes(self.honest.get(Label.NOTE), "note"))

    @property
    def receipts(self) -> list[tuple[int, Receipt]]:
        """The honest answer's receipts by seq."""
        pairs = [as_array(pair, "receipt", 2) for pair in _receipts(self.honest)]
        return [(as_uint(s, "seq"), parse_receipt(as_bytes(r, "receipt"))) for s, r in pairs]


Lie = Callable[[Moment], Envelope]


def forked(moment: Moment) -> Envelope:
    """Another root at the size that the gateway trusts, signed by log and quorum."""
    size = as_uint(moment.question.get(Label.SIZE), "SIZE") or moment.signed.checkpoint.size
    other = Checkpoint(moment.accomplices.identity.origin, size, _other_root())
    return moment.but({Label.RECEIPTS: [], Label.NOTE: moment.accomplices.note(other)})


def rewritten(moment: Moment) -> Envelope:
    """A larger log that does not contain what the gateway trusts, signed by log and quorum."""
    size = moment.signed.checkpoint.size
    other = Checkpoint(moment.accomplices.identity.origin, size, _other_root())
    return moment.but({Label.RECEIPTS: [], Label.NOTE: moment.accomplices.note(other)})


def rolled_back(moment: Moment) -> Envelope:
    """An honest checkpoint from before: what came after it is denied."""
    old = moment.before[0].get(Label.NOTE)
    return moment.but({Label.RECEIPTS: [], Label.NOTE: old, Label.PATH: None})


def stale(moment: Moment) -> Envelope:
    """For ever the checkpoint that the gateway trusts already, and nothing under it."""
    newest = moment.before[-1].get(Label.NOTE)
    return moment.but({Label.RECEIPTS: [], Label.NOTE: newest, Label.PATH: None})


def withholding_proof(moment: Moment) -> Envelope:
    """Receipts, but not how the log grew."""
    return moment.but({Label.PATH: None, Label.OLD_SIZE: None})


def withholding_receipts(moment: Moment) -> Envelope:
    """ACCEPTED, and then never a receipt."""
    return moment.question.answer(Type.PENDING, {Label.RETRY_MS: RETRY_MS})


def lying_about_place(moment: Moment) -> Envelope:
    """True paths and a true signature, with another size and index that lead to the same root."""
    root = moment.signed.checkpoint.root
    pairs = [(seq, _misplaced(moment, receipt, root)) for seq, receipt in moment.receipts]
    return moment.but({Label.RECEIPTS: pairs})


def another_statement(moment: Moment) -> Envelope:
    """A valid receipt, of the batch before."""
    (_, earlier), *_ = [as_array(pair, "receipt", 2) for pair in _receipts(moment.before[-1])]
    return moment.but({Label.RECEIPTS: [(seq, earlier) for seq, _ in moment.receipts]})


def wrong_receipt_key(moment: Moment) -> Envelope:
    """Receipts by a key that the policy does not name."""
    stranger, root = _stranger(), moment.signed.checkpoint.root
    pairs = [
        (seq, moment.accomplices.receipt(receipt, receipt.size, receipt.index, root, stranger))
        for seq, receipt in moment.receipts
    ]
    return moment.but({Label.RECEIPTS: pairs})


def wrong_log_key(moment: Moment) -> Envelope:
    """A checkpoint that all cosigned, with another key's signature in the log's name."""
    note = moment.accomplices.note(moment.signed.checkpoint, _stranger())
    return moment.but({Label.NOTE: note})


def too_few_cosigners(moment: Moment) -> Envelope:
    """The log's line and one cosignature."""
    note = moment.signed.note
    return moment.but({Label.NOTE: Note(note.text, note.signatures[:2]).to_text().encode()})


def one_cosigner_twice(moment: Moment) -> Envelope:
    """A quorum of lines, of one cosigner."""
    log, first, *_ = moment.signed.note.signatures
    note = Note(moment.signed.note.text, (log, first, first, first))
    return moment.but({Label.NOTE: note.to_text().encode()})


def replaying(moment: Moment) -> Envelope:
    """An honest answer to an earlier question, under the new request's number."""
    return moment.question.answer(Type.RECEIPT, _header(moment.before[-1]))


def _header(answer: Envelope) -> dict[Label, Value]:
    return {label: answer.header[label] for label in Label if label in answer.header}


def _receipts(answer: Envelope) -> Sequence[Value]:
    return as_array(answer.get(Label.RECEIPTS), "receipts")


def _misplaced(moment: Moment, receipt: Receipt, root: bytes) -> bytes:
    """Return `receipt` with the first other (size, index) whose climb is the same."""
    sides = _climb(receipt.index, receipt.size, receipt.path)
    for size in range(receipt.size + 1, MOST_SIZES):
        for index in range(size):
            if _climb(index, size, receipt.path) == sides:
                return moment.accomplices.receipt(receipt, size, index, root)
    raise AssertionError(f"no other place for {receipt.index} of {receipt.size}")


def _climb(index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    try:
        return root_from_inclusion(bytes(32), index, size, path)
    except ProofError:
        return None


def _stranger() -> SigningKey:
    return SigningKey(Ed25519PrivateKey.generate())


def _other_root() -> bytes:
    return hashlib.sha256(b"another history").digest()
