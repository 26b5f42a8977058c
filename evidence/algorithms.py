"""What statements may be signed with. Apart from `keys`: a configuration names one, unsigned."""

from __future__ import annotations

from collections.abc import Mapping

# IANA COSE algorithms: RFC 9053, and the fully specified ids of RFC 9864
ALGORITHMS: Mapping[str, int] = {
    "ES256": -7,
    "ESP256": -9,
    "ES384": -35,
    "ESP384": -51,
    "EdDSA": -8,
    "Ed25519": -19,
}
"""Ids by IANA name; a key serves both ids of its curve."""
