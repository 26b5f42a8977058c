"""`tallyman uplink`: ways, costs and days on 80 columns; flight mode through the real desk."""

import json

import pytest

from agent.cli import uplink
from agent.cli.main import main
from agent.cli.uplink_page import lines
from agent.desks.control import BadRequest
from agent.desks.flight import FlightDesk
from agent.desks.status import BytesStatus, UplinkStatus, WayStatus, from_dict
from agent.machine.flight import FILE_NAME, FlightMode
from foundation.console import WIDTH
from tests.agent.cli.asked import Agent
from tests.agent.cli.test_status_page import status

WAYS = (
    WayStatus("eth0", False, False, "no default route"),
    WayStatus("wwan0", True, True, "", "usb0", ("usb0",), "live", 123_456, 300_000, 0.45, 80_640),
    WayStatus("sat0", True, False, "", "sat0", (), "alarms", 80_640, 0, 9.0, 80_640),
)
DAYS = (
    BytesStatus("2026-11-29", "wwan0", {"backlog": 900_000, "upkeep": 80_640}),
    BytesStatus("2026-11-30", "wwan0", {"alarms": 1_234, "live": 99_000, "proofs": 23_222}),
    BytesStatus("2026-11-30", "sat0", {"upkeep": 80_640}),
)


def test_each_way_with_its_costs_and_what_went_over_it_day_by_day():
    found = lines(status(ways=WAYS, days=DAYS, uplink=UplinkStatus(204_096, 1_000_000)))
    assert found == [
        "eth0      no default route",
        "wwan0     in use, metered, alarms and what is new",
        "          through usb0; one SIM card has wwan0, usb0",
        "          123.5 kB of 300.0 kB spent today: 0.06 at 0.45 for 1 MB",
        "sat0      metered, alarms only",
        "          80.6 kB today: 0.73 at 9 for 1 MB",
        "          standing by costs 80.6 kB a day: 0.73 at 9 for 1 MB",
        "in all    204.1 kB of 1.0 MB spent today",
        "bytes                    alarms     live  backlog   proofs   upkeep      all",
        "2026-11-30 wwan0         1.2 kB  99.0 kB      0 B  23.2 kB      0 B 123.5 kB",
        "2026-11-30 sat0             0 B      0 B      0 B      0 B  80.6 kB  80.6 kB",
        "2026-11-29 wwan0            0 B      0 B 900.0 kB      0 B  80.6 kB 980.6 kB",
    ]
    assert all(len(line) <= WIDTH for line in found)


def test_what_is_shown_goes_over_the_control_socket_whole():
    found = status(ways=WAYS, days=DAYS, names="node.example is not resolved")
    assert from_dict(json.loads(json.dumps(found.to_dict()))) == found


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"ledger": False}, "no ledger node is configured: nothing is sent"),
        ({}, "no interfaces are configured: the machine's routes decide"),
        ({"flight": True}, "flight    mode is on: the modems' radios are to be off"),
        ({"names": "n is not resolved"}, "names     n is not resolved"),
    ],
)
def test_what_there_is_to_say_without_ways(changes, line):
    assert line in lines(status(**changes))


def test_an_agent_of_before_is_understood(monkeypatch, capsys):
    plain = status(ways=WAYS).to_dict()
    for name in ("days", "names", "flight"):
        del plain[name]
    monkeypatch.setattr(uplink, "ask_one", lambda *_: plain)
    monkeypatch.setattr(uplink, "gateway", lambda _: type("Place", (), {"control": ""}))
    assert main(["uplink", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["days"] == []


@pytest.fixture
def agent(tmp_path, monkeypatch):
    return Agent(tmp_path, monkeypatch, uplink)


def test_ways_costs_and_days_are_the_agents(agent, capsys):
    found = status(ways=WAYS, days=DAYS, uplink=UplinkStatus(204_096, 1_000_000))
    agent.answers["status"] = found.to_dict()
    assert agent.run("uplink") == 0
    assert agent.asked == [{"verb": "status"}]
    assert capsys.readouterr().out.splitlines() == list(lines(found))
    assert agent.run("uplink", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told.keys() == {"ways", "days", "uplink", "names", "flight"}
    assert told["uplink"] == json.loads(json.dumps(found.to_dict()["uplink"]))


def test_flight_mode_is_switched_by_name(agent, capsys):
    agent.answers["flight"] = {"state": "on", "operator": "loader-3"}
    assert agent.run("uplink", "--flight", "on", "--operator", "loader-3") == 0
    assert agent.asked == [{"verb": "flight", "state": "on", "operator": "loader-3"}]
    assert capsys.readouterr().out.splitlines() == [
        "flight mode is on; it is on record", "The modems follow with their next reading.",
    ]  # fmt: skip
    assert agent.run("uplink", "--flight", "on", "--operator", "loader-3", "--json") == 0
    assert json.loads(capsys.readouterr().out) == agent.answers["flight"]


def test_flight_mode_wants_a_name(capsys):
    assert main(["uplink", "--flight", "on"]) == 2
    assert "--operator NAME" in capsys.readouterr().err


class Recorder:
    def __init__(self):
        self.noted = []

    async def note(self, kind, values):
        self.noted.append((kind, values))

    async def flush(self):
        pass


async def test_flight_mode_is_on_record_and_outlasts_a_restart(tmp_path):
    recorder, mode = Recorder(), FlightMode(tmp_path)
    assert not mode.on
    ask = FlightDesk(mode, recorder).verbs()["flight"]
    request = {"state": "on", "operator": "loader-3"}
    assert [each async for each in ask(request)] == [request]
    assert recorder.noted == [("flight-mode", request)]
    assert mode.on
    assert FlightMode(tmp_path).on
    with pytest.raises(BadRequest):
        [each async for each in ask({"state": "up", "operator": "loader-3"})]
    (tmp_path / FILE_NAME).write_bytes(b"\xff\x00")
    assert not FlightMode(tmp_path).on
