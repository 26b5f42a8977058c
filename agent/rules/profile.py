"""A profile: the rules for one sort of goods, as a file with a version says them.

Its digest stands in the records of what it found, so nobody can change it afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.rules.mkt import ACTIVATION_ENERGY
from agent.rules.rates import RATES
from agent.rules.rule import Mode, Reset, Rule, Severity, Side
from foundation.dataclass import dataclass
from foundation.hints import nearest
from foundation.names import NAME
from foundation.options import Option, option, options_of, parsed
from foundation.toml_file import Place, TomlFile, WrongFile

MINUTE = 60_000  # ms
HOUR = 60 * MINUTE
LONGEST_HOURS = 8784.0  # a leap year
COLDEST, LARGEST = -300.0, 1e6  # °C; and of all that is measured

FIELDS = ("temperature", "humidity", "pressure", "peak", *RATES, "faults")
"""What rules are about: fields of `temperature` and `shock` records, how fast they change, and how
many faults a `battery` record names."""

PLAIN = r"[^\x00-\x1f\x7f]{1,200}"


class ProfileError(WrongFile):
    """A profile cannot be used."""

    advice = "correct the file, then run: tallyman profile check FILE"


@dataclass(frozen=True, slots=True)
class Mkt:
    """[mkt]: which mean kinetic temperature is reported."""

    activation_energy: float = option(
        float, "how much faster the goods age when warmer", ACTIVATION_ENERGY, 1.0, 1000.0, "kJ/mol"
    )
    window_hours: float = option(
        float, "time over which it is taken", 24.0, 1.0, LONGEST_HOURS, "h"
    )

    @property
    def window(self) -> int:
        """The same in ms."""
        return round(self.window_hours * HOUR)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the tables; `source` says where the numbers come from."""

    name: str = option(str, "its name", form=NAME, example="2-8")
    version: int = option(int, "counts up with each change", None, 1, 1_000_000)
    title: str = option(str, "for which goods", form=PLAIN, example="medicines at 2 to 8 °C")
    source: str = option(str, "where the limits come from", form=PLAIN, example="our contract 17")
    remark: str = option(str, "what it does not cover", "", form=PLAIN)
    ignore_start_minutes: float = option(
        float, "time from the first value on that no rule looks at", 0.0, 0.0, 1440.0, "min"
    )
    ignore_end_minutes: float = option(
        float, "the same at the end, where that is known", 0.0, 0.0, 1440.0, "min"
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """A checked profile; `digest` is the SHA-256 of the file's bytes."""

    head: Head
    rules: tuple[Rule, ...]
    mkt: Mkt | None
    digest: bytes

    @property
    def name(self) -> str:
        """What it calls itself."""
        return self.head.name

    def about(self, *fields: str) -> tuple[Rule, ...]:
        """Return the rules for one value, or for several."""
        return tuple(rule for rule in self.rules if rule.field in fields)

    @property
    def fields(self) -> tuple[str, ...]:
        """The values that it has rules for."""
        return tuple(field for field in FIELDS if self.about(field))


HEAD, MKT = options_of(Head), options_of(Mkt)

RULE = (
    Option("name", str, "what people call this rule", form=PLAIN, example="too warm"),
    Option("field", str, "the value it is about", default=FIELDS[0], choices=FIELDS),
    Option(
        "mode",
        str,
        "single: the time of one excursion counts; cumulative: that of all",
        default=str(Mode.SINGLE),
        choices=tuple(map(str, Mode)),
    ),
    Option(
        "minutes",
        float,
        "valid time beyond the limit that makes an alarm; 0: at once",
        default=0.0,
        minimum=0.0,
        maximum=LONGEST_HOURS * 60,
        unit="min",
    ),
    Option(
        "window_hours",
        float,
        "of a cumulative rule, the newest time that counts; 0: all",
        default=0.0,
        minimum=0.0,
        maximum=LONGEST_HOURS,
        unit="h",
    ),
    Option(
        "hysteresis",
        float,
        "how far back a value must be to end an excursion",
        default=0.0,
        minimum=0.0,
        maximum=LARGEST,
    ),
    Option(
        "reset",
        str,
        "what ends an alarm: a person with a reason, or the value's recovery",
        default=str(Reset.PERSON),
        choices=tuple(map(str, Reset)),
    ),
    Option(
        "severity",
        str,
        "how much an alarm matters",
        default=str(Severity.CRITICAL),
        choices=tuple(map(str, Severity)),
    ),
)
"""The keys of [[rule]] beside its limit, which is one of LIMITS."""

LIMITS = tuple(
    Option(
        str(side),
        float,
        f"values {side.words} this are beyond",
        default=0.0,
        minimum=COLDEST,
        maximum=LARGEST,
    )
    for side in Side
)


KEYS = frozenset(each.name for each in (*RULE, *LIMITS))


def read_profile(path: Path) -> Profile:
    """Return the profile in a file; ProfileError lists everything that is wrong with it."""
    return profile_of(TomlFile.read(path, ProfileError, advice="see: tallyman profile list"))


def profile_of(file: TomlFile) -> Profile:
    """Return the profile that a file holds; see `read_profile`."""
    tables = {name: each for name, each in file.tree.items() if name in ("mkt", "rule")}
    plain = {name: each for name, each in file.tree.items() if name not in tables}
    head = file.table((), plain, HEAD, "the profile")
    mkt = file.section("mkt", MKT) if "mkt" in tables else None
    rules = _rules(file)
    file.finish()
    return Profile(
        head=Head(**parsed(HEAD, head)),
        rules=rules,
        mkt=None if mkt is None else Mkt(**mkt),
        digest=hashlib.sha256(file.data).digest(),
    )


def _rules(file: TomlFile) -> tuple[Rule, ...]:
    found: list[Rule] = []
    for place, given in file.each("rule"):
        rule = _rule(file, place, given)
        file.twice(place, rule.name, [each.name for each in found])
        found.append(rule)
    if not found:
        file.problem((), "it has no [[rule]]: a profile without one finds nothing")
    return tuple(found)


def _rule(file: TomlFile, place: Place, given: Mapping[str, Any]) -> Rule:
    values = file.table(place, given, (*RULE, *LIMITS), "[[rule]]")
    named = [side for side in Side if str(side) in given]
    misspelt = any(nearest(key, map(str, Side)) for key in given if key not in KEYS)
    if len(named) != 1 and not misspelt:
        wanted = ", ".join(map(str, Side))
        what = "no limit" if not named else f"{len(named)} limits"
        file.problem(place, f"the rule {values['name']!r} has {what}: give one of {wanted}")
    side = named[0] if named else Side.ABOVE
    _check_time(file, place, values)
    return Rule(
        name=values["name"],
        field=values["field"],
        side=side,
        limit=values[str(side)],
        mode=Mode(values["mode"]),
        alarm_after=round(values["minutes"] * MINUTE),
        window=round(values["window_hours"] * HOUR),
        hysteresis=values["hysteresis"],
        reset=Reset(values["reset"]),
        severity=Severity(values["severity"]),
    )


def _check_time(file: TomlFile, place: Place, values: Mapping[str, Any]) -> None:
    """Complain of times that make no rule."""
    cumulative = values["mode"] == Mode.CUMULATIVE
    if values["window_hours"] and not cumulative:
        file.problem((*place, "window_hours"), 'a window is for mode = "cumulative" only')
    if cumulative and not values["minutes"]:
        file.problem((*place, "mode"), "a cumulative rule needs minutes: how much makes an alarm")
    if cumulative and values["reset"] == Reset.RECOVERY and not values["window_hours"]:
        file.problem(
            (*place, "reset"),
            "without window_hours what counted never becomes less: reset must be person",
        )
    if values["window_hours"] and values["minutes"] > values["window_hours"] * 60:
        file.problem((*place, "minutes"), "more minutes than its window has: it never alarms")
