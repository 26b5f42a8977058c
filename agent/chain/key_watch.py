"""How long the gateway's statement key counts by the policies pinned here, told in time.

A key that has ended goes on signing: nothing else could prove what is collected meanwhile, and
where the consortium lists it for longer, all of that counts again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from agent.chain.causes import KEY_ENDS, KEY_EXPIRED, KEY_REVOKED
from agent.clock.belief import Source
from agent.clock.clock import Clock
from drivers.driver import Timing
from evidence.keys import PublicKey
from evidence.leaf import RecordValue
from evidence.policy import GatewayKey, Policy
from foundation.cause import Cause
from foundation.dataclass import dataclass

log = logging.getLogger(__name__)

SECONDS_PER_DAY = 86_400
TELL_BEFORE = 30 * SECONDS_PER_DAY  # s; a month for a consortium to give out a new policy
LOOK_EVERY = 3600.0  # s

KIND = "key-validity"

Note = Callable[[str, Mapping[str, RecordValue]], None]


class KeyState(StrEnum):
    """What the policies say of the key now."""

    COUNTS = "counts"
    ENDS = "ends"  # within TELL_BEFORE
    EXPIRED = "expired"
    REVOKED = "revoked"


OF_STATE: Mapping[KeyState, Cause[Any]] = {
    KeyState.ENDS: KEY_ENDS,
    KeyState.EXPIRED: KEY_EXPIRED,
    KeyState.REVOKED: KEY_REVOKED,
}


@dataclass(frozen=True, slots=True)
class KeyValidity:
    """The key's state, and the moment in UTC seconds at which it ends or ended, where it does."""

    state: KeyState = KeyState.COUNTS
    until: int | None = None


def validity(listed: Iterable[GatewayKey], threshold: int, now: int) -> KeyValidity:
    """Return how long a key counts that so many of several logs list; `threshold` of them must.

    A key that too few list counts: the pinned policy may be from before it was let in.
    """
    ends = sorted((_end(each) for each in listed), key=lambda end: end[0], reverse=True)
    if len(ends) < threshold:
        return KeyValidity()
    at, state = ends[threshold - 1]
    if at == _NEVER:
        return KeyValidity()
    if now < at:
        state = KeyState.ENDS if at - now <= TELL_BEFORE else KeyState.COUNTS
    return KeyValidity(state, int(at))


_NEVER = float("inf")


def _end(key: GatewayKey) -> tuple[float, KeyState]:
    """Return when a log's policy lets the key count no more, and what it is then."""
    until = _NEVER if key.valid_until is None else key.valid_until
    revoked = _NEVER if key.revoked_at is None else key.revoked_at
    return (revoked, KeyState.REVOKED) if revoked <= until else (until, KeyState.EXPIRED)


class KeyWatch:
    """Looks every hour, and has a record made where the key's state is another; `run` is its task.

    While nobody vouches for the clock it says nothing; a quorum's time is one that has passed.
    """

    def __init__(
        self,
        issuer: str,
        key: Callable[[], PublicKey],
        policies: Callable[[], Iterable[Policy]],
        threshold: int,
        clock: Clock,
        timing: Timing,
        note: Note,
    ) -> None:
        self._issuer = issuer
        self._key = key
        self._policies = policies
        self._threshold = threshold
        self._clock = clock
        self._timing = timing
        self._note = note
        self.now = KeyValidity()

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            self.look()
            await self._timing.sleep(LOOK_EVERY)

    def look(self) -> None:
        """Take the key's state anew."""
        stamp = self._clock.now()
        if stamp.bound_ms is None and stamp.source != Source.QUORUM:
            return
        before, kid = self.now, self._key().kid
        self.now = validity(self._listed(kid), self._threshold, stamp.wall_ms // 1000)
        if self.now.state is before.state:
            return
        values: dict[str, RecordValue] = {"state": str(self.now.state), "kid": kid}
        if self.now.until is not None:
            values["until_ms"] = self.now.until * 1000
        log.log(
            logging.INFO if self.now.state is KeyState.COUNTS else logging.WARNING,
            "the statement key %s %s", kid.hex(), self.now.state,
        )  # fmt: skip
        self._note(KIND, values)

    def _listed(self, kid: bytes) -> Iterable[GatewayKey]:
        """Yield the key's lines in the policies in force, one for each log that has it."""
        for policy in self._policies():
            for each in policy.gateways:
                if each.issuer == self._issuer and each.key.kid == kid:
                    yield each
