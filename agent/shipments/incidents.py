"""What happened on the way: excursions, alarms, shocks, as the gateway recorded them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.observe.presence import text, whole
from agent.rules.conditions import ALARM, EXCURSION, OVERRIDE, names_told
from agent.rules.rule import State
from agent.rules.sources import EVENTS
from agent.rules.valid_time import BELIEVED, FLOORS
from agent.rules.watched import all_faults
from agent.shipments.legs import STANDING
from agent.shipments.route import Fix
from drivers.kind import Kind
from drivers.kinds import KINDS
from evidence.leaf import Record

_CENTI = 100.0  # of `lowest` and `highest` of a condition (agent/rules/kinds.py)
BEGINS = (EXCURSION, ALARM, STANDING)
_TOLD = frozenset({str(State.EXCURSION), str(State.ALARM), str(State.UNKNOWN)})


@dataclass(frozen=True, slots=True)
class Stretch:
    """A rule of a device that was no longer ok: state excursion, alarm or unknown.

    Times are UTC ms as recorded; `end_ms` None: no record tells that it is over. `lowest` and
    `highest` are in the unit of `limit`, `counted_ms` is valid time beyond it; None: not told.
    `ended_by` is the person who ended it, and why. `number` is that of the record that begins it;
    one that tells of a lost sensor begins those of all its rules.
    `carried`: it was under way when its sensor was bound; what was before is not the shipment's.
    `reports` are the faults of a battery that alarms named in it.
    """

    number: int
    device: str
    rule: str
    profile: str
    version: int | None
    limit: str
    state: str
    severity: str
    start_ms: int
    end_ms: int | None
    counted_ms: int | None
    lowest: float | None
    highest: float | None
    goods: str
    where: Fix | None
    ended_by: str = ""
    carried: bool = False
    reports: str = ""


@dataclass(frozen=True, slots=True)
class Shock:
    """One impact: UTC ms as recorded; peak in g, duration in ms, velocity change in m/s.

    `believed`: the values count; `at_least`: the true peak is larger. None: not told. `where` is
    the last position before it.
    """

    number: int
    device: str
    wall_ms: int
    peak: float | None
    duration: float | None
    delta_v: float | None
    believed: bool
    at_least: bool
    quality: str
    where: Fix | None


def stretches(records: Iterable[tuple[Record, Fix | None]]) -> list[Stretch]:
    """Return what the rules told, in order, each with where the vehicle was.

    What was under way when its sensor was bound begins there.
    """
    found: list[Stretch] = []
    under_way: dict[tuple[str, str], int] = {}
    for record, where in records:
        if record.kind not in (*BEGINS, OVERRIDE):
            continue
        for rule in names_told(record.values):
            key = record.device, rule
            if key in under_way and _goes_on(found[under_way[key]], record):
                found[under_way[key]] = _with_faults(found[under_way[key]], record)
                continue
            if key in under_way and record.kind != STANDING:
                index = under_way.pop(key)
                found[index] = _ended(found[index], record)
            if record.kind in BEGINS and key not in under_way and _state(record) in _TOLD:
                under_way[key] = len(found)
                found.append(_begun(record, rule, where))
    return [each for each in found if each.end_ms != each.start_ms or not each.carried]


def _goes_on(stretch: Stretch, record: Record) -> bool:
    """Whether a record is of another fault of a battery whose first one lasts."""
    return record.kind == ALARM and bool(stretch.reports and text(record, "reports"))


def _with_faults(stretch: Stretch, record: Record) -> Stretch:
    return replace(stretch, reports=all_faults(stretch.reports, text(record, "reports")))


def _state(record: Record) -> str:
    return str(State.ALARM) if record.kind == ALARM else text(record, "state")


def _begun(record: Record, rule: str, where: Fix | None) -> Stretch:
    carried = record.kind == STANDING
    return Stretch(
        number=record.number,
        device=record.device,
        rule=rule,
        profile=text(record, "profile"),
        version=whole(record, "version"),
        limit=text(record, "limit"),
        state=_state(record),
        severity=text(record, "severity"),
        start_ms=record.wall_ms if carried else _since(record),
        end_ms=None,
        counted_ms=whole(record, "counted_ms"),
        lowest=_centi(record, "lowest"),
        highest=_centi(record, "highest"),
        goods=text(record, "goods"),
        where=where,
        carried=carried,
        reports=text(record, "reports"),
    )


def _ended(stretch: Stretch, record: Record) -> Stretch:
    """Return a stretch that ends with a record, which may know more of it."""
    if record.kind == OVERRIDE:
        why = f"{text(record, 'operator')}: {text(record, 'reason')}"
        return replace(stretch, end_ms=record.wall_ms, ended_by=why)
    ended = replace(stretch, end_ms=max(stretch.start_ms, _since(record)))
    if stretch.state == State.UNKNOWN:
        return ended
    lowest, highest = _centi(record, "lowest"), _centi(record, "highest")
    return replace(
        ended,
        counted_ms=whole(record, "counted_ms") or stretch.counted_ms,
        lowest=stretch.lowest if lowest is None else lowest,
        highest=stretch.highest if highest is None else highest,
    )


def shock_of(record: Record, where: Fix | None) -> Shock:
    """Return what a `shock` record tells."""
    kind = KINDS[EVENTS]
    return Shock(
        number=record.number,
        device=record.device,
        wall_ms=record.wall_ms,
        peak=_natural(kind, record, "peak"),
        duration=_natural(kind, record, "duration"),
        delta_v=_natural(kind, record, "delta_v"),
        believed=record.quality in BELIEVED or record.quality in FLOORS,
        at_least=record.quality in FLOORS,
        quality=record.quality,
        where=where,
    )


def _natural(kind: Kind, record: Record, name: str) -> float | None:
    field, stored = kind.field(name), record.values.get(name)
    if field is None or not isinstance(stored, int):
        return None
    return round(stored * 10.0**field.scale, -field.scale)


def _since(record: Record) -> int:
    since = whole(record, "from_ms")
    return record.wall_ms if since is None else since


def _centi(record: Record, name: str) -> float | None:
    value = whole(record, name)
    return None if value is None else value / _CENTI
