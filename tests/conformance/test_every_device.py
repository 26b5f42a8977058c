"""Every device of drivers/catalog.py keeps what CONTRIBUTING.md, "A new device", asks of it."""

import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from agent.records.registry import KINDS
from drivers import catalog
from drivers.cause import DeviceFacts, Word
from drivers.driver import State
from drivers.errors import DriverError
from drivers.kind import FieldType
from drivers.reading import Quality
from foundation.cause import Answer, Cost, untested
from foundation.options import OptionError
from hil.driver_kit.scaffold import NOT_WRITTEN
from hil.rig.rig import NETWORK
from tests.conformance.pages import README, page
from tests.conformance.rows import bench_of, row_of, said_of
from tests.hil.emulation import emulations, read

ROOT = Path(__file__).parents[2]
UNKNOWN = (
    "the kind {kind!r} has no field {name!r}: add it in kinds.py beside the driver, then run "
    "python -m tests.agent.records.pages"
)
NO_CAUSE = "what its driver names as the cause is a row of CAUSES: write it into causes.py beside the driver"
TYPES = {
    FieldType.NUMBER: {int, float},
    FieldType.TEXT: {str},
    FieldType.BYTES: {bytes},
    FieldType.TIME: {datetime},
}
every_device = pytest.mark.parametrize("kind", catalog.DEVICES)


@every_device
async def test_what_it_says_is_declared_and_known_with_its_type(kind, tmp_path):
    declared = set(catalog.module(kind).KINDS)

    def enough(new):
        said = {each.kind for each in new}
        return said - declared or said == declared

    async with bench_of(kind, tmp_path) as bench:
        await bench.hears(enough)
    for reading in bench.seen:
        assert reading.kind in declared, f"{catalog.DEVICES[kind]}: KINDS lacks {reading.kind!r}"
        for name, value in reading.fields.items():
            field = KINDS[reading.kind].field(name)
            assert field is not None, UNKNOWN.format(name=name, kind=reading.kind)
            assert value is None or type(value) in TYPES[field.type], (name, value, field)


@every_device
async def test_it_is_emulated_and_read_by_its_driver_as_printed(kind, shim, evdev_shim, tmp_path):
    where = ("--listen", "127.0.0.1:0") if kind in NETWORK else ()
    async with emulations(tmp_path) as start:
        emulated = await start(kind, *where)
        assert emulated.lines[0].startswith(f"{kind} ")
        assert emulated.device["kind"] == kind
        await read(emulated, said_of(kind), tmp_path)
        assert await emulated.end() == ("", 0)
    assert [path.name for path in tmp_path.iterdir()] == ["reads"]


@every_device
async def test_missing_from_the_start_says_where_it_looked(kind, tmp_path):
    async with bench_of(kind, tmp_path) as bench:
        bench.unplug()
        await bench.until(lambda: bench.health.state is State.MISSING)
        assert bench.where in bench.health.detail
        assert bench.health.advice
        assert bench.health.cause.id in ids_of(kind)
        assert "{" not in bench.health.advice, "the driver fills in what differs: ROW.of(…)"
        with pytest.raises(DriverError, match=re.escape(bench.where)):
            await bench.driver.read_once()
        bench.plug()
        assert await bench.hears()


@every_device
async def test_one_reading_marks_the_moment_it_stops_answering_and_silence_follows(kind, tmp_path):
    def main(new):
        return [each for each in new if each.kind == catalog.module(kind).KINDS[0]]

    async with bench_of(kind, tmp_path) as bench:
        (good, *_) = main(await bench.hears(main))
        bench.unplug()
        await bench.until(lambda: bench.health.counters.get("reopens", 0) >= 3)
        assert bench.health.state is State.MISSING
        assert bench.where in bench.health.detail
        expected = 0 if interval_of(bench) is None else 1
        silent = [each for each in bench.seen if each.quality is Quality.NO_ANSWER]
        assert len(silent) == expected, bench.seen
        if expected:
            assert bench.seen[-1] is silent[0]
            assert dict(silent[0].fields) == dict.fromkeys(good.fields)
        bench.plug()
        assert await bench.hears()


def interval_of(bench):
    options = catalog.check_options(bench.kind, bench.given)
    return catalog.module(bench.kind).interval(options)


@every_device
async def test_the_interval_is_kept(kind, tmp_path):
    bench = bench_of(kind, tmp_path)
    if interval_of(bench) is None:
        return  # it speaks when there is something to say
    first = catalog.module(kind).KINDS[0]  # what else it says comes beside it

    def moments_of(new):
        return [each.monotonic for each in new if each.kind == first]

    async with bench:
        moments = moments_of(await bench.hears(lambda new: len(moments_of(new)) > 5))
    usual = median(later - before for before, later in pairwise(moments))
    assert usual == pytest.approx(interval_of(bench), rel=bench.JITTER)


