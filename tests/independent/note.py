"""Signed notes, verifier keys and checkpoints (PROTOCOL.md, "Checkpoint")."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from tests.independent import ed25519
from tests.independent.reasons import Refused
from tests.independent.shape import LIMIT

NOTE_SIZE = 16 * 1024
LOG, COSIGNER = 1, 4
DASH = "\u2014 "


def unbase64(text: str) -> bytes:
    """Base64 with padding that encodes anew to the same text."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("base64") from None
    if base64.b64encode(data).decode() != text:
        raise Refused("base64")
    return data


def check_name(name: str) -> None:
    """A key's name."""
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise Refused("note-name")


@dataclass(frozen=True)
class VKey:
    """A verifier key: `name+hex(key id)+base64(type, key)`."""

    text: str
    name: str
    key_id: bytes
    kind: int
    key: bytes

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether an Ed25519 signature is over `data`."""
        return ed25519.verifies(self.key, signature, data)


def read_vkey(text: str, kind: int) -> VKey:
    """Read a vkey of type `kind`."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        raise Refused("vkey")
    try:
        check_name(parts[0])
        data = unbase64(parts[2])
    except Refused:
        raise Refused("vkey") from None
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
    if data[:1] != bytes([kind]) or not ed25519.is_key(data[1:]) or key_id.hex() != parts[1]:
        raise Refused("vkey")
    return VKey(text, parts[0], key_id, kind, data[1:])


@dataclass(frozen=True)
class Line:
    """A signature line."""

    name: str
    blob: bytes

    def by(self, key: VKey) -> bool:
        """A line is by a key when name and key id are the key's."""
        return self.name == key.name and self.blob[:4] == key.key_id


@dataclass(frozen=True)
class Note:
    """A note's text, with the last line feed, and its signature lines."""

    text: str
    lines: list[Line]


def read_note(data: bytes) -> Note:
    """Read a signed note."""
    if len(data) > NOTE_SIZE:
        raise Refused("note-size")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("note-utf8") from None
    if any(letter < " " and letter != "\n" for letter in whole):
        raise Refused("note-control")
    text, empty, signatures = whole.rpartition("\n\n")
    if not empty or not signatures.endswith("\n"):
        raise Refused("note-form")
    return Note(text + "\n", [_line(line) for line in signatures[:-1].split("\n")])


def _line(line: str) -> Line:
    if not line.startswith(DASH):
        raise Refused("note-line")
    name, space, encoded = line[len(DASH) :].partition(" ")
    if not space:
        raise Refused("note-line")
    blob = unbase64(encoded)
    if len(blob) <= 4:
        raise Refused("note-line")
    check_name(name)
    return Line(name, blob)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint's text, read."""

    note: Note
    origin: str
    size: int
    root: bytes


def read_checkpoint(data: bytes) -> Checkpoint:
    """Read a checkpoint's form; who signed it is for `signers`."""
    note = read_note(data)
    lines = note.text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise Refused("checkpoint-form")
    if not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]) or int(lines[1]) > LIMIT:
        raise Refused("checkpoint-size")
    root = unbase64(lines[2])
    if len(root) != 32:
        raise Refused("checkpoint-root")
    return Checkpoint(note, lines[0], int(lines[1]), root)


def signers(note: Note, log: VKey, witnesses: list[VKey]) -> dict[str, int]:
    """The vkeys of witnesses that cosigned, with their times; the log's line must be there."""
    own = _line_by(note, log)
    if own is None:
        raise Refused("note-unsigned")
    if len(own.blob) != 68:
        raise Refused("signature-length")
    if not log.verifies(own.blob[4:], note.text.encode()):
        raise Refused("signature")
    times: dict[str, int] = {}
    for key in witnesses:
        line = _line_by(note, key)
        if line is not None:
            times[key.text] = _cosigned(line, key, note.text)
    return times


def _line_by(note: Note, key: VKey) -> Line | None:
    found = [line for line in note.lines if line.by(key)]
    if len(found) > 1:
        raise Refused("note-twice")
    return found[0] if found else None


def _cosigned(line: Line, key: VKey, text: str) -> int:
    time = int.from_bytes(line.blob[4:12], "big")
    if len(line.blob) != 76 or time > LIMIT:
        raise Refused("note-cosignature")
    if not key.verifies(line.blob[12:], f"cosignature/v1\ntime {time}\n{text}".encode()):
        raise Refused("signature")
    return time
