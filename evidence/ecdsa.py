"""ECDSA over a digest (FIPS 186-5 §6), described without what a start can do without."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


class Ecdsa(ec.ECDSA):
    """`ec.ECDSA`, which is asked for its two properties alone once it is made.

    Making the library's own loads ciphers and RSA, to ask OpenSSL whether it signs without chance
    (RFC 6979): 0.7 MB, and 4 ms of each start. Ours can, and signatures are tested for it.
    """

    def __init__(self, digest: hashes.HashAlgorithm, *, deterministic: bool = False) -> None:
        self._digest = digest
        self._deterministic = deterministic

    @property
    def algorithm(self) -> hashes.HashAlgorithm:
        """The digest."""
        return self._digest

    @property
    def deterministic_signing(self) -> bool:
        """Whether the same key and message give the same signature (RFC 6979)."""
        return self._deterministic
