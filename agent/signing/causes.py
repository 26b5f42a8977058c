"""Why nothing is signed."""

from __future__ import annotations

from typing import Any

from foundation.cause import Cause

NOTHING_SEALED = "records are kept and not sealed into batches"

TOKEN_AWAY = Cause[Any](
    "proof.token-away",
    symptom=NOTHING_SEALED,
    sentence="the token with the statement key does not sign",
    next="is it plugged in, and is {module} its library?",
    command="pkcs11-tool --module {module} --list-slots",
    unproven="whether it is unplugged, asleep or broken",
)
TOKEN_PIN = Cause[Any](
    "proof.token-pin",
    symptom=NOTHING_SEALED,
    sentence="the token's PIN cannot be read, or is refused",
    next="put it there, readable for the agent alone: mode 0600",
    unproven="whether the file or the token is the wrong one",
)
OTHER_TOKEN = Cause[Any](
    "proof.token-other",
    symptom=NOTHING_SEALED,
    sentence="another token is plugged in than the one this gateway began with",
    next="plug in the token that this gateway began with",
    unproven="where that one is",
)

CAUSES = (TOKEN_AWAY, OTHER_TOKEN, TOKEN_PIN)
