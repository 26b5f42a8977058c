"""The frames between gateway, ledger node and witness (docs/PROTOCOL.md, "Frames").

A message is two ZeroMQ frames: an envelope, and the body of a batch or nothing. The envelope is a
CBOR array [version, type, request id, header, statement or nil]; the header is a map whose labels
are in `Label`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum

from evidence import cbor
from evidence.cbor import Value
from evidence.errors import MalformedError
from evidence.shape import Map, as_array, as_bytes, as_map, as_uint, as_version
from foundation.dataclass import dataclass

VERSION = 1
REQUEST_ID_BYTES = 8
MAX_ENVELOPE_BYTES = 256 * 1024
"""A bulk answer of 64 receipts is a quarter of this."""

MAX_BODY_BYTES = 1024 * 1024
"""1,024 records of a kilobyte; the default batch is a thousandth of it."""

MAX_RECEIPTS = 64
"""Receipts that one STATUS or CUSTODY may ask for."""


class Type(IntEnum):
    """What a message is; a request and its answer may share a type."""

    HELLO = 1
    REGISTER = 2
    ACCEPTED = 3
    RECEIPT = 4
    STATUS = 5
    PENDING = 6
    CHECKPOINT = 7
    CONSISTENCY = 8
    INCLUSION = 9
    KEYS = 10
    EVIDENCE = 11
    COSIGN = 12
    ERROR = 13
    ENROL = 14
    UPDATES = 15
    CUSTODY = 16


_TYPES = {int(type_): type_ for type_ in Type}


class Label(IntEnum):
    """Header labels, each with the CBOR type of its value."""

    EPOCH = 1  # 16 bytes
    SEQ = 2  # uint: of a statement; in HELLO the last one known
    SEQS = 3  # array of uint: what STATUS and CUSTODY ask for
    DIGEST = 4  # 32 bytes: of statement SEQ
    ORIGIN = 5  # text: the log's name
    SIZE = 6  # uint: a log size; in requests the newest that the asker trusts
    OLD_SIZE = 7  # uint: where a consistency path starts
    PATH = 8  # array of 32 bytes
    NOTE = 9  # bytes: a checkpoint note
    RECEIPTS = 10  # array of [seq, receipt bytes]
    INDEX = 11  # uint: an entry's index in the log
    RETRY_MS = 12  # uint: ask again after this many milliseconds
    KEY_SET = 13  # array of COSE_Key bytes
    NOTES = 14  # array of bytes: checkpoint notes shown as evidence
    CODE = 15  # text: a stable error code of `Code`
    TEXT = 16  # text: for people
    COSIGNATURE = 17  # text: one signature line
    POLICY = 18  # bytes: the log's policy file, the asker's own line in it
    ROOT = 20  # 32 bytes: in EVIDENCE, what the newer tree begins with
    UPDATES = 21  # array of bytes: policy updates, one after the other
    ISSUER = 22  # text: whose statements REGISTER and STATUS are about, where not the sender's


class Code:
    """Stable error codes. RETRY ones pass by themselves, the others need a change."""

    NOT_ADMITTED = "not-admitted"  # the CURVE key or the statement's key is on no list here
    REPLACED = "replaced"  # another gateway took this one's place: TEXT says why
    MALFORMED = "malformed"  # not in this format
    BAD_SIGNATURE = "bad-signature"
    GAP = "gap"  # seq is not the next one: header SEQ names the wanted one
    EQUIVOCATION = "equivocation"  # another statement with this (iss, epoch, seq) is in the log
    UNKNOWN_ENTRY = "unknown-entry"
    CONFLICT = "conflict"  # COSIGN from another old size: header SIZE names ours
    BAD_PROOF = "bad-proof"
    WRONG_ROLE = "wrong-role"  # this node does not do that
    TOO_LARGE = "too-large"
    BUSY = "busy"  # retry after RETRY_MS
    BAD_TOKEN = "bad-token"  # noqa: S105  a code: no such token, expired, or used by another key


Header = Mapping[Label, Value]


def labels(header: Header) -> Map:
    """Return a header as the plain map that is encoded."""
    return {int(label): value for label, value in header.items()}


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message; `statement` and `body` are empty where the type has none."""

    type: Type
    request: bytes
    header: Map = field(default_factory=dict)
    statement: bytes = b""
    body: bytes = b""

    def to_frames(self) -> list[bytes]:
        """Return the message's two frames."""
        statement = self.statement or None
        items = (VERSION, int(self.type), self.request, self.header, statement)
        return [cbor.encode(items), self.body]

    def answer(self, type_: Type, header: Header | None = None) -> Envelope:
        """Return an answer to this message."""
        return Envelope(type_, self.request, labels(header or {}))

    def error(self, code: str, text: str, extra: Header | None = None) -> Envelope:
        """Return an ERROR answer to this message."""
        return self.answer(Type.ERROR, {Label.CODE: code, Label.TEXT: text} | dict(extra or {}))

    def get(self, label: Label) -> Value:
        """Return a header value; MalformedError where it is missing."""
        if label not in self.header:
            raise MalformedError("wire", f"{self.type.name} without {label.name}")
        return self.header[label]


def parse_frames(frames: list[bytes]) -> Envelope:
    """Read a message's two frames; sizes are checked before anything is decoded."""
    if len(frames) != 2:  # noqa: PLR2004  envelope and body
        raise MalformedError("wire", f"{len(frames)} frames where 2 make a message")
    envelope, body = frames
    if len(envelope) > MAX_ENVELOPE_BYTES or len(body) > MAX_BODY_BYTES:
        raise MalformedError("wire-size", "the message is too large")
    version, type_, request, header, statement = as_array(cbor.decode(envelope), "envelope", 5)
    as_version(version, (VERSION,), "wire")
    number = as_uint(type_, "type")
    if number not in _TYPES:
        raise MalformedError("wire-type", f"message type {number} is not known")
    return Envelope(
        _TYPES[number],
        as_bytes(request, "request id", REQUEST_ID_BYTES),
        _labelled(header),
        b"" if statement is None else _not_empty(as_bytes(statement, "statement")),
        body,
    )


def _labelled(value: Value) -> Map:
    header = as_map(value, "header")
    for label in header:
        as_uint(label, "label")
    return header


def _not_empty(statement: bytes) -> bytes:
    if not statement:
        raise MalformedError("wire", "a message without a statement says nil")
    return statement
