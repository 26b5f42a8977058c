"""What tallyman-notify may ask, on a socket of its own: it follows records and says how it goes.

That process talks to the network, so it is let at nothing else. What it says is shown by `status`
and `why`, and nothing acts on it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import BadRequest, Request, Verb, number
from agent.desks.notify_causes import CAUSES, DOWN
from agent.desks.status import ChannelState, ChannelStatus
from agent.journal.async_journal import AsyncJournal
from agent.journal.follow import follow_records
from agent.journal.recorder import Recorder
from agent.signing.identity import Identity
from drivers.driver import Timing
from foundation.words import one_line

SAID = (ChannelState.UNKNOWN, ChannelState.OK, ChannelState.FAILING)
"""The states that a channel may say of itself."""

SILENT_AFTER = 100.0  # s without a word, of which one comes every 30
MARK_EVERY = 256  # records of other kinds after which a follower hears how far it is
MOST_TEXT = 300  # characters of what it says
MOST_KINDS = 64  # that one follower may ask for
_ROWS = {row.id: row for row in CAUSES}


@dataclass(frozen=True, slots=True)
class _Word:
    """What a channel said of itself; `at` and `since` are monotonic seconds."""

    state: str
    at: float
    since: float
    detail: str
    cause: str
    waiting_ms: int | None
    delivered: int
    lost: int


class NotifyDesk:
    """Answers tallyman-notify; `channels` are the names that it should speak of."""

    def __init__(
        self,
        channels: Sequence[str],
        identity: Identity,
        name: str,
        journal: AsyncJournal,
        recorder: Recorder,
        clock: Clock,
        timing: Timing,
    ) -> None:
        self._channels = channels
        self._identity = identity
        self._name = name
        self._journal = journal
        self._recorder = recorder
        self._clock = clock
        self._timing = timing
        self._words: dict[str, _Word] = {}
        self._started = timing.monotonic()
        self._first = recorder.next_number

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {"begin": self.begin, "follow": self.follow, "say": self.say}

    async def begin(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield whose records these are, the `first` of this run, and how many there are now."""
        del request
        yield {
            "gateway": self._identity.gateway,
            "name": self._name,
            "first": self._first,
            "next": await self._journal.count(),
        }

    async def follow(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the records of some `kinds` from number `since` on, for ever, once durable.

        `{"record": hex}`; `{"passed": N}` now and then: all before N came; and `{"lost": N, "upto":
        M}`: the records from N to before M are gone.
        """
        kinds, expected = _kinds(request), number(request, "since", 0)
        async with aclosing(follow_records(self._journal, self._recorder, expected)) as records:
            async for record in records:
                if record.number > expected:
                    yield {"lost": expected, "upto": record.number}
                expected = record.number + 1
                if record.kind in kinds:
                    yield {"record": record.to_bytes().hex()}
                elif expected % MARK_EVERY == 0:
                    yield {"passed": expected}

    async def say(self, request: Request) -> AsyncGenerator[Any, None]:
        """Take in how the channels do: a list of tables by the fields of ChannelStatus."""
        said = request.get("channels")
        if not isinstance(said, list):
            raise BadRequest("channels must be a list")
        now = self._timing.monotonic()
        self._words |= dict(_word(each, now, self._channels) for each in said)
        yield len(said)

    def statuses(self) -> tuple[ChannelStatus, ...]:
        """Return how each channel does, as it was said last."""
        return tuple(self._status(name) for name in self._channels)

    def _status(self, name: str) -> ChannelStatus:
        word, now = self._words.get(name), self._timing.monotonic()
        heard = self._started if word is None else word.at
        if now - heard > SILENT_AFTER:
            detail = "tallyman-notify says nothing"
            return ChannelStatus(
                name,
                ChannelState.DOWN,
                self._wall(heard),
                detail,
                DOWN.next,
                DOWN.id,
                *_counts(word),
            )
        if word is None:
            return ChannelStatus(name, ChannelState.UNKNOWN, self._wall(heard))
        row = _ROWS.get(word.cause)
        advice = "" if row is None else row.next
        since = self._wall(word.since)
        return ChannelStatus(
            name, word.state, since, word.detail, advice, word.cause, *_counts(word)
        )

    def _wall(self, monotonic: float) -> int:
        return self._clock.stamp(monotonic).wall_ms


def _counts(word: _Word | None) -> tuple[int | None, int, int]:
    return (None, 0, 0) if word is None else (word.waiting_ms, word.delivered, word.lost)


def _kinds(request: Request) -> frozenset[str]:
    kinds = request.get("kinds")
    if not isinstance(kinds, list) or len(kinds) > MOST_KINDS:
        raise BadRequest("kinds must be a list of names")
    return frozenset(str(each) for each in kinds)


def _word(said: object, now: float, known: Sequence[str]) -> tuple[str, _Word]:
    """Return what one channel said, with its name; BadRequest where that cannot be."""
    if not isinstance(said, dict) or said.get("name") not in known:
        raise BadRequest("a channel has one of the names in [notify]")
    if said.get("state") not in SAID:
        raise BadRequest(f"a channel's state is one of {', '.join(SAID)}")
    cause = said.get("cause", "")
    if not isinstance(cause, str) or (cause and cause not in _ROWS):
        raise BadRequest("a channel's cause is one of those of tallyman why notify --list")
    waiting = number(said, "waiting_ms", 0) if said.get("waiting_ms") is not None else None
    word = _Word(
        state=said["state"],
        at=now,
        since=now - number(said, "for_ms", 0) / 1000,
        detail=one_line(str(said.get("detail", "")))[:MOST_TEXT],
        cause=cause,
        waiting_ms=waiting,
        delivered=number(said, "delivered", 0),
        lost=number(said, "lost", 0),
    )
    return said["name"], word
