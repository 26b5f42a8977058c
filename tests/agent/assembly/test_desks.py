"""What people can ask a whole agent for, and that its parts know of each other."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from agent.assembly.desks import build_tallies
from agent.assembly.dock import scanners
from agent.shipments.tally import Incident
from tests.agent.assembly.joined import BARE, RICH, configured, started, world_of
from tests.agent.assembly.test_life import asked
from tests.agent.dock.goods import APPLE, P1, item, plan

NOTICE = plan((P1, [item(APPLE, serials=["1", "2"])]))
FILE = {
    "verb": "notarize",
    "name": "a.pdf",
    "type": "calibration",
    "digest": hashlib.sha256(b"a certificate").hexdigest(),
    "bytes": 13,
    "content_type": "application/pdf",
}


@asynccontextmanager
async def answering(folder, text, *more):
    """Everything joined; what answers runs, and the tasks named besides."""
    async with started(folder, text) as rig:
        table = {each.name: each.run for each in rig.agent.tasks}
        running = [asyncio.create_task(table[name]()) for name in ("recorder", "control", *more)]
        async with asyncio.timeout(60):
            while not rig.config.gateway.control.exists():
                await asyncio.sleep(0)
        yield rig, lambda verb, **said: asked(rig.config.gateway.control, verb=verb, **said)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def verbs_of(ask):
    told = await ask("nonsense")
    return set(re.sub(r".*choose from ", "", told).split(", "))


async def test_an_alarm_can_be_ended_by_hand_only_where_something_raises_one(folders):
    async with answering(folders / "bare", BARE) as (_, ask):
        bare = await verbs_of(ask)
    async with answering(folders / "rich", RICH) as (_, ask):
        assert await verbs_of(ask) - bare == {"override"}
        told = await ask("override", device="cold-2", rule="high", operator="x", reason="y")
        assert told.startswith("no rule has seen a value of a device 'cold-2'")


async def test_a_file_is_put_on_record_for_a_device_that_there_is(folders):
    async with answering(folders / "bare", BARE) as (rig, ask):
        told = await ask(**FILE, about="cold-2")
        assert told == "no device and no shipment is called 'cold-2'"
        (told,) = await ask(**FILE, about="cold-1")
        (record,) = await rig.journal.records(told["number"], 1)
        assert (record.kind, record.device) == ("attachment", "cold-1")
        assert told["kid"] == rig.core.succession.present.public.kid.hex()


@pytest.mark.parametrize(("more", "papers"), [("", None), ('outbox = "out"\n', "recadv csv")])
async def test_a_check_is_told_in_the_status_and_its_papers_are_owed_where_they_can_be_put(
    folders, more, papers
):
    text = RICH.replace("[dock]\n", f'[dock]\npapers = "recadv csv"\n{more}')
    async with answering(folders / "rich", text, "tags", "dock") as (rig, ask):
        assert await ask("dock-points") == [{"read_point": "door"}]
        digest = hashlib.sha256(NOTICE).hexdigest()
        part = base64.b64encode(NOTICE).decode()
        (taken,) = await ask("dock-notice", digest=digest, offset=0, part=part, last=True)
        (opened,) = await ask("dock-open", digest=digest, read_point="door")
        (check,) = (await rig.agent.snapshot.take()).dock.open
        assert (check.check, check.notice) == (opened["check"], taken["notice"])
        (shown,) = await ask("dock-look", check=check.check)
        assert (shown["found"], shown["expected"]) == (0, 2)
        await ask("dock-close", check=check.check, decision="accepted")
        assert (await rig.agent.snapshot.take()).dock.open == []
        records = await rig.journal.records(0, 999)
        *_, receipt = [each for each in records if each.kind == "dock-check"]
        assert receipt.values.get("papers") == papers


def test_at_a_read_point_stand_the_devices_that_name_it(folders):
    assert scanners(configured(folders / "rich", RICH)) == {"door": ["cold-1", "bump"]}


@pytest.mark.parametrize(
    ("dock", "looks"),
    [
        ("", False),
        ('[dock]\ninbox = "in"', True),
        ('[dock]\noutbox = "out"', True),
        ('[dock]\ninbox = "in"\noutbox = "out"', True),
    ],
)
async def test_folders_of_partners_are_looked_into_where_one_is_named(folders, dock, looks):
    text = RICH.replace('[dock]\ninbox = "in"', dock)
    async with started(folders / "rich", text) as rig:
        assert ("exchange" in [each.name for each in rig.agent.tasks]) is looks


async def test_a_partner_s_folder_is_beside_the_configuration(folders):
    inbox = folders / "rich" / "in"
    inbox.mkdir()
    (inbox / "order.csv").write_text("no notice")
    async with answering(folders / "rich", RICH, "tags", "dock", "exchange") as (rig, _):
        async with asyncio.timeout(60):
            while not (inbox / "order.csv.problem.txt").exists():
                await rig.world.host.timing.advance(5.0)
    assert sorted(each.name for each in inbox.iterdir()) == ["order.csv", "order.csv.problem.txt"]


async def test_a_supplier_s_own_number_is_looked_up_in_the_table_of_articles(folders):
    (folders / "rich" / "articles.csv").write_text(f"gtin,number,name\n{APPLE},4711,Apples\n")
    text = RICH.replace("[dock]\n", '[dock]\narticles = "articles.csv"\n')
    notice = b"notice;sscc;number;quantity\nN1;340123450000000017;4711;3\n"
    digest, part = hashlib.sha256(notice).hexdigest(), base64.b64encode(notice).decode()
    more = {"digest": digest, "offset": 0, "part": part, "last": True}
    async with answering(folders / "rich", text) as (_, ask):
        assert await ask("dock-notice", **more) == [{"notice": "N1", "form": "csv", "units": 1}]
    async with answering(folders / "rich", RICH) as (_, ask):
        assert "4711" in await ask("dock-notice", **more), "nobody says what that is"


def carried(device):
    return SimpleNamespace(name=device, devices=(device,), ended_ms=None, started_ms=1, notice="")


@pytest.mark.parametrize(("seconds", "along"), [(15.0, True), (15.1, False)])
async def test_a_position_holds_for_one_and_a_half_intervals_of_its_receiver(
    folders, seconds, along
):
    async with started(folders / "bare", BARE) as rig:
        book = SimpleNamespace(content=[carried("cold-1")])
        tallies = build_tallies(rig.config, world_of(), rig.core, book)
        for lat in (530_000_000, 530_010_000):
            await rig.core.recorder.note("position", {"lat": lat, "lon": 0}, device="cold-1")
            await rig.core.recorder.commit()
            await rig.world.host.timing.advance(seconds)
        ((way,),) = (each.tally.ways.values() for each in tallies.told())
        # A thousandth of a degree is 111 m.
        assert (round(way.along), round(way.across)) == ((111, 0) if along else (0, 111))


async def test_of_a_shipment_is_told_what_its_devices_are_able_to_see(folders):
    there = [carried(name) for name in ("cold-1", "bump", "lamp")]
    async with started(folders / "rich", RICH) as rig:
        book = SimpleNamespace(content=there)
        tallies = build_tallies(rig.config, world_of(), rig.core, book)
        await rig.core.recorder.note("gap", {"state": "open"}, device="bump")
        await rig.core.recorder.commit()
        assert {each.shipment.name: each.watched for each in tallies.told()} == {
            "cold-1": {Incident.GAP, Incident.EXCURSION, Incident.ALARM},
            "bump": {Incident.GAP, Incident.SHOCK},
            "lamp": {Incident.GAP},
        }
        counted = {each.shipment.name: each.tally.incidents for each in tallies.told()}
        assert counted == {"cold-1": {}, "bump": {Incident.GAP: 1}, "lamp": {}}
