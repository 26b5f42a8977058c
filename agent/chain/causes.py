"""Why what this gateway signs does not count, or will not soon."""

from __future__ import annotations

from typing import Any

from foundation.cause import Cause

KEY_ENDS = Cause[Any](
    "proof.key-ends",
    symptom="the key counts for less than a month more",
    sentence="by the policy the statement key ends soon",
    next="run: tallyman keys rotate; then give all who verify the new policy",
    command="tallyman keys rotate",
    unproven="whether a newer policy, not pinned here, lists it for longer",
)
KEY_EXPIRED = Cause[Any](
    "proof.key-expired",
    symptom="what is signed does not count",
    sentence="by the policy the statement key has ended",
    next="ask the consortium to list this key for longer: then all counts again",
    unproven="whether a newer policy, not pinned here, lists it for longer",
)
KEY_REVOKED = Cause[Any](
    "proof.key-revoked",
    symptom="what is signed does not count",
    sentence="the consortium has revoked the statement key",
    next='ask the consortium why; docs/operate/keys.md, "Rotate a gateway\'s key"',
    unproven="why it did",
)

CAUSES = (KEY_REVOKED, KEY_EXPIRED, KEY_ENDS)
