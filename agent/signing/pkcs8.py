"""Private keys in the form that `FileKey.make` stores: PKCS#8 (RFC 5958), unencrypted, in PEM.

Three algorithms make three forms of fixed length, so a key is what stands between fixed bytes.
`cryptography` reads every form there is, and for that loads RSA, DSA, DH, ciphers and SSH: 2.5 MB
and more time than a bare Python takes to start. Here only exactly these forms are known, and every
other is left to it.
"""

from __future__ import annotations

import base64
import binascii

from foundation.dataclass import dataclass

_BEGIN, _END = b"-----BEGIN PRIVATE KEY-----\n", b"-----END PRIVATE KEY-----\n"
_LINE = 64  # characters of base64 in a line of PEM (RFC 7468 §2)


@dataclass(frozen=True, slots=True)
class Form:
    """DER around a secret of `size` bytes, and between it and the public point, if it has one."""

    name: str
    size: int
    before: bytes
    between: bytes

    @property
    def length(self) -> int:
        """Bytes of the whole; a point is two coordinates of the secret's length."""
        point = 2 * self.size if self.between else 0
        return len(self.before) + self.size + len(self.between) + point


@dataclass(frozen=True, slots=True)
class Secret:
    """A private key as its curve's name, its number or seed, and the point stored beside it."""

    form: str
    secret: bytes
    point: bytes = b""
    """x and y; empty for Ed25519."""


FORMS = {
    form.name: form
    for form in (
        # OneAsymmetricKey {0, {id-ecPublicKey, curve}, ECPrivateKey {1, secret, [1] point}}
        Form(
            "secp256r1",
            32,
            bytes.fromhex(
                "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420"
            ),
            bytes.fromhex("a14403420004"),
        ),
        Form(
            "secp384r1",
            48,
            bytes.fromhex("3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430"),
            bytes.fromhex("a16403620004"),
        ),
        # OneAsymmetricKey {0, {id-Ed25519}, seed}: RFC 8410 §7
        Form("ed25519", 32, bytes.fromhex("302e020100300506032b657004220420"), b""),
    )
}


def write(key: Secret) -> bytes:
    """Return the PEM file of a key."""
    form = FORMS[key.form]
    text = base64.b64encode(form.before + key.secret + form.between + key.point)
    lines = [text[at : at + _LINE] + b"\n" for at in range(0, len(text), _LINE)]
    return b"".join([_BEGIN, *lines, _END])


def read(pem: bytes) -> Secret | None:
    """Return the key of a file that is exactly what `write` makes; None for every other."""
    if not (pem.startswith(_BEGIN) and pem.endswith(_END)):
        return None
    try:
        der = binascii.a2b_base64(pem[len(_BEGIN) : -len(_END)])
    except binascii.Error:
        return None
    for form in FORMS.values():
        if len(der) == form.length and der.startswith(form.before):
            at = len(form.before) + form.size
            key = Secret(form.name, der[len(form.before) : at], der[at + len(form.between) :])
            return key if write(key) == pem else None
    return None
