"""What `devices`, `status`, `read`, `override` and `shelf` say, by what the agent answers."""

from __future__ import annotations

import json

import pytest

from agent.cli import devices, override, read, shelf, status
from agent.cli.device_text import device_text
from agent.desks.control_client import NotRunning
from agent.desks.status import DeviceStatus
from drivers import catalog
from tests.agent.cli.asked import Agent
from tests.agent.log_world import record

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
WHEN = "2026-09-21 14:13:20.000 UTC"
COLD = {
    "name": "cold-1", "kind": "sensors.sht3x", "read_point": "", "state": "running",
    "since_ms": AT - 90_000, "silent": False, "last_ms": None,
}  # fmt: skip
TABLE = '[[device]]\nname = "cold-1"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'


@pytest.fixture
def agent(tmp_path, monkeypatch):
    return Agent(tmp_path, monkeypatch, devices, override, read, shelf, status)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "running, no reading yet"),
        ({"last_ms": AT - 2000}, "running, read 2 s ago"),
        ({"last_ms": AT - 2000, "detail": "fine"}, "running, read 2 s ago: fine"),
        ({"state": "opening"}, "opening for 1 min 30 s, no reading yet"),
        ({"state": "failed", "last_ms": AT - 2000}, "failed for 1 min 30 s, read 2 s ago"),
        ({"silent": True}, "SILENT for 1 min 30 s, running"),
        ({"silent": True, "last_ms": AT - 5000, "state": "failed", "detail": "no answer"},
         "SILENT for 5 s, failed: no answer"),
    ],
)  # fmt: skip
def test_what_a_device_does_in_one_line(more, text):
    assert device_text(DeviceStatus(**COLD | more), AT) == text


def test_each_device_is_told_with_all_that_is_known(agent, capsys):
    gate = COLD | {
        "name": "gate", "read_point": "door 2", "last_ms": AT, "advice": "see the plug",
        "counters": {"reads": 7, "errors": 1},
    }  # fmt: skip
    agent.answers["devices"] = {"now_ms": AT, "devices": [COLD, gate]}
    assert agent.run("devices", "--utc") == 0
    assert agent.asked == [{"verb": "devices"}]
    assert capsys.readouterr().out.splitlines() == [
        "cold-1: sensors.sht3x",
        "  running, no reading yet",
        "gate: sensors.sht3x at door 2",
        "  running, read 0 s ago",
        f"  last reading {WHEN}",
        "  reads 7, errors 1",
        "  next: see the plug",
    ]
    assert agent.run("devices", "--json") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [COLD, gate]


def test_without_an_agent_devices_are_told_as_they_are_configured(agent, capsys):
    agent.answers["devices"] = NotRunning("nobody")
    agent.config.write_text(agent.config.read_text() + TABLE)
    assert agent.run("devices") == 0
    assert capsys.readouterr().out == "cold-1: sensors.sht3x; the agent is not running\n"
    assert agent.run("devices", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "name": "cold-1", "kind": "sensors.sht3x", "read_point": told["read_point"],
        "state": "not-running",
    }  # fmt: skip


