"""Reading the headers of requests: shape and bounds, before anything is looked up."""

from __future__ import annotations

from evidence.errors import MalformedError
from evidence.merkle import HASH_BYTES, MAX_SIZE
from evidence.shape import as_array, as_bytes, as_text, as_uint
from evidence.statement import EPOCH_BYTES
from evidence.wire import MAX_RECEIPTS, Envelope, Label

MAX_PATH = 2 * 63
"""Hashes of the longest consistency path: two per level (RFC 9162 §2.1.4.1)."""


def bounded(value: int, name: str) -> int:
    """Return a number that stores and trees can hold; MalformedError for a larger one."""
    if value > MAX_SIZE:
        raise MalformedError("bounds", f"{name} {value} is beyond any log")
    return value


def number(message: Envelope, label: Label) -> int:
    """Return the bounded unsigned integer under `label`."""
    return bounded(as_uint(message.get(label), label.name), label.name)


def number_or(message: Envelope, label: Label, default: int) -> int:
    """Return the number under `label`, or `default` where the header has none."""
    return number(message, label) if label in message.header else default


def epoch(message: Envelope) -> bytes:
    """Return the 16 bytes under EPOCH."""
    return as_bytes(message.get(Label.EPOCH), "EPOCH", EPOCH_BYTES)


def seqs(message: Envelope) -> list[int]:
    """Return the distinct numbers under SEQS, in their order; one to MAX_RECEIPTS of them."""
    items = as_array(message.get(Label.SEQS), "SEQS")
    if not 1 <= len(items) <= MAX_RECEIPTS:
        raise MalformedError("seqs", f"{len(items)} SEQS where 1 to {MAX_RECEIPTS} may stand")
    return list(dict.fromkeys(bounded(as_uint(item, "seq"), "seq") for item in items))


def batches(message: Envelope) -> int:
    """Return how many batches a message asks about, well formed or not."""
    items = message.header.get(Label.SEQS)
    return len(items) if isinstance(items, tuple) else 0


def path(message: Envelope) -> list[bytes]:
    """Return the hashes under PATH."""
    items = as_array(message.get(Label.PATH), "PATH")
    if len(items) > MAX_PATH:
        raise MalformedError("path", f"a path of {len(items)} hashes")
    return [as_bytes(item, "hash", HASH_BYTES) for item in items]


def root(message: Envelope) -> bytes:
    """Return the 32 bytes under ROOT."""
    return as_bytes(message.get(Label.ROOT), "ROOT", HASH_BYTES)


def digest(message: Envelope) -> bytes:
    """Return the 32 bytes under DIGEST."""
    return as_bytes(message.get(Label.DIGEST), "DIGEST", HASH_BYTES)


def note(message: Envelope) -> bytes:
    """Return the bytes under NOTE."""
    return as_bytes(message.get(Label.NOTE), "NOTE")


def notes(message: Envelope, most: int) -> tuple[bytes, ...]:
    """Return the one to `most` byte strings under NOTES."""
    items = as_array(message.get(Label.NOTES), "NOTES")
    if not 1 <= len(items) <= most:
        raise MalformedError("notes", f"{len(items)} NOTES where 1 to {most} may stand")
    return tuple(as_bytes(item, "note") for item in items)


def origin(message: Envelope) -> str | None:
    """Return the text under ORIGIN, None where the header has none."""
    if Label.ORIGIN not in message.header:
        return None
    return as_text(message.get(Label.ORIGIN), "ORIGIN")
