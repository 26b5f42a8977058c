"""NXP's originality signature: is the chip's UID signed by NXP? Pure.

The signature (AN11350, AN13452) proves that NXP once signed this UID. It is readable memory, so
a copied UID brings its signature along: it speaks for where the number comes from, never for the
chip that shows it. It is ECDSA on secp128r1 over the bare UID, a curve only python-ecdsa has; a
verification has no secrets, so its timing gives nothing away.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecdsa import VerifyingKey

CLAIMED = "chip claims NXP origin"
REFUTED = "signature is not NXP's"
SIGNATURE_LENGTH = 32  # bytes: r and s, 16 each

# Public keys as NXP publishes them in its application notes: uncompressed points.
KEYS = {
    "MIFARE Ultralight EV1": "0490933BDCD6E99B4E255E3DA55389A827564E11718E017292FAF23226A96614B8",
    "NTAG21x": "04494E1A386D3D3CFE3DC10E5DE68A499B1C202DB5B132393E89ED19FE5BE8BC61",
    "ICODE": "048878A2A2D3EEC336B4F261A082BD71F9BE11C4E2E896648B32EFA59CEA6E59F0",
}


def family(uid: bytes, signature: bytes) -> str | None:
    """Return the chip family (of KEYS) whose key signed `uid`, or None when none did.

    A UID of ISO 15693 (ICODE) is given as it is sent: least significant byte first.
    """
    if len(signature) != SIGNATURE_LENGTH:
        return None
    return next((name for name in KEYS if _signed(name, uid, signature)), None)


def origin(uid: bytes, signature: bytes) -> str:
    """Return what the signature says, in the words of a record."""
    return REFUTED if family(uid, signature) is None else CLAIMED


def _signed(name: str, uid: bytes, signature: bytes) -> bool:
    from ecdsa import BadSignatureError  # noqa: PLC0415  loaded only where a tag has a signature

    try:
        _key(name).verify_digest(signature, uid)
    except BadSignatureError:
        return False
    return True


@cache
def _key(name: str) -> VerifyingKey:
    from ecdsa import SECP128r1, VerifyingKey  # noqa: PLC0415  as above

    return VerifyingKey.from_string(bytes.fromhex(KEYS[name]), curve=SECP128r1)