def test_the_kinds_of_device_are_listed(agent, capsys):
    assert agent.run("devices", "--kinds") == 0
    assert capsys.readouterr().out.splitlines() == list(catalog.DEVICES)
    assert agent.run("devices", "--kinds", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {
        "kind": next(iter(catalog.DEVICES))
    }
    assert agent.asked == []


def test_a_reading_by_the_agent(agent, capsys):
    taken = record(7, device="cold-1", wall_ms=AT)
    agent.answers["read"] = taken.to_bytes().hex()
    assert agent.run("read", "cold-1", "--utc") == 0
    assert agent.asked == [{"verb": "read", "device": "cold-1"}]
    assert capsys.readouterr().out == f"{WHEN}  cold-1  4.38 °C\n"
    assert agent.run("read", "cold-1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert "n" not in told
    assert (told["device"], told["kind"], told["temperature"]) == ("cold-1", "temperature", 4.38)


def test_without_an_agent_the_device_itself_is_asked(agent, capsys, monkeypatch):
    agent.answers["read"] = NotRunning("nobody")
    agent.config.write_text(agent.config.read_text() + TABLE)
    assert agent.run("read", "cold-2") == 2
    said = capsys.readouterr().err
    assert "there is no device 'cold-2' in " in said
    assert "did you mean 'cold-1'?" in said
    closed = []
    monkeypatch.setattr(read.Host, "close", lambda _: closed.append("host"))
    assert agent.run("read", "cold-1") == 1
    assert "/dev/i2c-99" in capsys.readouterr().err
    assert closed == ["host"], "whatever became of it"


def test_an_override_is_asked_for_by_name_and_with_its_reason(agent, capsys):
    done = {"device": "cold-1", "state": "alarm", "rule": "too warm"}
    agent.answers["override"] = done
    words = ["override", "cold-1", "too warm", "--reason", "door stood open", "--operator", "k"]
    assert agent.run(*words) == 0
    assert agent.asked == [{
        "verb": "override", "device": "cold-1", "rule": "too warm", "reason": "door stood open",
        "operator": "k",
    }]  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "cold-1: alarm of too warm ended; it is on record",
        "The rule begins anew with the next value.",
    ]
    assert agent.run(*words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == done
    for lacking in (words[:-2], words[:3]):
        assert agent.run(*lacking) == 2


POINT = {"read_point": "shelf A", "kind": "shelf", "as_of_ms": AT, "not_reading": []}
TAG = {"uri": "urn:epc:id:sscc:4012345.0000000001", "epc": "31", "since_ms": AT}


def test_what_is_at_each_read_point(agent, capsys):
    agent.answers["shelf"] = [
        POINT | {"not_reading": ["gate-1", "gate-2"]}, TAG, TAG | {"belongs": ["B", "C"]},
        {"read": "shelf A", "at_ms": AT, "epc": "31", "antenna": 2, "rssi": -61.4},
        {"read": "shelf A", "at_ms": AT, "epc": "32", "antenna": 1, "rssi": None},
        {"read": "door 2", "at_ms": AT, "epc": "33", "antenna": 1, "rssi": -70},
    ]  # fmt: skip
    assert agent.run("shelf", "--utc", "--reads") == 0
    assert agent.asked == [{"verb": "shelf", "reads": True}]
    assert capsys.readouterr().out.splitlines() == [
        f"shelf A (shelf), as of {WHEN}",
        "  STALE: not reading now: gate-1, gate-2; see: tallyman devices",
        "  (00)040123450000000016",
        f"    since {WHEN}",
        "  (00)040123450000000016",
        f"    since {WHEN}",
        "    belongs on B or C",
        "newest reads at shelf A",
        f"  {WHEN}  31 antenna 2, -61 dBm",
        f"  {WHEN}  32 antenna 1",
        "newest reads at door 2",
        f"  {WHEN}  33 antenna 1, -70 dBm",
    ]


def test_many_that_do_not_read_go_on_below(agent, capsys):
    agent.answers["shelf"] = [POINT | {"not_reading": [f"gate-{n}" for n in range(9)]}]
    assert agent.run("shelf", "--utc") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert (last[:4], last[4:].strip() == last[4:]) == ("    ", True)


def test_one_read_point_alone(agent, capsys):
    agent.answers["shelf"] = [POINT]
    assert agent.run("shelf", "shelf A", "--json") == 0
    assert agent.asked == [{"verb": "shelf", "reads": False, "read_point": "shelf A"}]
    assert json.loads(capsys.readouterr().out) == POINT
    assert agent.run("shelf", "shelf A", "--utc") == 0
    assert capsys.readouterr().out == f"shelf A (shelf), as of {WHEN}\n"
