"""Vectors of codec 2: bodies that use all of it, and heads made by hand that break one rule each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from evidence.body import COLUMNS, MAX_UNPACKED_BYTES, ROWS, decode_body
from evidence.column import write_integers, write_strings
from evidence.leaf import Record
from evidence.shape import MAX_INT
from evidence.varint import Output, varints
from tests.evidence.building import NOON, pack_columns, record, seeded, stored
from tests.vectors.case import Case
from tests.vectors.deflated import LONGEST, zeros

SEED = seeded("seed of the columns")
Write = Callable[[Output], None]


def column_cases() -> Iterator[Case]:
    """Yield bodies of codec 2."""
    for name, some in _good().items():
        numbered = [each._replace(number=20 + at) for at, each in enumerate(some)]
        encoded = [each.to_bytes() for each in numbered]
        yield _case(name, pack_columns(SEED, encoded), len(some), records=encoded)
    zero = [record(0).to_bytes(), record(1).to_bytes()]
    yield _case("from number 0 on", pack_columns(SEED, zero), 2, records=zero)
    mixed = [record(5).to_bytes(), b"no record", record(7).to_bytes(), b"", record(9).to_bytes()]
    yield _case("carried as they are", pack_columns(SEED, mixed), 5, records=mixed)
    odd = [b"no record", b""]
    yield _case("all carried as they are", pack_columns(SEED, odd), 2, records=odd)
    data = _body({})
    yield _case("made by hand", data, 3, records=decode_body(data, COLUMNS, 3)[1])
    last = _body({"first": _ints(MAX_INT - 2)})
    yield _case("the last numbers there are", last, 3, records=decode_body(last, COLUMNS, 3)[1])
    for name, (changes, reason) in _bad_heads().items():
        yield _case(name, _body(changes), 3, reason)
    yield from _bad_planes()
    yield from _bombs()


def _case(
    name: str,
    data: bytes,
    count: int,
    reason: str | None = None,
    *,
    records: Sequence[bytes] = (),
    codec: int = COLUMNS,
) -> Case:
    values = {"seed": SEED.hex(), "records": [each.hex() for each in records]}
    given = {"codec": codec, "count": count}
    return Case(f"codec {codec}: {name}", data, reason, given, {} if reason else values)


# What a gateway may write


def _good() -> dict[str, list[Record]]:
    values = {
        "all the same": [7] * 40,
        "a straight line": [at * 35 - 100 for at in range(40)],
        "steps of fifty": [at * at % 13 * 50 for at in range(40)],
        "noise": [at * at * 37 % 101 for at in range(40)],
        "a curve": [at * at * 9 for at in range(40)],
        "two jumps in a long rest": [5 + 90 * (at > 20) - 400 * (at == 70) for at in range(100)],
        "one jump of many bits": [at % 3 + (MAX_INT - 9) * (at == 5) for at in range(12)],
        "the largest and the smallest": [MAX_INT, -MAX_INT, 0, MAX_INT],
    }
    for power, scale in enumerate((5, 50, 500), start=1):
        places = [(scale * (9_000_000 - at * at) + 1) // 3 for at in range(40)]
        values[f"thirds, form {power}"] = places
    made = {name: [record(0, values={"x": x}) for x in column] for name, column in values.items()}
    return {**made, **_texts(), **_clocks(), **_groups()}


def _texts() -> dict[str, list[Record]]:
    names = ("shelf A1", "shelf A2", "shelf A1", "", "shelf", "é", "shelf A2")
    types = {"x": -1, "tag": b"\0\xff", "place": "door"}
    other = {"tag": b"\0\xfe", "x": 5, "place": "door"}
    return {
        "texts of which none comes again": _named("a", "b", "c"),
        "texts of which the last comes again": _named("a", "b", "b"),
        "texts that begin alike": _named(*names),
        "all types of fields": [record(0, values=types), record(1, values=other)],
        "no fields": [record(at, values={}) for at in range(3)],
        "qualities": [record(at, quality=q) for at, q in enumerate(("ok", "stuck", "ok"))],
    }


def _named(*names: str) -> list[Record]:
    return [record(at, values={"at": name}) for at, name in enumerate(names)]


def _clocks() -> dict[str, list[Record]]:
    ahead = [3_000 + 700 * at for at in range(30)]
    drift = [
        record(0, monotonic_ms=ms, wall_ms=ms, clock_source="gnss", clock_bound_ms=9 + ms // 2000)
        for ms in ahead
    ]
    unknown = record(0, clock_source="none", clock_bound_ms=None)
    booted = record(1, boot=4, monotonic_ms=0)
    least = record(0, boot=0, wall_ms=-MAX_INT, clock_bound_ms=0)
    most = record(0, boot=MAX_INT, wall_ms=MAX_INT, clock_bound_ms=MAX_INT)
    return {
        "a bound that grows in holdover": drift,
        "the least and the most of clocks": [least, most],
        "the least of a bound that grows": _growing(0),
        "the most of a bound that grows": _growing(MAX_INT - 2),
        "several clocks": [record(0), unknown, booted, booted._replace(wall_ms=-1), drift[0]],
    }


def _growing(bound: int) -> list[Record]:
    """Return records of one clock whose bound grows twice from `bound` on."""
    return [
        record(0, monotonic_ms=ms, wall_ms=ms, clock_bound_ms=bound + ms // 2000)
        for ms in range(0, 6000, 1000)
    ]


def _groups() -> dict[str, list[Record]]:
    taken = [
        record(0, device=f"d{at % 3}", monotonic_ms=ms)
        for at, ms in enumerate((10, 10, 20, 5, 30, 30, 30, 40, 39))
    ]
    return {"groups, not all in the order of time": taken}


# A head by hand


def _ints(*values: int) -> Write:
    return lambda out: write_integers(out, values)


def _numbers(*values: int) -> Write:
    return lambda out: out.varints(*values)


def _strings(*values: bytes) -> Write:
    return lambda out: write_strings(out, values)


def _raw(data: bytes) -> Write:
    return lambda out: out.raw(data)


def _group(*fields: tuple[bytes, int], kind: bytes = b"k", groups: int = 1) -> Write:
    def write(out: Output) -> None:
        out.varints(groups)
        out.string(kind)
        out.varints(len(fields))
        for name, type_ in fields:
            out.string(name)
            out.varints(type_)

    return write


HEAD: Mapping[str, Write] = {
    "first": _ints(7), "as they are": _numbers(0), "group": _group((b"x", 0), (b"at", 1)),
    "devices": _strings(b"d"), "sizes": _ints(3), "order": _numbers(0), "runs": _numbers(1),
    "lengths": _ints(3), "boots": _ints(4), "offsets": _ints(1000 * NOON), "forms": _ints(1),
    "bounds": _ints(40), "phases": _ints(0), "sources": _strings(b"ntp"),
    "times": _ints(0, 50, 99), "qualities": _strings(*[b"ok"] * 3), "x": _ints(400, 403, 401),
    "at": _strings(b"door", b"dock", b"door"),
}  # fmt: skip
"""Three records of one group, part by part in the order of the page."""
RUN = {"boots": 4, "offsets": 1000 * NOON, "forms": 1, "bounds": 40, "phases": 0}
"""What is said of the clocks of those records."""


def _body(
    changes: Mapping[str, Write],
    planes: tuple[bytes, bytes] | None = None,
    split: int | None = None,
    behind: bytes = b"",
) -> bytes:
    out = Output()
    for part, write in HEAD.items():
        changes.get(part, write)(out)
    quotients, lows = planes or out.planes.planes()
    cut = len(quotients) if split is None else split
    return SEED + stored(varints((cut,)) + out.head + behind) + quotients + lows


def _two_groups(out: Output) -> None:
    _group((b"x", 0), (b"at", 1), groups=2)(out)
    out.string(b"l")
    out.varints(0)


def _table(*indexes: int, shared: int = 0) -> Write:
    """Write a table of two strings of a byte, and where they stand."""

    def write(out: Output) -> None:
        out.varints(2, shared, 1, 1)
        out.raw(b"ab")
        write_integers(out, indexes)

    return write


def _two_runs(*lengths: int) -> dict[str, Write]:
    twice = {part: _ints(value, value) for part, value in RUN.items()}
    lists = {"lengths": _ints(*lengths), "sources": _strings(b"ntp", b"ntp")}
    return {"runs": _numbers(2), **twice, **lists}


def _bad_heads() -> dict[str, tuple[Mapping[str, Write], str]]:
    return {
        "a number of eleven bytes": ({"first": _raw(b"\xff" * 10 + b"\1\0")}, "columns-varint"),
        "a number without end": ({"x": _raw(b"\x80"), "at": _raw(b"")}, "columns-varint"),
        "a column missing": ({"at": _raw(b"")}, "columns-cut"),
        "a string longer than the head": ({"group": _raw(b"\1\x7fk")}, "columns-cut"),
        "the last string cut": ({"at": _raw(b"\1\5door")}, "columns-cut"),
        "a number less than told": ({"at": _raw(b"\3\x80\0")}, "columns-cut"),
        "a record number below 0": ({"first": _ints(-1)}, "columns-range"),
        "a record number beyond 63 bits": ({"first": _ints(MAX_INT - 1)}, "columns-range"),
        "a monotonic time below 0": ({"times": _ints(0, -1, 5)}, "columns-range"),
        "a wall clock beyond 63 bits": ({"offsets": _ints(MAX_INT)}, "columns-range"),
        "a value beyond 63 bits": ({"x": _ints(MAX_INT + 1, 0, 0)}, "columns-range"),
        "one value beyond 63 bits": ({"x": _ints(0, 1, -MAX_INT - 1)}, "columns-range"),
        "the same value beyond 63 bits": ({"x": _ints(*[MAX_INT + 1] * 3)}, "columns-range"),
        "a bound that falls below 0": (
            {"forms": _ints(2), "bounds": _ints(0), "times": _ints(9000, 0, 9000)}, "columns-range",
        ),
        "a bound that grows beyond 63 bits": (
            {"forms": _ints(2), "bounds": _ints(MAX_INT), "times": _ints(0, 0, 2000)}, "columns-range",
        ),
        "a record as it is, but nowhere": ({"as they are": _numbers(1, 3, 0)}, "columns-count"),
        "a record as it is, twice": ({"as they are": _numbers(2, 1, 0, 0, 0)}, "columns-count"),
        "more records as they are than records": ({"as they are": _numbers(4)}, "columns-count"),
        "no group": ({"group": _numbers(0)}, "columns-count"),
        "more groups than records": ({"group": _numbers(4)}, "columns-count"),
        "65 fields": ({"group": _raw(b"\1\1k\x41")}, "columns-count"),
        "a field of type 3": ({"group": _group((b"x", 3))}, "columns-count"),
        "fields unsorted": ({"group": _group((b"at", 1), (b"x", 0))}, "columns-field"),
        "a field twice": ({"group": _group((b"x", 0), (b"x", 0))}, "columns-field"),
        "a group of no record": ({"sizes": _ints(0)}, "columns-count"),
        "a second group of no record": ({"group": _two_groups, "devices": _strings(b"d", b"d"), "sizes": _ints(3, 0)}, "columns-count"),
        "a group of a record too few": ({"sizes": _ints(2)}, "columns-count"),
        "more exceptions than records": ({"order": _numbers(4)}, "columns-count"),
        "an exception nowhere": ({"order": _numbers(1, 3, 0)}, "columns-count"),
        "an exception twice": ({"order": _numbers(2, 1, 0, 0, 0)}, "columns-count"),
        "a rank beyond the groups left": ({"order": _numbers(1, 0, 1)}, "columns-order"),
        "no run of clocks": ({"runs": _numbers(0)}, "columns-count"),
        "more runs than records": ({"runs": _numbers(4)}, "columns-count"),
        "a run of no record": ({"lengths": _ints(0)}, "columns-clock"),
        "a second run of no record": (_two_runs(3, 0), "columns-clock"),
        "a run of a record too many": ({"lengths": _ints(4)}, "columns-clock"),
        "a boot below 0": ({"boots": _ints(-1)}, "columns-clock"),
        "a bound below 0": ({"bounds": _ints(-1)}, "columns-clock"),
        "a clock of form 3": ({"forms": _ints(3)}, "columns-clock"),
        "a clock of form -1": ({"forms": _ints(-1)}, "columns-clock"),
        "a phase below 0": ({"phases": _ints(-1)}, "columns-clock"),
        "order 3": ({"x": _numbers(0, 4, 0, 3, 0, 0)}, "columns-count"),
        "residuals of 71 bits": ({"x": _numbers(0, 4, 0, 0, 71)}, "columns-count"),
        "more residuals than rows": ({"x": _numbers(0, 4, 0, 0, 0, 3)}, "columns-count"),
        "a residual nowhere": ({"x": _numbers(0, 4, 0, 0, 0, 1, 2, 1)}, "columns-count"),
        "a residual twice": ({"x": _numbers(0, 4, 0, 0, 0, 2, 1, 0, 1, 1)}, "columns-count"),
        "a table of no strings": ({"at": _numbers(0)}, "columns-count"),
        "a table larger than its column": ({"at": _numbers(4)}, "columns-count"),
        "an index beyond the table": ({"at": _table(0, 0, 3)}, "columns-index"),
        "an index below 0": ({"at": _table(0, 0, -1)}, "columns-index"),
        "a string that stands nowhere": ({"at": _table(0, 1, 1)}, "columns-index"),
        "more strings than the table has": ({"at": _table(0, 0, 0)}, "columns-index"),
        "a prefix longer than the string before": ({"at": _table(0, 0, 1, shared=2)}, "columns-prefix"),
    }  # fmt: skip


def _bad_planes() -> Iterator[Case]:
    """Yield bodies whose planes do not hold what the head asks for."""
    quotients, lows = _planes()
    assert lows[-1] % 2 == 0 == quotients[-1] % 2, "both end with bits to fill up"
    alone: Mapping[str, Write] = {"x": _numbers(0, 4, 0, 0, 1), "at": _strings(*[b"door"] * 3)}
    unused = {"x": _ints(7, 7, 7), "times": _ints(5, 5, 5), "at": _strings(*[b"door"] * 3)}
    for name, data, reason in (
        ("a byte behind the head", _body({}, behind=b"\0"), "columns-trailing"),
        ("a plane beyond the body", _body({}, split=99), "columns-count"),
        ("no planes", _body({}, (b"", b"")), "columns-bits"),
        ("low bits that end too soon", _body({}, (quotients, b"")), "columns-bits"),
        ("a byte more of quotients", _body({}, (quotients + b"\0", lows)), "columns-trailing"),
        ("a byte more of low bits", _body({}, (quotients, lows + b"\0")), "columns-trailing"),
        ("a one behind the quotients", _body({}, (_odd(quotients), lows)), "columns-trailing"),
        ("a one behind the low bits", _body({}, (quotients, _odd(lows))), "columns-trailing"),
        (
            "a one and a zero behind the quotients",
            _body({}, (_odd(quotients, 2), lows)),
            "columns-trailing",
        ),
        ("eight bits where none is used", _body(unused, (b"\0", b"")), "columns-trailing"),
        ("25 ones", _body(alone, (b"\xff\xff\xff\x80\0", b"")), "columns-bits"),
        ("ones without end", _body(alone, (b"\x7f", b"")), "columns-bits"),
    ):
        yield _case(name, data, 3, reason)


def _planes() -> tuple[bytes, bytes]:
    out = Output()
    for write in HEAD.values():
        write(out)
    return out.planes.planes()


def _odd(plane: bytes, bits: int = 1) -> bytes:
    return plane[:-1] + bytes([plane[-1] | bits])


MANY, LONG = 4096, b"x" * 4200
"""So many records of such a text are more than 16 MiB."""


def _bombs() -> Iterator[Case]:
    """Yield small bodies that unpack to more than 16 MiB."""
    same: Mapping[str, Write] = {
        "sizes": _ints(MANY), "lengths": _ints(MANY), "times": _ints(*[0] * MANY),
        "qualities": _strings(*[b"ok"] * MANY), "x": _ints(*[0] * MANY),
        "at": _strings(*[b"door"] * MANY),
    }  # fmt: skip
    for name, change in {
        "a long device in many records": {"devices": _strings(LONG)},
        "a long kind in many records": {"group": _group((b"x", 0), (b"at", 1), kind=LONG)},
        "a long name in many records": {"group": _group((b"x", 0), (LONG, 1))},
        "a long source in many records": {"sources": _strings(LONG)},
        "a long quality in many records": {"qualities": _strings(*[LONG] * MANY)},
        "a long value in many records": {"at": _strings(*[LONG] * MANY)},
        "a long prefix in many strings": {"at": _strings(LONG, *_alike(MANY - 1))},
    }.items():
        yield _case(name, _body({**same, **change}), MANY, "columns-size")
    matches = MAX_UNPACKED_BYTES // LONGEST
    for codec in (ROWS, COLUMNS):
        bomb = SEED + zeros(matches + 1)
        yield _case("more than 16 MiB", bomb, MANY, "body-deflate", codec=codec)
    nearly = SEED + zeros(matches)
    yield _case("nearly 16 MiB", nearly, MANY, "body-count", codec=ROWS)


def _alike(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield LONG + number.to_bytes(2, "big")
