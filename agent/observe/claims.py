"""One tag, heard by several gateways at once: which of them has it, by rule, or nobody knows. Pure.

No gateway knows of the others, so each records where it took a tag to be, how strong it was and
how long it stayed. What they say can be held against each other wherever their records meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from agent.observe.portal import Direction
from agent.observe.tags import MARGIN
from evidence.leaf import Record

KIND = "tag-state"
ENTER = "enter"
WAYS = (Direction.IN, Direction.OUT)


@dataclass(frozen=True, slots=True)
class Claim:
    """That a gateway had a tag at a read point from `first` to `last` (ms UTC).

    `bound` is that of its clock in ms, `rssi` (dBm) the strongest read, `direction` the way that
    antennas or beams told, or empty. `stray`: it took its own entry back.
    """

    gateway: str
    point: str
    epc: str
    first: int
    last: int
    bound: int
    reads: int = 0
    rssi: int | None = None
    direction: str = ""
    stray: bool = False

    @property
    def place(self) -> str:
        """Who claims it, and where."""
        return f"{self.point} ({self.gateway})"


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who has a tag that several claim, and why; `winner` is None where no rule decides."""

    claims: tuple[Claim, ...]
    winner: Claim | None
    reason: str


def timed(record: Record) -> bool:
    """Whether a record's moment can be compared with another gateway's."""
    return record.clock_bound_ms is not None


def claims_of(gateway: str, records: Sequence[Record]) -> Iterator[Claim]:
    """Yield what one gateway's records claim; a tag that has not left is there until the last one.

    Records of a clock that nobody vouches for claim nothing: their moments cannot be compared.
    """
    inside: dict[tuple[str, str], Record] = {}
    known = [record for record in records if timed(record)]
    for record in known:
        if record.kind != KIND:
            continue
        key = str(record.values["epc"]), str(record.values["read_point"])
        if record.values["state"] == ENTER:
            inside[key] = record
        else:
            inside.pop(key, None)
            yield _claim(gateway, record, _whole(record, "at_ms", record.wall_ms))
    for record in inside.values():
        yield _claim(gateway, record, known[-1].wall_ms)


def _claim(gateway: str, record: Record, last: int) -> Claim:
    values = record.values
    rssi = values.get("rssi")
    return Claim(
        gateway=gateway,
        point=str(values["read_point"]),
        epc=str(values["epc"]),
        first=_whole(record, "at_ms", record.wall_ms) - _whole(record, "dwell_ms", 0),
        last=last,
        bound=record.clock_bound_ms or 0,
        reads=_whole(record, "reads", 0),
        rssi=rssi if isinstance(rssi, int) else None,
        direction=str(values.get("direction", "")),
        stray=bool(values.get("stray")),
    )


def _whole(record: Record, name: str, default: int) -> int:
    value = record.values.get(name, default)
    return value if isinstance(value, int) else default


def contests(claims: Iterable[Claim]) -> Iterator[tuple[Claim, ...]]:
    """Yield the claims of different gateways on one tag that overlap in time, clocks' bounds in."""
    ordered = sorted(claims, key=attrgetter("epc", "first"))
    for _, same in groupby(ordered, key=attrgetter("epc")):
        group: list[Claim] = []
        end = 0
        for claim in same:
            if group and claim.first - claim.bound > end:
                yield from _contested(group)
                group = []
            end = max(end, claim.last + claim.bound) if group else claim.last + claim.bound
            group.append(claim)
        yield from _contested(group)


def _contested(group: Sequence[Claim]) -> Iterator[tuple[Claim, ...]]:
    if len({claim.gateway for claim in group}) > 1:
        yield tuple(group)


def settle(claims: Sequence[Claim]) -> Ruling:
    """Apply the rules in their order: strays yield, a way through counts, then clear strength."""
    given = tuple(claims)
    left = [claim for claim in claims if not claim.stray]
    if len(left) == 1:
        return Ruling(given, left[0], "the others took their entry back as a stray")
    through = [claim for claim in left if claim.direction in WAYS]
    if len(through) == 1:
        return Ruling(given, through[0], f"it went {through[0].direction} through this door")
    return _by_strength(given, through or left)


def _by_strength(given: tuple[Claim, ...], left: Sequence[Claim]) -> Ruling:
    known = sorted((claim for claim in left if claim.rssi is not None), key=_level)
    if len(known) < len(left) or not known:
        return Ruling(given, None, "not every reader told how strong it was")
    best, rivals = known[-1], [each for each in known if each.gateway != known[-1].gateway]
    if not rivals:
        return Ruling(given, best, "only this gateway heard it pass")
    margin = _level(best) - _level(rivals[-1])
    if margin < MARGIN:
        return Ruling(given, None, f"{margin} dB apart, {MARGIN:g} would tell")
    return Ruling(given, best, f"{margin} dB stronger than at {rivals[-1].place}")


def _level(claim: Claim) -> int:
    assert claim.rssi is not None, "claims without a strength are sorted out before"
    return claim.rssi
