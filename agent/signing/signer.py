"""What signs statements: a key that never leaves its place, behind one method."""

from __future__ import annotations

from typing import Protocol

from agent.evidence.keys import PublicKey


class Signer(Protocol):
    """One private key for one purpose. A file holds it now; a TPM or PKCS#11 token may."""

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this signs."""
        ...

    @property
    def algorithm(self) -> int:
        """The COSE algorithm id that headers must name."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature (r ‖ s) over `message`."""
        ...
