"""A visit where the disk takes nothing, and where its sheet is lost or damaged."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from agent.desks import durably
from agent.desks.control import BadRequest
from agent.desks.durably import NotDurable
from agent.desks.findings import findings
from agent.desks.status import (
    ConditionStatus,
    DiskStatus,
    PowerStatus,
    StorageStatus,
    TaskStatus,
    WayStatus,
)
from agent.desks.visit import FILE_NAME, VisitDesk
from agent.upstream.states import LinkState
from tests.agent.cli.test_status_page import NOW, device, node, status


class FakeRecorder:
    """Keeps what is noted; `flush` waits for a disk that does not take it."""

    def __init__(self):
        self.noted = []
        self.takes = True
        self.state = SimpleNamespace(error="disk full", advice="free space")

    async def note(self, kind, values):
        self.noted.append((kind, values))

    async def flush(self):
        if not self.takes:
            await asyncio.Event().wait()


@pytest.fixture
def recorder():
    return FakeRecorder()


@pytest.fixture
def desk(tmp_path, recorder):
    async def look():
        return status(devices=[device("cold-2", state="missing", detail="no chip", advice="plug")])

    return VisitDesk(tmp_path, look, recorder)


async def asked(verb, **request):
    return [each async for each in verb(request)]


async def test_a_disk_that_takes_nothing_is_told_in_time(desk, recorder, monkeypatch):
    monkeypatch.setattr(durably, "PATIENCE", 0.05)
    recorder.takes = False
    with pytest.raises(NotDurable, match="would not survive a power cut: disk full") as raised:
        await asked(desk.begin, operator="t")
    assert raised.value.advice == "free space"
    recorder.takes = True
    (sheet,) = await asked(desk.begin, operator="t")
    assert [each["about"] for each in sheet["before"]] == ["cold-2"]


@pytest.mark.parametrize("rubbish", [b"", b"{}", b"[]", b"\xff", b'{"visit": ', b'{"visit": "V"}'])
async def test_a_damaged_sheet_is_no_visit(desk, tmp_path, rubbish):
    (tmp_path / FILE_NAME).write_bytes(rubbish)
    assert await asked(desk.show) == []
    with pytest.raises(BadRequest, match="no visit is under way"):
        await asked(desk.end)
    assert len(await asked(desk.begin, operator="t")) == 1


async def test_each_step_of_a_visit_is_on_record_with_who_took_it(desk, recorder):
    (sheet,) = await asked(desk.begin, operator="t")
    await asked(desk.act, text="plugged in", about="cold-2", operator="u")
    (ended,) = await asked(desk.end, operator="u")
    visit = {"visit": sheet["visit"]}
    missing = {"about": "cold-2", "text": "missing: no chip", "advice": "plug"}
    assert recorder.noted == [
        ("visit", {**visit, "operator": "t", "state": "begun", "found": 1}),
        ("visit-finding", {**visit, "operator": "t", "moment": "before", **missing}),
        ("visit-action", {**visit, "operator": "u", "text": "plugged in", "about": "cold-2"}),
        ("visit-finding", {**visit, "operator": "t", "moment": "after", **missing}),
        ("visit", {**visit, "operator": "u", "state": "ended", "actions": 1, "left": 1}),
    ]
    assert await asked(desk.show) == [ended]
    await asked(desk.begin, operator="t")
    with pytest.raises(BadRequest, match="there is no device 'cold-3'") as caught:
        await asked(desk.act, text="x", about="cold-3")
    assert caught.value.advice == "see the names: tallyman devices"


async def test_two_at_once_share_one_visit(desk, recorder):
    (one,), (other,) = await asyncio.gather(
        asked(desk.begin, operator="a"), asked(desk.begin, operator="b")
    )
    assert one["visit"] == other["visit"]
    assert sum(kind == "visit" for kind, _ in recorder.noted) == 1


async def test_a_visit_has_an_end_of_actions(desk):
    await asked(desk.begin, operator="t")
    for count in range(100):
        await asked(desk.act, text=f"step {count}")
    with pytest.raises(BadRequest, match="100 actions at most"):
        await asked(desk.act, text="one more")
    (sheet,) = await asked(desk.end)
    assert len(sheet["actions"]) == 100


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"storage": StorageStatus("full", NOW, "no space", "free")}, "storage"),
        ({"tasks": [TaskStatus("batcher", "waiting", "e", "a")]}, "task batcher"),
        ({"power": PowerStatus(under_voltage=True)}, "power"),
        ({"nodes": [node("node-1", LinkState.REFUSED, detail="why")]}, "node node-1"),
        ({"devices": [device("cold-1", silent=True)]}, "cold-1"),
        ({"ways": [WayStatus("wwan0", metered=True, used=False, trouble="no SIM")]}, "way wwan0"),
        ({"conditions": [ConditionStatus("hall", "frost", "alarm", NOW, "-3 °C", "x")]}, "hall"),
    ],
)
def test_what_is_wrong_is_found(changes, about):
    assert [each.about for each in findings(status(**changes))] == [about]


def test_where_all_is_well_nothing_is_found():
    assert findings(status(disk=DiskStatus(1, 2))) == []
