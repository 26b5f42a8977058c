"""Why the light client does not confirm, and what follows."""

from __future__ import annotations

from agent.light_client.causes import EXPIRED, FORK, WITHHELD
from foundation.errors import Alarm, Retry


class Withheld(Retry):
    """A proof did not come, or proves nothing: no proof of fault, so ask again, or another node."""

    cause, advice = WITHHELD, WITHHELD.next


class Stale(Withheld):
    """The node shows an older state of the log than the one trusted: ask another node."""


class Expired(Retry):
    """The trusted checkpoint is older than the trusting period: a person must re-anchor."""

    cause, advice = EXPIRED, EXPIRED.next


class Fork(Alarm):
    """The log signed two histories; `evidence` is a `ForkProof` that anybody can check."""

    cause, advice = FORK, FORK.next
