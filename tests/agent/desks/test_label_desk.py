"""No SSCC is given twice: through failing disks, power cuts, other prefixes and a lost count."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from agent.config.labels import DPI, LabelSettings
from agent.desks.control import BadRequest
from agent.desks.labels import FILE_NAME, LabelDesk, LostCount
from agent.dock.papers.zpl import DOTS_PER_MM
from foundation.durable import SYSTEM_DISK, WriteFailed
from tests.foundation.test_durable import FaultyDisk

OURS = LabelSettings("4012345", 0, 1, "", 203)


class Recorder:
    """Keeps what is put on record."""

    def __init__(self) -> None:
        self.notes, self.durable = [], 0

    async def note(self, kind, values):
        self.notes.append((kind, dict(values)))

    async def flush(self):
        self.durable = len(self.notes)


@pytest.fixture
def desk(tmp_path):
    def made(settings=OURS, disk=SYSTEM_DISK):
        desk = LabelDesk(tmp_path, settings, Recorder(), disk)
        desk.recorder = desk._recorder
        return desk

    return made


async def new(desk, count=1, **more):
    (answer,) = [each async for each in desk.new({"count": count, **more})]
    assert desk.recorder.durable == len(desk.recorder.notes), "it was told before it was durable"
    return answer["sscc"]


async def again(desk, sscc):
    (answer,) = [each async for each in desk.again({"sscc": sscc})]
    assert desk.recorder.durable == len(desk.recorder.notes), "it was told before it was durable"
    return answer["sscc"]


async def test_numbers_are_those_worked_out_by_hand_and_go_on_record(desk):
    ours = desk()
    # 0 4012345 000000001: 3 x (0+0+1+3+5+...) by General Specifications 7.9 makes 34, so 6.
    assert await new(ours) == ["040123450000000016"]
    assert await new(ours, 2, operator="keeper-2", text="pears, 3 boxes") == [
        "040123450000000023", "040123450000000030",
    ]  # fmt: skip
    assert ours.recorder.notes == [
        ("unit-label", {"sscc": "040123450000000016"}),
        ("unit-label", {"sscc": "040123450000000023", "last": "040123450000000030",
                        "operator": "keeper-2", "text": "pears, 3 boxes"}),
    ]  # fmt: skip
    assert await new(desk()) == ["040123450000000047"]  # after a restart


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize(
    ("call", "nth"), [("write", 1), ("fsync", 1), ("replace", 1), ("fsync", 2)]
)
async def test_a_failing_disk_gives_no_number_and_none_twice(desk, call, nth, persisted, tmp_path):
    given = await new(desk(), 3)
    faulty = desk(disk=FaultyDisk(call, nth, persisted=persisted))
    with pytest.raises(WriteFailed):
        await new(faulty)
    assert faulty.recorder.notes == []
    given += await new(faulty)  # the same agent tries again
    given += await new(desk())  # another, after a power cut
    assert len(set(given)) == len(given) == 5


async def test_power_is_cut_after_each_step_of_a_reservation(desk, tmp_path):
    """What was told before the cut never comes again, whichever of the two files is found."""
    file = tmp_path / FILE_NAME
    given = []
    for _ in range(20):
        before = file.read_bytes() if file.exists() else None
        for call, nth in (("write", 1), ("fsync", 1), ("replace", 1), ("fsync", 2)):
            with pytest.raises(WriteFailed):
                await new(desk(disk=FaultyDisk(call, nth, persisted=True)))
            if before is not None:
                file.write_bytes(before)  # the rename was not durable yet
        given += await new(desk())
    assert len(set(given)) == 20


async def test_prefixes_and_extensions_count_apart_and_none_begins_anew(desk):
    assert await new(desk()) == ["040123450000000016"]
    other = await new(desk(replace(OURS, extension=1)))
    assert other[0].startswith("14012345000000001")
    longer = await new(desk(replace(OURS, prefix="4012345999")))
    assert longer[0].startswith("04012345999000001")
    assert (await new(desk()))[0].startswith("04012345000000002")
    moved = await new(desk(replace(OURS, first=500)))  # a card was replaced
    assert moved[0].startswith("04012345000000500")
    assert (await new(desk()))[0].startswith("04012345000000501")


async def test_the_last_serial_reference_is_the_last(desk):
    short = replace(OURS, prefix="401234567890", first=9998)
    assert [each[13:17] for each in await new(desk(short), 2)] == ["9998", "9999"]
    with pytest.raises(BadRequest, match="used up"):
        await new(desk(short))


async def test_a_label_is_printed_again_only_where_its_number_was_given(desk):
    ours = desk()
    (sscc,) = await new(ours)
    assert await again(ours, sscc) == [sscc]
    assert ours.recorder.notes[-1] == ("unit-label", {"sscc": sscc, "again": 1})
    for strange in ("040123450000000023", "106141412345678908", "", "x"):
        with pytest.raises(BadRequest, match="was not given here"):
            await again(ours, strange)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"04012345": "x"}', "\x00" * 20])
async def test_a_count_that_cannot_be_read_is_not_begun_anew(desk, tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(LostCount) as raised:
        await new(desk())
    assert "set [labels] first" in raised.value.advice


async def test_what_cannot_be_meant_is_refused(desk):
    with pytest.raises(BadRequest, match="no company prefix"):
        await new(desk(replace(OURS, prefix="")))
    for count in (0, 101):
        with pytest.raises(BadRequest, match="1 to 100 at once"):
            await new(desk(), count)
    assert len(await new(desk(), 100, text="x" * 200)) == 100
    with pytest.raises(BadRequest, match="text must be 1 to 200"):
        await new(desk(), text="x" * 201)
    moved = desk(replace(OURS, first=500))  # what an agent before the card was replaced gave
    with pytest.raises(BadRequest, match="was not given here"):
        await again(moved, "040123450000000016")


async def test_many_at_once_get_numbers_of_their_own(desk):
    import asyncio

    ours = desk()
    given = await asyncio.gather(*(new(ours, 3) for _ in range(20)))
    assert len(set(itertools.chain(*given))) == 60
    assert json.loads(ours._file.read_bytes()) == {"04012345": 61}


def test_print_heads_are_the_same_in_configuration_and_printing():
    assert tuple(DOTS_PER_MM) == DPI
