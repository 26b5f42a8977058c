"""The clocks of a body's records: stretches over which one belief held (PROTOCOL.md, "Body").

Within a run boot, clock source, and wall clock minus monotonic clock are the same; the bound is
unknown, constant, or grows by one millisecond every `DRIFT_STEP_MS`, as it does in holdover.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import sub

from evidence.column import read_integers, read_strings, write_integers, write_strings
from evidence.errors import MalformedError
from evidence.leaf import Record
from evidence.shape import MAX_INT
from evidence.varint import Input, Output
from foundation.dataclass import dataclass

DRIFT_STEP_MS = 2000
"""A crystal's 500 ppm: one millisecond in two seconds."""

UNKNOWN, CONSTANT, DRIFTING = range(3)


@dataclass(frozen=True, slots=True)
class Clocks:
    """What one record says of its clocks, apart from its monotonic time."""

    boot: int
    offset_ms: int
    source: bytes
    bound_ms: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """`length` records of one belief. `first` are the clocks of the first of them.

    The bound of a later one is the first one's, and where `form` is DRIFTING as many milliseconds
    more as (time since the first + `phase`) holds whole drift steps.
    """

    length: int
    first: Clocks
    form: int
    phase: int


def write_runs(out: Output, records: Sequence[Record]) -> None:
    """Write the runs that `records` fall into; there is one record at least."""
    whole = _whole_run(records)
    runs = list(_runs(records)) if whole is None else [whole]
    firsts = [run.first for run in runs]
    out.varints(len(runs))
    for column in (
        [run.length for run in runs],
        [first.boot for first in firsts],
        [first.offset_ms for first in firsts],
        [run.form for run in runs],
        [first.bound_ms or 0 for first in firsts],
        [run.phase for run in runs],
    ):
        write_integers(out, column)
    write_strings(out, [first.source for first in firsts])


def _runs(records: Sequence[Record]) -> Iterator[Run]:
    start = 0
    while start < len(records):
        run = _run_from(records, start)
        yield run
        start += run.length


def _whole_run(records: Sequence[Record]) -> Run | None:
    """Return the one run that all `records` make up, as they mostly do, found column by column."""
    _, _, _, boots, times, walls, sources, bounds, *_ = zip(*records, strict=True)
    since, bound, different = times[0], bounds[0], set(bounds)
    if len(set(map(sub, walls, times))) > 1 or len({*boots}) > 1 or len({*sources}) > 1:
        return None
    clocks = Clocks(boots[0], walls[0] - since, sources[0].encode(), bound)
    if None in different:
        return Run(len(records), clocks, UNKNOWN, 0) if len(different) == 1 else None
    least = [
        DRIFT_STEP_MS * (here - bound) - time + since
        for here, time in zip(bounds, times, strict=True)
    ]
    low = max(least)
    if low < min(least) + DRIFT_STEP_MS:
        return Run(len(records), clocks, DRIFTING, low)
    return Run(len(records), clocks, CONSTANT, 0) if len(different) == 1 else None


def _run_from(records: Sequence[Record], start: int) -> Run:
    """Return the longest run that begins with record `start`."""
    first = records[start]
    boot, source, bound = first.boot, first.clock_source, first.clock_bound_ms
    since = first.monotonic_ms
    offset = first.wall_ms - since
    low, high, constant = 0, DRIFT_STEP_MS, True
    length = 0
    for at in range(start, len(records)):
        record = records[at]
        passed = record.monotonic_ms - since
        here = record.clock_bound_ms
        if (
            record.wall_ms - record.monotonic_ms != offset
            or record.clock_source != source
            or record.boot != boot
            or (here is None) != (bound is None)
        ):
            break
        if here is not None and bound is not None:
            least = DRIFT_STEP_MS * (here - bound) - passed
            still = constant and here == bound
            new_low, new_high = max(low, least), min(high, least + DRIFT_STEP_MS)
            if not still and new_low >= new_high:
                break
            low, high, constant = new_low, new_high, still
        length += 1
    form = UNKNOWN if bound is None else DRIFTING if low < high else CONSTANT
    phase = low if form == DRIFTING else 0
    return Run(length, Clocks(boot, offset, source.encode(), bound), form, phase)


def read_runs(data: Input, count: int) -> list[Run]:
    """Return the runs of `count` records."""
    number = data.count(count, "clock runs")
    if number == 0:
        raise MalformedError("columns-count", "records need one clock run at least")
    lengths, boots, offsets, forms, bounds, phases = (read_integers(data, number) for _ in range(6))
    sources = read_strings(data, number)
    if min(lengths) < 1 or sum(lengths) != count:
        raise MalformedError("columns-clock", "the clock runs are not those of the records")
    if min(boots) < 0 or min(bounds) < 0:
        raise MalformedError("columns-clock", "a boot number or a clock bound is negative")
    if not UNKNOWN <= min(forms) <= max(forms) <= DRIFTING or min(phases) < 0:
        raise MalformedError("columns-clock", "a clock run has a form that is not known")
    return [
        Run(length, Clocks(boot, offset, source, None if form == UNKNOWN else bound), form, phase)
        for length, boot, offset, source, bound, form, phase in zip(
            lengths, boots, offsets, sources, bounds, forms, phases, strict=True
        )
    ]


def bounds_of(run: Run, monotonic_ms: Sequence[int]) -> list[int | None]:
    """Return the bounds of a run's records, whose monotonic times are given in order."""
    bound = run.first.bound_ms
    if bound is None or run.form == CONSTANT:
        return [bound] * run.length
    ahead = run.phase - monotonic_ms[0]
    bounds = [bound + (time + ahead) // DRIFT_STEP_MS for time in monotonic_ms]
    if min(bounds) < 0 or max(bounds) > MAX_INT:
        raise MalformedError("columns-range", "a clock bound is negative or has more than 63 bits")
    return list(bounds)
