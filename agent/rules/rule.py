"""One rule: which values are beyond its limit, and how much time there makes an alarm. Pure."""

from __future__ import annotations

from enum import StrEnum

from foundation.dataclass import dataclass


class State(StrEnum):
    """What a rule says of the goods."""

    OK = "ok"
    EXCURSION = "excursion"  # beyond the limit, not for long enough to be an alarm
    ALARM = "alarm"
    UNKNOWN = "unknown"  # the sensor is lost, or not to be believed


class Side(StrEnum):
    """Which values are beyond the limit."""

    ABOVE = "above"
    AT_OR_ABOVE = "at_or_above"
    BELOW = "below"
    AT_OR_BELOW = "at_or_below"

    @property
    def is_upper(self) -> bool:
        """Whether it is a large value that is beyond."""
        return self in (Side.ABOVE, Side.AT_OR_ABOVE)

    @property
    def words(self) -> str:
        """As people write it."""
        return self.replace("_", " ")


class Mode(StrEnum):
    """Which time beyond the limit counts together."""

    SINGLE = "single"  # that of one excursion
    CUMULATIVE = "cumulative"  # that of all, since the rule began or within its window


class Reset(StrEnum):
    """What ends an alarm."""

    PERSON = "person"  # somebody who gives a reason
    RECOVERY = "recovery"  # a value that is no longer beyond the limit


class Severity(StrEnum):
    """How much an alarm matters."""

    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Rule:
    """An alarm after `alarm_after` ms of valid time beyond `limit`; 0: with the first value there.

    `field` is that of a record's kind, `limit` and `hysteresis` are in its unit. An excursion ends
    with a value that is back by the hysteresis. Of a cumulative rule with a `window` (ms) the time
    in the newest window counts; 0: all of it.
    """

    name: str
    field: str
    side: Side
    limit: float
    mode: Mode = Mode.SINGLE
    alarm_after: int = 0
    window: int = 0
    hysteresis: float = 0.0
    reset: Reset = Reset.PERSON
    severity: Severity = Severity.CRITICAL

    def beyond(self, value: float, *, already: bool) -> bool:
        """Tell whether a value is beyond the limit; `already`: the one before it was."""
        room = self.hysteresis if already else 0.0
        match self.side:
            case Side.ABOVE:
                return value > self.limit - room
            case Side.AT_OR_ABOVE:
                return value >= self.limit - room
            case Side.BELOW:
                return value < self.limit + room
            case Side.AT_OR_BELOW:
                return value <= self.limit + room
