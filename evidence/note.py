"""C2SP signed notes: text with signature lines, and the keys that make them (c2sp.org/signed-note).

Two kinds of Ed25519 signature are known: 0x01, of the note's own author, and 0x04, a witness's
timestamped cosignature (c2sp.org/tlog-cosignature). ML-DSA cosignatures (0x06) are recommended for
new deployments; 0x04 is our choice, as every line is checked on the device.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from enum import IntEnum

from evidence.cose import Sign
from evidence.ed25519 import is_public_key
from evidence.errors import MalformedError, SignatureError
from evidence.keys import EDDSA, Curve, PublicKey
from evidence.shape import shown
from foundation.dataclass import dataclass

MAX_NOTE_BYTES = 16 * 1024
"""A checkpoint with a hundred cosignatures is smaller."""

KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
TIME_BYTES = 8
MAX_TIME = 2**63 - 1

_DASH = "— "  # the em dash and space that start a signature line


class KeyType(IntEnum):
    """The signature type byte of a note key."""

    NOTE = 0x01
    COSIGNATURE = 0x04


_TYPES = frozenset(bytes([kind]) for kind in KeyType)


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A verifier key: name, type, and the raw Ed25519 public key."""

    name: str
    type: KeyType
    public: bytes

    @property
    def identifier(self) -> bytes:
        """The 4-byte key id that signature lines carry."""
        material = self.name.encode() + b"\n" + bytes([self.type]) + self.public
        return hashlib.sha256(material).digest()[:KEY_ID_BYTES]

    def to_text(self) -> str:
        """Return the vkey: name+id+key."""
        key = base64.b64encode(bytes([self.type]) + self.public).decode()
        return f"{self.name}+{self.identifier.hex()}+{key}"

    @classmethod
    def from_text(cls, vkey: str) -> NoteKey:
        """Read a vkey; MalformedError when its id is not that of its key."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004  name, id, key
            raise MalformedError("vkey", f"{shown(vkey)} is no verifier key")
        name, identifier, encoded = parts
        blob = decode_base64(encoded, "verifier key")
        if blob[:1] not in _TYPES or not is_public_key(blob[1:]):
            raise MalformedError("vkey", f"the key of {shown(name)} is none of a type known here")
        key = cls(check_name(name), KeyType(blob[0]), blob[1:])
        if key.identifier.hex() != identifier:
            raise MalformedError("vkey", f"the key id of {shown(name)} does not match its key")
        return key

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return None when `signature` over `message` is by this key, else SignatureError."""
        PublicKey(Curve.ED25519, self.public).verify(EDDSA, message, signature)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who it says it is by, and the bytes behind the key id."""

    name: str
    key_id: bytes
    blob: bytes

    def is_by(self, key: NoteKey) -> bool:
        """Tell whether the line names `key`; that it verifies is another question."""
        return self.name == key.name and self.key_id == key.identifier

    def to_line(self) -> str:
        """Return the line, with its line feed."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.blob).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note: `text` ends with a line feed and is what the signatures are over."""

    text: str
    signatures: tuple[Signature, ...]

    def to_text(self) -> str:
        """Return the whole note."""
        return self.text + "\n" + "".join(line.to_line() for line in self.signatures)

    def by(self, key: NoteKey) -> Signature | None:
        """Return the only line that names `key`; two of them reject the note."""
        lines = [line for line in self.signatures if line.is_by(key)]
        if len(lines) > 1:
            raise MalformedError("note-twice", f"{key.name!r} signed the note twice")
        return lines[0] if lines else None

    def verify(self, key: NoteKey) -> None:
        """Return None when `key` (type 0x01) signed the note, else SignatureError."""
        line = self.by(key)
        if line is None:
            raise SignatureError("note-unsigned", f"{key.name!r} did not sign the note")
        key.verify(self.text.encode(), line.blob)

    def cosigned_at(self, key: NoteKey) -> int | None:
        """Return when `key` (type 0x04) cosigned, in UTC seconds; None where it did not.

        A line that names the key and does not verify raises SignatureError.
        """
        line = self.by(key)
        if line is None:
            return None
        if len(line.blob) != TIME_BYTES + SIGNATURE_BYTES:
            raise MalformedError("note-cosignature", f"{key.name!r}: no cosignature's length")
        time = int.from_bytes(line.blob[:TIME_BYTES], "big")
        if time > MAX_TIME:
            raise MalformedError("note-cosignature", f"{key.name!r}: a time beyond all time")
        key.verify(cosigned_message(self.text, time), line.blob[TIME_BYTES:])
        return time


def cosigned_message(text: str, time: int) -> bytes:
    """Return what a cosignature at `time` (UTC seconds) signs."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def sign_note(text: str, key: NoteKey, signer: Sign) -> Signature:
    """Return the author's signature line over `text`."""
    return Signature(key.name, key.identifier, signer(text.encode()))


def cosign_note(text: str, key: NoteKey, time: int, signer: Sign) -> Signature:
    """Return a witness's signature line over `text` at `time` (UTC seconds)."""
    blob = time.to_bytes(TIME_BYTES, "big") + signer(cosigned_message(text, time))
    return Signature(key.name, key.identifier, blob)


def parse_note(data: bytes) -> Note:
    """Read a note; MalformedError for control characters, loose base64 or no signature."""
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedError("note-size", f"{len(data)} bytes are no note")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("note-utf8", "the note is not UTF-8") from error
    if any(ord(char) < ord(" ") and char != "\n" for char in whole):
        raise MalformedError("note-control", "the note has control characters")
    text, found, lines = whole.rpartition("\n\n")
    if not found or not lines.endswith("\n"):
        raise MalformedError("note-form", "the note has no signature lines")
    signatures = tuple(parse_line(line) for line in lines[:-1].split("\n"))
    return Note(text + "\n", signatures)


def parse_line(line: str) -> Signature:
    """Read one signature line, without its line feed."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise MalformedError("note-line", f"{shown(line)} is no signature line")
    blob = decode_base64(encoded, "signature")
    if len(blob) <= KEY_ID_BYTES:
        raise MalformedError("note-line", "a signature line without a signature")
    return Signature(check_name(name), blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def check_name(name: str) -> str:
    """Return `name` if a note key may bear it: not empty, no white space, no plus sign."""
    if not name or "+" in name or any(char.isspace() for char in name):
        raise MalformedError("note-name", f"{shown(name)} is no name of a note key")
    return name


def decode_base64(text: str, what: str) -> bytes:
    """Return the bytes of canonical standard base64; MalformedError names `what` otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("base64", f"{what}: not base64") from error
    if base64.b64encode(data).decode() != text:
        raise MalformedError("base64", f"{what}: not canonical base64")
    return data
