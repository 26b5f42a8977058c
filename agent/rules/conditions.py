"""The conditions of all goods under watch, as the records say: a fold over them. Pure.

The records that tell of conditions are part of it: they say what was told. So after a restart
nothing is told twice, and what came to pass meanwhile is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agent.rules.course import Course, Step, Terms, at_moment, begun_anew, taken
from agent.rules.kept import course_of, plain
from agent.rules.rates import RATES, Trail, followed
from agent.rules.rule import Rule, State
from agent.rules.sources import BATTERY, EVENTS, FAULTS, SOURCES
from agent.rules.standing import Standing
from agent.rules.time_line import TimeLine
from agent.rules.valid_time import Sample
from agent.rules.watched import Watched, faults_in, reports, sample_of, tells_of
from evidence.leaf import Record

EXCURSION, ALARM, OVERRIDE, PROFILE = "excursion", "alarm", "override", "profile"
ASSESSMENT = "assessment"
WAITING = "waiting"
"""What a rule is that has seen no value yet, or none since a person ended its state."""

BETWEEN = ", "  # the names of rules that one record tells of
MOST_UNTOLD = 64  # steps of one rule that wait to be told; the newest are kept


class Key(NamedTuple):
    """One rule on one device."""

    device: str
    rule: str


@dataclass(slots=True)
class Told:
    """What the records tell of a rule: its state.

    `untold` are the steps before the newest sample that they do not tell yet; `ahead` is how many
    of the steps behind it they do.
    """

    state: State = State.OK
    untold: list[tuple[State, int]] = field(default_factory=list)
    ahead: int = 0


def names_told(values: Mapping[str, object]) -> list[str]:
    """Return the names of the rules that a record's values tell of, without their profile."""
    joined = str(values.get("rule", ""))
    names = joined.split(BETWEEN)
    return names if len(names) == values.get("rules") else [joined]


def keys_told(record: Record, watched: Watched | None) -> list[Key]:
    """Return the rules that an `excursion` or `alarm` record tells of."""
    names = _text(record, "rule")
    if watched is None or not record.values.get("rules"):
        return [Key(record.device, names)]
    return [
        Key(record.device, rule.name)
        for rule in watched.profile.rules
        if rule.name in names.split(BETWEEN)
    ]


class Report(NamedTuple):
    """The faults that a battery's record named, that record's number, and its moment."""

    faults: str
    record: int
    at: int = 0


class Due(NamedTuple):
    """What should be told of a rule now."""

    watched: Watched
    rule: Rule
    state: State
    before: State
    standing: Standing
    since: int