@every_device
@pytest.mark.parametrize("share", [0.2, 1.0], ids=["some", "all"])
async def test_garbage_is_survived(kind, tmp_path, share):
    async with bench_of(kind, tmp_path) as bench:
        await bench.hears()
        bench.voice.garbage = share
        await bench.passes(bench.A_WHILE)
        if bench.health.cause is not None:
            assert bench.health.cause.id in ids_of(kind), NO_CAUSE
        bench.voice.garbage = 0.0
        await bench.hears()
        await bench.until(lambda: bench.health.state is State.RUNNING)


@every_device
async def test_an_unplug_at_any_moment_of_a_read_is_survived(kind, tmp_path):
    for pieces in range(row_of(kind).bench.PIECES):
        async with bench_of(kind, tmp_path) as bench:
            bench.voice.cut_after(pieces)
            await bench.until(lambda: bench.health.state is State.MISSING)
            bench.plug()
            await bench.hears()
            await bench.until(lambda: bench.health.state is State.RUNNING)


class Blind:
    """A machine of which nothing can be seen."""

    def there(self, path):
        return None

    def may_open(self, path):
        return None

    def holders(self, path):
        return None

    def unused(self, path, taken):
        return ()

    def answers(self, bus, address):
        return None

    def listens(self, host, port):
        return None


def ids_of(kind):
    return [row.id for row in catalog.causes(kind)]


@every_device
def test_each_cause_is_a_whole_row(kind):
    rows = catalog.causes(kind)
    assert len(set(ids_of(kind))) == len(rows), f"{kind}: two rows of CAUSES have one id"
    assert catalog.module(kind).CAUSES, f"{kind}: {NO_CAUSE}"
    for row in rows:
        assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9-]+", row.id), row.id
        assert all((row.symptom, row.sentence, row.next, row.unproven)), row.id
        assert row.cost not in (Cost.RADIO, Cost.BYTES) or row.test is untested, row.id
        assert len(row.sentence) < 90, f"{row.id}: a sentence that fits on a console"


@every_device
def test_a_cause_is_unknown_where_nothing_is_known_and_not_so_where_all_is_well(kind, tmp_path):
    options = catalog.check_options(kind, bench_of(kind, tmp_path).given)
    well = Word("running", "running", since=60.0, read=1.0)
    for row in catalog.causes(kind):
        nothing = DeviceFacts("under-test", kind, options, None, Blind())
        assert row.test(nothing).answer is Answer.UNKNOWN, f"{row.id}: unknown is no answer"
        found = row.test(DeviceFacts("under-test", kind, options, well, Blind()))
        assert found.answer is not Answer.YES, f"{row.id}: seen in a device that is well"


@every_device
def test_options_out_of_range_are_refused_by_name(kind, tmp_path):
    given = bench_of(kind, tmp_path).given
    for option in catalog.module(kind).OPTIONS:
        for wrong in wrong_values(option):
            with pytest.raises(OptionError) as raised:
                catalog.check_options(kind, given | {option.name: wrong})
            assert raised.value.option == option.name
            assert option.name in str(raised.value)


def wrong_values(option):
    """Yield what the option must refuse."""
    yield []
    if option.choices:
        yield {str: "no such", int: -12345, float: -12345.0}[option.type]
    elif option.type in {int, float}:
        assert option.minimum is not None, f"{option.name} needs a least value"
        assert option.maximum is not None, f"{option.name} needs a greatest value"
        yield option.type(option.minimum - 1)
        yield option.type(option.maximum + 1)
    if option.form:
        yield "\0"


@every_device
def test_its_hardware_is_described(kind):
    file = Path("drivers", kind.partition(".")[0], "HARDWARE.md")
    page = (ROOT / file).read_text()
    tested = f"* `{kind}`: "
    assert tested in page, f"{file} lacks an entry that says what it was tested against: {tested}"
    assert NOT_WRITTEN not in page, (
        f"{file}: {NOT_WRITTEN} stands where wiring or tests are missing"
    )
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    named = [kind for heading in headings for kind in heading.split(", ")]
    assert kind in named, f"{file} lacks a section on its wiring and quirks: ## {kind}"


def test_readme_has_all_devices():
    assert README.read_text() == page(README.read_text()), "python -m tests.conformance.pages"
