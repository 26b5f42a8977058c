"""Public keys as a node's files have them; ValueError says what is wrong with a text."""

from __future__ import annotations

from evidence.errors import EvidenceError
from evidence.keys import PublicKey
from evidence.note import KeyType, NoteKey, decode_base64


def cose_key(text: str) -> PublicKey:
    """Return the COSE_Key that stands in base64."""
    try:
        return PublicKey.from_cose(decode_base64(text, "key"))
    except EvidenceError as error:
        raise ValueError(f"no COSE_Key in base64: {error}") from error


def cosigner_key(text: str) -> NoteKey:
    """Return the key that a node cosigns checkpoints with."""
    return _verifier_key(text, KeyType.COSIGNATURE)


def log_key(text: str) -> NoteKey:
    """Return the key that signs a log's checkpoints."""
    return _verifier_key(text, KeyType.NOTE)


def _verifier_key(text: str, type_: KeyType) -> NoteKey:
    try:
        key = NoteKey.from_text(text)
    except EvidenceError as error:
        raise ValueError(f"no verifier key: {error}") from error
    if key.type is not type_:
        raise ValueError(f"not a verifier key of type {int(type_):#04x}")
    return key
