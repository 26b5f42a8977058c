"""Why a piece of evidence was not accepted.

Every error carries a stable `reason`, for machines and tests; the text is for people.
"""

from __future__ import annotations


class EvidenceError(Exception):
    """Base of all refusals; `reason` is a stable short code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class MalformedError(EvidenceError):
    """The bytes are not in the format at all: whoever made or carried them is at fault."""


class ProofError(EvidenceError):
    """A Merkle proof does not lead to the root it claims."""


class SignatureError(EvidenceError):
    """A signature is missing, wrong, or by a key that may not sign this."""


class UntrustedError(EvidenceError):
    """Well-formed, perhaps honest, but nothing in the policy vouches for it."""
