"""Whether what people signed holds: docs/PROTOCOL.md, "Signed receipts". Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from evidence import cbor
from evidence.errors import EvidenceError
from evidence.keys import ES256, PublicKey

VERSION = "version"
NOT_SIGNED = frozenset(
    {
        "document", "signed", "key", "signature", "driver_key", "driver_signature", "receiver_key",
        "receiver_signature",
    }
)  # fmt: skip
"""Fields of a record that its document has not: what signing added."""

OF_DELIVERY = frozenset({"state"})
"""Of a delivery, how many signed; its document is the receipt's, where the word means the goods."""


class Signed(StrEnum):
    """What a check of a person's signature came to."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNSIGNED = "unsigned"


def checked(values: Mapping[str, Any], role: str = "") -> Signed:
    """Return whether a signature holds over the document, and the document says what is told.

    `values` are plain, bytes as hexadecimal; `role` is driver or receiver of a delivery.
    """
    before = f"{role}_" if role else ""
    names = ("document", f"{before}key", f"{before}signature")
    if not any(name in values for name in names[1:]):
        return Signed.UNSIGNED
    try:
        document, key, signature = (bytes.fromhex(str(values.get(name))) for name in names)
        PublicKey.from_cose(key).verify(ES256, document, signature)
        said = _fields(document)
    except (EvidenceError, ValueError):
        return Signed.BROKEN
    told = _told(values, OF_DELIVERY if role else frozenset())
    same = told.items() <= said.items() if role else told == said
    return Signed.HOLDS if same else Signed.BROKEN


def _fields(document: bytes) -> dict[str, str]:
    told = cbor.decode(document)
    if not isinstance(told, dict):
        return {}
    return {str(name): _plain(value) for name, value in told.items() if name != VERSION}


def _told(values: Mapping[str, Any], but: frozenset[str]) -> dict[str, str]:
    return {name: _plain(value) for name, value in values.items() if name not in NOT_SIGNED | but}


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
