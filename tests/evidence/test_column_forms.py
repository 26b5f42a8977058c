"""Which form a writer chooses for a column, to the byte; worked out by hand from PROTOCOL.md, "Columns"."""

from __future__ import annotations

import pytest

from evidence.bit_planes import PlaneReader, PlaneWriter, best_width, sampled
from evidence.clock_runs import (
    CONSTANT,
    DRIFTING,
    UNKNOWN,
    Clocks,
    Run,
    bounds_of,
    read_runs,
    write_runs,
)
from evidence.column import read_integers, read_strings, write_integers, write_strings
from evidence.columns import read_columns, write_columns
from evidence.errors import MalformedError
from evidence.interleave import interleaved, write_exceptions
from evidence.varint import Input, Output, unzigzag, varints, zigzag
from tests.evidence.building import record


def written(write, *given) -> tuple[str, str, str]:
    """Return head, quotients and low bits as `write` makes them."""
    out = Output()
    write(out, *given)
    quotients, lows = out.planes.planes()
    return out.head.hex(), quotients.hex(), lows.hex()


def read_back(out: Output) -> Input:
    data = Input(out.head, 1 << 20)
    data.planes = PlaneReader(*out.planes.planes())
    return data


# base, form, slope, order, width, and then what is left of each value
INTEGERS = {
    "all the same": ([5, 5, 5], "0a 00", "", ""),
    "one alone": ([-1], "01 00", "", ""),
    "a straight line": ([1, 2, 3, 4], "02 04 02 01 00 00", "", ""),
    "steps of two": ([0, 4, 8, 14], "00 05 04 01 01", "30", ""),
    "steps of five": ([0, 10, 20, 35], "00 08 04 01 01", "30", ""),
    "noise": ([0, 100, 4, 90, 17], "00 04 ac01 01 09", "48", "1c6b003d"),
    "a curve": ([0, 1, 4, 9, 16, 25], "00 04 00 02 03", "5500", "8000"),
    "about a line": ([0, 10, 20, 31, 39, 50, 60], "00 04 14 00 01", "3400", ""),
    "a jump beyond 24 ones": (
        [0, 1, 0, 1, 0, 1, 0, 1, 0, 100, 0, 1], "00 04 00 00 02 4c", "924ffffff2", "0000",
    ),
    "thirds of 5": ([0, 2, 3, 7, 8], "00 01 02 01 01", "30", ""),
    "thirds of 50": ([0, 17, 33, 67, 83], "00 02 02 01 01", "30", ""),
    "thirds of 500": ([0, 167, 333, 667, 833], "00 03 02 01 01", "30", ""),
    "thirds but for the last": ([0, 2, 3, 7, 9], "00 04 04 01 01", "5e00", ""),
    "one change in twenty": ([0] * 15 + [1] * 6, "00 04 00 01 01", "000300", ""),
    "one change in twenty-one": ([0] * 15 + [1] * 7, "00 04 00 01 00 01 0e 02", "", ""),
    "two changes in sixty": (
        [0] * 11 + [1] * 20 + [3] * 30, "00 04 00 01 00 02 0a14 0204", "", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INTEGERS)
def test_integers(name):
    values, head, quotients, lows = INTEGERS[name]
    assert written(write_integers, values) == (head.replace(" ", ""), quotients, lows)


STRINGS = {
    "all the same": ([b"a"] * 3, "01 01 61", ""),
    "the second begins like the first": ([b"shelf", b"shelf A"], "02 05 0502 7368656c662041 0000", ""),
    "one comes again, one is empty": (
        [b"ab", b"ac", b"ab", b""], "03 0100 020100 616263 00 04 00 00 01", "60",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRINGS)
def test_strings(name):
    values, head, quotients = STRINGS[name]
    assert written(write_strings, values) == (head.replace(" ", ""), quotients, "")


@pytest.mark.parametrize(
    ("indexes", "read"),
    [
        ([0, 0, 1, 2], [b"a", b"b", b"a", b"b"]),
        ([0, 1, 0, 2], [b"a", b"a", b"b", b"b"]),
        ([0, 0, 1, 3], "leads beyond the table"),
        ([0, 0, -1, 2], "leads beyond the table"),
        ([0, 1, 1, 1], "not every string of a table stands somewhere first"),
        ([0, 0, 0, 1], "not every string of a table stands somewhere first"),
    ],
)
def test_each_string_of_a_table_of_two_is_named_by_its_place(indexes, read):
    out = Output()
    out.varints(2, 0, 1, 1)  # two strings, none of the first in the second, of one byte each
    out.raw(b"ab")
    write_integers(out, indexes)
    if isinstance(read, list):
        assert read_strings(read_back(out), 4) == read
        return
    with pytest.raises(MalformedError, match=read) as caught:
        read_strings(read_back(out), 4)
    assert caught.value.reason == "columns-index"


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_come_back_from_each_form(name):
    values, *_ = INTEGERS[name]
    out = Output()
    write_integers(out, values)
    assert read_integers(read_back(out), len(values)) == values


@pytest.mark.parametrize(
    ("times", "sequence", "head"),
    [
        ([[0, 20], [10]], [0, 1, 0], "00"),
        ([[5], [5]], [0, 1], "00"),  # of equal times the first group
        ([[5], [5]], [1, 0], "01 00 01"),
        ([[0, 20], [10]], [1, 0, 0], "01 00 01"),
        ([[0, 20], [10]], [0, 0, 1], "01 01 01"),
        ([[0, 1], [2, 3]], [1, 1, 0, 0], "02 0001 0101"),
        ([[0], [1], [2]], [2, 1, 0], "02 0001 0201"),
    ],
)
def test_exceptions_from_the_order_of_time(times, sequence, head):
    assert written(write_exceptions, times, sequence) == (head.replace(" ", ""), "", "")


def clock(at, bound, *, boot=3, offset=50, source="ntp"):
    return record(
        0,
        boot=boot,
        monotonic_ms=at,
        wall_ms=at + offset,
        clock_source=source,
        clock_bound_ms=bound,
    )


def run(length, bound, form, phase=0, *, boot=3, offset=50, source=b"ntp"):
    return Run(length, Clocks(boot, offset, source, bound), form, phase)


RUNS = {
    "unknown": ([clock(0, None), clock(9000, None)], [run(2, None, UNKNOWN)]),
    "the same for less than a step": ([clock(7, 4), clock(2006, 4)], [run(2, 4, DRIFTING)]),
    "the same for a step": ([clock(7, 4), clock(2007, 4)], [run(2, 4, CONSTANT)]),
    "grown by one at once": ([clock(0, 9), clock(0, 10)], [run(1, 9, DRIFTING), run(1, 10, DRIFTING)]),
    "grown by one in 1 ms": ([clock(0, 9), clock(1, 10)], [run(2, 9, DRIFTING, 1999)]),
    "grown by one in a step": ([clock(0, 9), clock(2000, 10)], [run(2, 9, DRIFTING)]),
    "grown by one in nearly two": ([clock(0, 9), clock(3999, 10)], [run(2, 9, DRIFTING)]),
    "grown by one in two": ([clock(0, 9), clock(4000, 10)], [run(1, 9, DRIFTING), run(1, 10, DRIFTING)]),
    "grown too fast": ([clock(0, 9), clock(300, 11)], [run(1, 9, DRIFTING), run(1, 11, DRIFTING)]),
    "fallen": ([clock(0, 5), clock(100, 4)], [run(1, 5, DRIFTING), run(1, 4, DRIFTING)]),
    "at rest, then grown": (
        [clock(0, 5), clock(5000, 5), clock(5100, 6), clock(6000, 6)],
        [run(2, 5, CONSTANT), run(2, 6, DRIFTING)],
    ),
    "known from then on": ([clock(0, None), clock(1, 0)], [run(1, None, UNKNOWN), run(1, 0, DRIFTING)]),
    "booted": ([clock(9, 4), clock(0, 4, boot=4)], [run(1, 4, DRIFTING), run(1, 4, DRIFTING, boot=4)]),
    "another source": (
        [clock(0, 4), clock(1, 4, source="gnss")],
        [run(1, 4, DRIFTING), run(1, 4, DRIFTING, source=b"gnss")],
    ),
    "set back": ([clock(0, 4), clock(1, 4, offset=49)], [run(1, 4, DRIFTING), run(1, 4, DRIFTING, offset=49)]),
    "drifting between two rests": (
        [clock(0, 4), clock(9000, 4), clock(10_000, 5), clock(11_500, 6), clock(13_499, 6), clock(15_500, 6)],
        [run(2, 4, CONSTANT), run(3, 5, DRIFTING, 500), run(1, 6, DRIFTING)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_clocks_fall_into_runs(name):
    records, runs = RUNS[name]
    out = Output()
    write_runs(out, records)
    assert read_runs(read_back(out), len(records)) == runs


@pytest.mark.parametrize(
    ("number", "data"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8001"),
        (16_383, "ff7f"),
        (16_384, "808001"),
        (2**70 - 1, "ff" * 9 + "7f"),
    ],
)
def test_varints(number, data):
    assert varints([number]).hex() == data
    assert varints([5, number, 6]).hex() == f"05{data}06"
    assert Input(bytes.fromhex(data), 0).varint() == number
    assert Input(bytes.fromhex(f"05{data}06"), 0).varints(3) == [5, number, 6]


def test_signed_numbers_are_small_where_they_are_near_zero():
    signed = [0, -1, 1, -2, 2, 2**63 - 1, -(2**63)]
    unsigned = [0, 1, 2, 3, 4, 2**64 - 2, 2**64 - 1]
    assert zigzag(signed) == unsigned
    assert unzigzag(unsigned) == signed


def test_what_is_read_stays_within_its_limits():
    data = Input(b"\x03\x03abcd", budget=10)
    assert data.left == 6
    assert data.count(3, "things") == 3
    assert data.string() == b"abc"
    assert (data.at, data.left) == (5, 1)
    assert data.take(1) == b"d"
    for refused in (lambda: data.take(1), lambda: data.varints(1), data.varint):
        with pytest.raises(MalformedError, match="wanted"):
            refused()
    data.afford(10)
    data.spend(4)
    data.afford(6)
    data.spend(6)
    for refused in (data.spend, data.afford):
        with pytest.raises(MalformedError, match="unpacks to too much"):
            refused(1)


@pytest.mark.parametrize(
    ("data", "size", "places"),
    [
        ("", 0, []),
        ("00", 1, [0]),
        ("0002", 3, [0, 2]),
        ("0003", 3, None),
        ("01", 1, None),
        ("0100", 9, None),
    ],
)
def test_places_ascend_within_their_row(data, size, places):
    head = bytes.fromhex(data)
    if places is None:
        with pytest.raises(MalformedError):
            Input(head, 0).places(len(head), size)
    else:
        assert Input(head, 0).places(len(head), size) == places


@pytest.mark.parametrize(
    ("quotient", "excess", "ones"), [(23, [], 23), (24, [0], 24), (25, [1], 24), (300, [276], 24)]
)
def test_no_number_takes_more_than_24_ones(quotient, excess, ones):
    planes = PlaneWriter()
    assert planes.write([0, quotient << 1, 0], 1) == excess
    bits = "0" + "1" * ones + "0" + "0"
    quotients, lows = planes.planes()
    assert f"{int.from_bytes(quotients, 'big'):0{8 * len(quotients)}b}".startswith(bits)
    assert (len(quotients), lows) == (-(-len(bits) // 8), b"\0")


@pytest.mark.parametrize("width", [0, 1, 7, 8, 9, 20, 69])
def test_low_bits_come_back(width):
    values = [0, 1, 5, 1 << width, (1 << width) - 1, (3 << width) - 1]
    planes = PlaneWriter()
    assert planes.write(values, width) == []
    quotients, lows = planes.planes()
    reader = PlaneReader(quotients, lows)
    read = zip(reader.quotients(6), reader.lows(6, width), strict=True)
    assert [quotient << width | low for quotient, low in read] == values
    assert len(lows) == -(-6 * width // 8)
    reader.finish()


@pytest.mark.parametrize(
    ("values", "width"),
    [
        ([0, 0, 0], 0),
        ([0, 1, 4, 0], 0),
        ([2, 4, 4, 4, 4], 2),
        ([8] * 5, 3),  # a bit less and one more 1 cost the same: the smaller
        ([0, 28, 317, 363], 8),
        ([1, 1, 1, 300], 0),  # beyond 48 ones no longer counts: an escape costs that
        ([3] * 9, 1),
    ],
)
def test_the_width_is_the_one_that_takes_the_fewest_bits(values, width):
    assert best_width(values) == width


@pytest.mark.parametrize(
    ("count", "step"), [(1, 1), (128, 1), (129, 2), (256, 2), (257, 3), (65_536, 512)]
)
def test_128_values_or_a_few_more_decide_on_the_form_of_a_long_column(count, step):
    assert sampled(range(count)) == slice(None, None, step)


GOOD_RUNS = {
    "lengths": [1, 1], "boots": [0, 0], "offsets": [0, 0], "forms": [0, 2], "bounds": [0, 0],
    "phases": [0, 0],
}  # fmt: skip


def runs_of(**columns):
    """Read two runs of clocks whose columns say so."""
    out = Output()
    out.varints(2)
    for values in (GOOD_RUNS | columns).values():
        write_integers(out, values)
    write_strings(out, [b"ntp", b"gnss"])
    return read_runs(read_back(out), 2)


def test_two_runs_of_clocks():
    assert runs_of() == [
        Run(1, Clocks(0, 0, b"ntp", None), UNKNOWN, 0),
        Run(1, Clocks(0, 0, b"gnss", 0), DRIFTING, 0),
    ]


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("lengths", 1, 0),
        ("lengths", 1, 2),
        ("boots", 0, -1),
        ("bounds", 0, -1),
        ("forms", 0, -1),
        ("forms", 2, 3),
        ("phases", 0, -1),
    ],
)
def test_one_bad_run_of_several_is_refused_wherever_it_stands(column, good, bad):
    assert len(runs_of(**{column: [good, good]})) == 2
    for values in ([good, bad], [bad, good]):
        with pytest.raises(MalformedError) as caught:
            runs_of(**{column: values})
        assert caught.value.reason == "columns-clock"


@pytest.mark.parametrize("beyond", [2**63, -(2**63)])
def test_no_value_of_a_column_has_more_than_63_bits(beyond):
    within = beyond - 1 if beyond > 0 else beyond + 1
    for values in ([0, within, 0], [within, 0, 0], [0, 0, within]):
        out = Output()
        write_integers(out, values)
        assert read_integers(read_back(out), 3) == values
    for values in ([0, beyond, 0], [beyond, 0, 0], [0, 0, beyond], [beyond] * 3):
        out = Output()
        write_integers(out, values)
        with pytest.raises(MalformedError, match="has more than 63 bits"):
            read_integers(read_back(out), 3)


@pytest.mark.parametrize(
    ("bound", "passed_ms", "found"),
    [
        (0, 2000, [0, 1]),
        (0, -1, None),  # the second record's time lies before the first one's
        (2**63 - 2, 2000, [2**63 - 2, 2**63 - 1]),
        (2**63 - 1, 2000, None),
    ],
)
def test_a_bound_that_drifts_stays_a_count(bound, passed_ms, found):
    said = Run(2, Clocks(0, 0, b"ntp", bound), DRIFTING, 0)
    times = [10_000, 10_000 + passed_ms]
    if found is None:
        with pytest.raises(MalformedError, match="a clock bound is negative or has more"):
            bounds_of(said, times)
    else:
        assert bounds_of(said, times) == found


def test_bounds_that_do_not_drift_are_those_of_the_first():
    for bound, form in ((None, UNKNOWN), (7, CONSTANT)):
        said = Run(3, Clocks(0, 0, b"ntp", bound), form, 0)
        assert bounds_of(said, [0, 5000, 9000]) == [bound] * 3
    drifting = Run(4, Clocks(0, 0, b"ntp", 7), DRIFTING, 500)
    assert bounds_of(drifting, [100, 1599, 1600, 3600]) == [7, 7, 8, 9]


@pytest.mark.parametrize(
    ("exceptions", "groups"),
    [
        ({}, [0, 1, 0]),
        ({0: 1}, [1, 0, 0]),
        ({0: 2}, None),
        ({2: 1}, None),  # the other group is at its end
    ],
)
def test_records_of_groups_are_put_in_the_order_of_the_batch(exceptions, groups):
    times = [[0, 20], [10]]
    if groups is None:
        with pytest.raises(MalformedError, match="of a group that is at its end"):
            interleaved(times, exceptions)
    else:
        assert [group for _, group in interleaved(times, exceptions)] == groups


@pytest.mark.parametrize(("width", "read"), [(70, True), (71, False)])
def test_the_widest_column_has_69_low_bits(width, read):
    data = Input(bytes([0, 4, 0, 0, width]), 0)
    data.planes = PlaneReader(b"\0", (2 << 3).to_bytes(9, "big"))  # 2, in zigzag 1, of 69 bits
    if read:
        assert read_integers(data, 2) == [0, 1]
    else:
        with pytest.raises(MalformedError, match="71 bits are more than 70"):
            read_integers(data, 2)


@pytest.mark.parametrize(
    ("wall", "monotonic", "fits"),
    [
        (0, 2**63 - 1, True),
        (-1, 2**63 - 1, False),
        (2**63 - 1, 0, True),
        (-(2**63) + 1, 0, True),
        (-(2**63) + 1, 1, False),
        (2**63 - 1, 2**63 - 1, True),
    ],
)
def test_a_record_whose_clocks_lie_too_far_apart_is_carried_as_it_is(wall, monotonic, fits):
    some = record(0, wall_ms=wall, monotonic_ms=monotonic)
    out = Output()
    write_columns(out, [some.to_bytes()], [some])
    assert (some.to_bytes() in out.head) is not fits
    assert read_columns(read_back(out), 1) == [some.to_bytes()]


def wide(fields):
    return record(0, values={f"f{at:02}": at for at in range(fields)})


@pytest.mark.parametrize(("fields", "fits"), [(64, True), (65, False)])
def test_a_record_of_too_many_fields_is_carried_as_it_is(fields, fits):
    out = Output()
    write_columns(out, [wide(fields).to_bytes()], [wide(fields)])
    assert (wide(fields).to_bytes() in out.head) is not fits


def test_a_record_out_of_its_place_is_carried_as_it_is():
    some = [record(number) for number in (5, 6, 9, 8)]
    encoded = [each.to_bytes() for each in some]
    out = Output()
    write_columns(out, encoded, some)
    assert [each in out.head for each in encoded] == [False, False, True, False]
    assert read_columns(read_back(out), 4) == encoded
