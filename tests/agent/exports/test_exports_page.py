"""docs/operate/exports.md: its commands run, its tables and examples are what the code does."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.exports import senml
from agent.records.registry import KINDS
from drivers.gs1.epc import decode
from tests.agent.exports.collector import serving
from tests.agent.exports.days import bundled, road, truck, warehouse
from tests.agent.timestamps.authorities import Authority

PAGE = Path(__file__).parents[3] / "docs" / "operate" / "exports.md"
MORNING = 11  # events, before those of the trip
TEXT = PAGE.read_text()


def section(name):
    return TEXT.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]


def rows(name):
    lines = section(name).strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(cell):
    return re.findall(r"`([^`]+)`", cell)


def example(name):
    return json.loads(section(name).partition("```json")[2].partition("```")[0])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    world, data = bundled(warehouse())
    (tmp_path / "morning.bundle").write_bytes(data)
    (tmp_path / "policy.txt").write_text(world.policy_text())
    _, trip = bundled(truck())
    (tmp_path / "trip.bundle").write_bytes(trip)
    (tmp_path / "road.bundle").write_bytes(bundled(road())[1])
    authority = Authority(tmp_path / "authority")
    (tmp_path / "trip.tsr").write_bytes(authority.response(trip))
    shutil.copy(authority.root, tmp_path / "authority.pem")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands():
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture
def made(folder):
    """The page's commands, run in their order."""
    with serving() as collector:
        for line in commands():
            said = line.replace("https://repository.example/epcis", collector.url)
            assert main(shlex.split(said)[1:]) == 0, line
        posted = len(collector.events)
    return folder, posted


def test_the_page_s_commands_and_examples(made):
    folder, posted = made
    events = json.loads((folder / "day.jsonld").read_text())["epcisBody"]["eventList"]
    assert posted == len(events)
    assert example("epcis-example") == next(e for e in events if e["tallyman:record"] == 3)
    values = json.loads((folder / "trip.senml").read_text())
    assert example("senml-example") == values[:4]
    assert {path.name for path in folder.iterdir()} >= {"trip.senmlc", "day.csv", "food.csv"}


def which(record, before):
    """Tell the records of a kind apart that stand in rows of their own."""
    if record.kind != "shipment":
        return record.values.get("direction", "")
    names = {each.values["name"] for each in before if each.kind == "shipment"}
    new = "under way" if record.values["name"] in names else "new"
    return "ended" if record.values["state"] == "ended" else new


def test_the_table_of_events_is_what_events_say(made):
    folder, _ = made
    day, on_the_road = (
        json.loads((folder / name).read_text())["epcisBody"]["eventList"]
        for name in ("day.jsonld", "road.jsonld")
    )
    said = set()
    for events, records in (
        (day[:MORNING], warehouse()), (day[MORNING:], truck()), (on_the_road, road()),
    ):  # fmt: skip
        for event in events:
            record = records[event["tallyman:record"]]
            case = which(record, records[: record.number])
            said.add((record.kind, case, event.get("bizStep", ""), event.get("disposition", "")))
    for cell, step, disposition, _ in rows("epcis-mapping"):
        found = words(cell)
        case = found.pop() if "direction" in cell or "shipment" in found else ""
        for kind in found:
            told = {each for each in said if each[:2] == (kind, case)}
            assert told or kind == "acceleration", f"no event of {kind} {case}"
            for _, _, its_step, its_disposition in told:
                assert its_step == "".join(words(step))
                assert its_disposition in words(disposition) or not words(disposition)
            said -= told
    assert said == set()


def test_the_table_of_units_is_that_of_the_code():
    for ours, theirs, _ in rows("senml-units"):
        unit, _, of = ours.partition(" of ")
        found = senml.PER_FIELD[words(of)[0]] if of else senml.UNITS[unit]
        assert [found.name] == words(theirs)
    assert {words(ours)[0] for ours, *_ in rows("senml-units") if " of " in ours} == set(
        senml.PER_FIELD
    )


def test_the_table_of_ale_names_what_is_recorded():
    for _, cell in rows("ale"):
        kind, *fields = words(cell)
        if "state" in cell.split("`")[2]:
            assert fields[0] in KINDS[kind].field("state").doc
        else:
            assert all(KINDS[kind].field(field) for field in fields)


def test_the_table_of_tds_is_what_is_decoded():
    for row in rows("tds"):
        epc, uri, link = (words(cell)[0] for cell in row)
        told = decode(bytes.fromhex(epc))
        assert (told.uri, told.digital_link) == (uri, link)
