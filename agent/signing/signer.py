"""What signs statements: a key that never leaves its place, behind one method."""

from __future__ import annotations

from typing import Protocol

from agent.signing.causes import TOKEN_AWAY
from evidence.keys import PublicKey
from foundation.errors import Retry


class SignerAway(Retry):
    """The key cannot be reached now; records are kept, and sealed when it is back."""

    cause, advice = TOKEN_AWAY, TOKEN_AWAY.of(module="its library").next


class Signer(Protocol):
    """One private key for one purpose, in a file or in a PKCS#11 token."""

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this signs."""
        ...

    @property
    def algorithm(self) -> int:
        """The COSE algorithm id that headers must name."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature (r ‖ s) over `message`; SignerAway when the key is not there."""
        ...

    def forget(self) -> None:
        """Destroy what is left of the key once another's file has replaced its own."""
        ...
