"""Why nobody vouches for the gateway's time, or why somebody contradicts it."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.cause import Cause, Finding, no, perhaps, yes
from foundation.dataclass import dataclass

NOT_SURE = "records have a time that nobody vouches for"


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What is known of the clock.

    `source` is whom the agent believes, None without an agent; `vouched` whether somebody gives a
    bound. `kernel_ms` is the kernel's own bound, None where nobody keeps its clock, and `asked`
    whether the kernel answered. `early` tells that the clock shows a time before this release.
    """

    source: str | None = None
    vouched: bool | None = None
    disputes: Sequence[str] = ()
    kernel_ms: int | None = None
    asked: bool = False
    early: bool | None = None
    receivers: Sequence[str] = ()


ClockCause = Cause[ClockFacts]


def _unsynced(facts: ClockFacts) -> Finding:
    if facts.vouched:
        return no(f"{facts.source} vouches for it")
    kernel = "the kernel's clock is not synchronised"
    if facts.vouched is False:
        kept = () if facts.kernel_ms is None else (f"the kernel's is within {facts.kernel_ms} ms",)
        seen = (kernel,) if facts.asked and facts.kernel_ms is None else ()
        return yes(f"the agent's source is {facts.source}", *seen, *kept)
    if not facts.asked:
        return perhaps()
    if facts.kernel_ms is None:
        return yes(kernel)
    return no(f"the kernel's clock is kept within {facts.kernel_ms} ms")


def _disputed(facts: ClockFacts) -> Finding:
    if facts.disputes:
        return yes(*facts.disputes)
    return perhaps() if facts.vouched is None else no("no source contradicts another")


def _early(facts: ClockFacts) -> Finding:
    if facts.early is None:
        return perhaps()
    if facts.early:
        return yes("the clock shows a time before this release was made")
    return no("the clock shows a time after this release was made")


def _receivers(facts: ClockFacts) -> Finding:
    if facts.vouched:
        return no(f"{facts.source} vouches for the time")
    if facts.receivers:
        return yes(*facts.receivers)
    return perhaps()


DISPUTED = ClockCause(
    "clock.disputed",
    symptom="two sources give times that exclude each other",
    sentence="a source says another time than the one that is believed",
    next="compare both times with a clock that you trust, and repair the wrong one: the "
    "receiver's antenna and firmware, or what keeps the system clock (chronyc sources)",
    command="chronyc sources",
    unproven="which of the two is wrong",
    test=_disputed,
)
EARLY = ClockCause(
    "clock.early",
    symptom=NOT_SURE,
    sentence="the clock came up with an old date: no battery keeps it, and nobody has set it",
    next="give the machine a network with NTP, or a receiver a view of the sky",
    command="timedatectl",
    unproven="which of the sources would be there",
    test=_early,
)
NO_SOURCE = ClockCause(
    "clock.unsynced",
    symptom=NOT_SURE,
    sentence="no source vouches for the time: no NTP, no receiver with a date",
    next="look at chronyc sources, and at the receiver: tallyman why gps",
    command="timedatectl",
    unproven="whether the time is wrong",
    test=_unsynced,
)
NO_RECEIVER = ClockCause(
    "clock.receiver",
    symptom=NOT_SURE,
    sentence="the receiver that could give the time does not",
    next="see why: tallyman why gps",
    command="tallyman why gps",
    unproven="whether another source would do",
    test=_receivers,
)


@dataclass(frozen=True, slots=True)
class ReceiverFacts:
    """How many receivers are configured; None: unknown."""

    receivers: int | None


def _none_configured(facts: ReceiverFacts) -> Finding:
    if facts.receivers is None:
        return perhaps()
    if facts.receivers:
        return no("one is configured")
    return perhaps("no device of kind gnss.nmea is configured")  # which may be wanted


NONE_CONFIGURED = Cause[ReceiverFacts](
    "gps.none",
    symptom="no position, and no time from satellites",
    sentence="no receiver is configured",
    next="plug one in, and add a [[device]] of kind gnss.nmea to the configuration",
    command="ls -l /dev/serial/by-id",
    unproven="whether one is wanted",
    test=_none_configured,
)

CAUSES = (DISPUTED, EARLY, NO_SOURCE, NO_RECEIVER)