class Conditions:
    """Folds records; `watched` are the devices under watch."""

    def __init__(self, watched: Mapping[str, Watched]) -> None:
        self._watched = watched
        self._line = TimeLine()
        self._courses: dict[tuple[str, str], Course] = {}
        self._trails: dict[tuple[str, str], Trail] = {}
        self._told: dict[Key, Told] = {}
        self._digests: dict[str, str] = {}
        self._reports: dict[str, Report] = {}
        self._named: dict[str, set[str]] = {}  # what alarms named of a battery's faults that last
        self._further: dict[str, Report] = {}  # what named another one since

    @property
    def line(self) -> TimeLine:
        """The line of time that its moments are on."""
        return self._line

    def watched(self, device: str) -> Watched | None:
        """Return the device of that name, where it is under watch."""
        return self._watched.get(device)

    def reported(self, device: str) -> Report | None:
        """Return what a battery reported of its faults that no alarm names, else what it did last.

        None where it never did.
        """
        return self._further.get(device) or self._reports.get(device)

    def all_watched(self) -> Iterator[Watched]:
        """Yield the devices under watch."""
        yield from self._watched.values()

    def apply(self, record: Record) -> None:
        """Fold one more record in; records come in order, each once."""
        if not self._line.bridged(record):
            self._lose_all()
        self._line = self._line.after(record)
        watched = self._watched.get(record.device)
        if watched is None:
            return
        if record.kind == PROFILE:
            self._began(watched, record)
        elif self._is_announced(watched):
            self._watch(watched, record)

    def _watch(self, watched: Watched, record: Record) -> None:
        if record.kind in SOURCES:
            self._measured(watched, record)
        elif record.kind in (EXCURSION, ALARM):
            for key in keys_told(record, watched):
                self._was_told(key, record)
        elif record.kind == OVERRIDE:
            self._overridden(watched, record)

    def unannounced(self) -> Iterator[Watched]:
        """Yield the devices whose profile is another than the records say."""
        for watched in self._watched.values():
            if not self._is_announced(watched):
                yield watched

    def due(self, now: int) -> Iterator[Due]:
        """Yield what should be told, one thing of each rule at most; `now` is on the line."""
        for watched, rule, standing, steps in self._looked_at(now):
            told = self._told.setdefault(Key(watched.device, rule.name), Told())
            news = [*told.untold, *steps[told.ahead :]]
            found = next((each for each in news if _is_news(rule, told, each[0])), None)
            if found is None and standing.state is not None and standing.state is not told.state:
                found = standing.state, standing.since
            if found is None and told.state is State.ALARM and rule.field == FAULTS:
                found = self._another(watched.device)
            if found is not None:
                yield Due(watched, rule, found[0], told.state, standing, found[1])

    def standings(self, now: int) -> Iterator[tuple[Watched, Rule, Standing]]:
        """Yield what each rule that has seen a value comes to at a moment."""
        for watched, rule, standing, _ in self._looked_at(now):
            yield watched, rule, standing

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON object."""
        return {
            "line": self._line.to_json(),
            "courses": [[*key, plain(course)] for key, course in self._courses.items()],
            "told": [
                [*key, told.state, told.untold, told.ahead] for key, told in self._told.items()
            ],
            "digests": self._digests,
            "trails": [[*key, trail] for key, trail in self._trails.items()],
            "reports": self._reports,
            "named": {device: sorted(names) for device, names in self._named.items()},
            "further": self._further,
        }

    def restore(self, given: Mapping[str, Any]) -> None:
        """Take over what `to_json` wrote; ValueError, KeyError or TypeError for anything else."""
        self._line = TimeLine(**given["line"])
        self._courses = {(device, name): course_of(each) for device, name, each in given["courses"]}
        self._told = {
            Key(device, rule): Told(State(state), [(State(x), y) for x, y in untold], ahead)
            for device, rule, state, untold, ahead in given["told"]
        }
        self._digests = dict(given["digests"])
        self._trails = {
            (device, name): tuple(Sample(*each) for each in trail)
            for device, name, trail in given.get("trails", [])
        }
        self._reports = _reports_of(given, "reports")
        self._further = _reports_of(given, "further")
        named = {device: faults_in(each.faults) for device, each in self._reports.items()}
        self._named = {device: set(each) for device, each in given.get("named", named).items()}
        for watched in self.unannounced():
            self._forget(watched.device)

    def _looked_at(
        self, now: int
    ) -> Iterator[tuple[Watched, Rule, Standing, list[tuple[State, int]]]]:
        """Yield each rule's standing at a moment, and the states on the way there."""
        for (device, name), course in self._courses.items():
            watched = self._watched.get(device)
            if watched is None:
                continue
            terms = watched.terms(name)
            seen, steps = at_moment(terms, course, now)
            for rule, standing in zip(terms.rules, seen.standings, strict=True):
                yield watched, rule, standing, _states(step for step in steps if step.rule is rule)

    def _measured(self, watched: Watched, record: Record) -> None:
        at = self._line.of_boot(record.monotonic_ms)
        self._reported(watched.device, record, at)
        for name in SOURCES[record.kind]:
            terms = watched.terms(name)
            if not terms.rules or not tells_of(record, name):
                continue
            sample = self._sample(watched, record, name, at)
            known = (watched.device, name) in self._courses
            if known or sample.value is not None:
                self._take(watched, name, terms, sample)

    def _reported(self, device: str, record: Record, at: int) -> None:
        """Take note of what a battery reports, and of what is over once it reports nothing."""
        if faults := reports(record):
            self._reports[device] = found = Report(faults, record.number, at)
            if faults_in(faults) - self._named.get(device, set()):
                self._further[device] = found
        elif record.kind == BATTERY and sample_of(record, FAULTS, at).value is not None:
            self._named.pop(device, None)
            self._further.pop(device, None)

    def _another(self, device: str) -> tuple[State, int] | None:
        """Return the alarm that a fault is which no alarm named, though they last."""
        found = self._further.get(device)
        return None if found is None else (State.ALARM, found.at)

    def _was_named(self, device: str, faults: str) -> None:
        """Take note of the faults that an alarm named."""
        named = self._named.setdefault(device, set())
        named |= faults_in(faults)
        if device in self._further and faults_in(self._further[device].faults) <= named:
            del self._further[device]

    def _sample(self, watched: Watched, record: Record, name: str, at: int) -> Sample:
        """Return what a record says of a value, or of how fast one changes."""
        if name not in RATES:
            return sample_of(record, name, at)
        place = watched.device, name
        sample = sample_of(record, RATES[name], at)
        trail = self._trails.get(place, ())
        self._trails[place], rate = followed(trail, sample, watched.terms(name).reach)
        return rate

    def _take(self, watched: Watched, name: str, terms: Terms, sample: Sample) -> None:
        course = self._courses.get((watched.device, name), Course())
        course, steps = taken(terms, course, sample)
        self._courses[watched.device, name] = course
        for rule in terms.rules:
            told = self._told.setdefault(Key(watched.device, rule.name), Told())
            told.untold += _states(step for step in steps if step.rule is rule)[told.ahead :]
            told.ahead = 0
            del told.untold[:-MOST_UNTOLD]

    def _was_told(self, key: Key, record: Record) -> None:
        """Take note of what was told, and that no step before it needs to be any more."""
        told = self._told.setdefault(key, Told())
        if faults := _text(record, "reports"):
            self._was_named(record.device, faults)
            if told.state is State.ALARM:
                return  # of another fault: what was told of the rule holds
        told.state = _state(record)
        untold = [state for state, _ in told.untold]
        if told.state in untold:
            del told.untold[: untold.index(told.state) + 1]
            return
        told.untold.clear()
        for watched, rule, _, steps in self._looked_at(self._line.newest):
            ahead = [state for state, _ in steps]
            if (watched.device, rule.name) == key and told.state in ahead[told.ahead :]:
                told.ahead = ahead.index(told.state, told.ahead) + 1

    def _overridden(self, watched: Watched, record: Record) -> None:
        name = _text(record, "rule")
        for rule in watched.profile.rules:
            place = watched.device, rule.field
            if rule.name == name and place in self._courses:
                index = watched.profile.about(rule.field).index(rule)
                self._courses[place] = begun_anew(self._courses[place], index)
                self._told[Key(watched.device, name)] = Told()
                if rule.field == FAULTS:
                    self._named.pop(watched.device, None)

    def _began(self, watched: Watched, record: Record) -> None:
        """Begin anew: what an earlier profile counted is not what this one asks for."""
        digest = record.values.get("digest")
        self._digests[watched.device] = digest.hex() if isinstance(digest, bytes) else ""
        self._forget(watched.device)

    def _is_announced(self, watched: Watched) -> bool:
        return self._digests.get(watched.device) == watched.profile.digest.hex()

    def _forget(self, device: str) -> None:
        self._courses = {key: each for key, each in self._courses.items() if key[0] != device}
        self._told = {key: each for key, each in self._told.items() if key.device != device}
        self._trails = {key: each for key, each in self._trails.items() if key[0] != device}
        for each in (self._reports, self._named, self._further):
            each.pop(device, None)

    def _lose_all(self) -> None:
        """Nobody knows for how long the gateway was off, so no value lasts until it is back."""
        self._trails.clear()
        for (device, name), course in list(self._courses.items()):
            watched = self._watched.get(device)
            if watched is not None and course.last is not None:
                lost = Sample(max(self._line.newest, course.last.at), None)
                self._take(watched, name, watched.terms(name), lost)


def _states(steps: Iterable[Step]) -> list[tuple[State, int]]:
    """Return the states that steps lead to, with their moments."""
    standings = (step.standing for step in steps)
    return [(each.state, each.since) for each in standings if each.state is not None]


def _reports_of(given: Mapping[str, Any], name: str) -> dict[str, Report]:
    """Return the reports of a snapshot; one of an earlier version has fewer of them."""
    return {device: Report(*each) for device, each in given.get(name, {}).items()}


def _is_news(rule: Rule, told: Told, state: State) -> bool:
    """Whether a state is another than was told; of events each alarm is."""
    return state is not told.state or (state is State.ALARM and rule.field in SOURCES[EVENTS])


def _text(record: Record, name: str) -> str:
    value = record.values.get(name, "")
    return value if isinstance(value, str) else ""


def _state(record: Record) -> State:
    """Return the state that a record tells; one of a later version is nothing that was told."""
    try:
        return State(_text(record, "state"))
    except ValueError:
        return State.OK
