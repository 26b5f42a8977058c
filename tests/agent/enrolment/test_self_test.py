"""The test of the devices at the end of an enrolment: each is told, whatever is wrong with it."""

from __future__ import annotations

from types import SimpleNamespace

from agent.config.settings import parse
from agent.desks.control_client import Refused
from agent.enrolment.self_test import Result, self_test
from drivers import catalog
from drivers.errors import DeviceMissing


def test_a_device_that_cannot_even_be_made_is_told_like_one_that_does_not_answer(tmp_path):
    text = (
        '[gateway]\ncontrol = "control.sock"\n'
        '[[device]]\nname = "door"\nkind = "rfid.llrp"\naddress = "192.0.2.1"\ntls = true\n'
        'tls_ca = "/nonexistent.pem"\n'
        '[[device]]\nname = "cold"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'
    )
    config = parse(text.encode(), tmp_path / "tallyman.toml", catalog)
    door, cold = self_test(config, catalog)
    assert door.fault == "tls_ca /nonexistent.pem: No such file or directory"
    assert door.advice == "correct the option in the configuration file"
    assert cold.fault == "/dev/i2c-99: no such bus"


TWO = (
    '[gateway]\ncontrol = "control.sock"\n'
    '[[device]]\nname = "door"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-98"\n'
    '[[device]]\nname = "cold"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'
)


def test_an_agent_that_runs_reads_them_itself_and_each_is_told_in_its_place(tmp_path, monkeypatch):
    config = parse(TWO.encode(), tmp_path / "tallyman.toml", catalog)
    asked = []

    def ask_one(path, request):
        asked.append((path, request["verb"], request["device"]))
        if request["device"] == "door":
            raise Refused("door does not answer", advice="plug it in")
        return {"temperature": 4.31}

    monkeypatch.setattr("agent.enrolment.self_test.ask_one", ask_one)
    assert self_test(config, catalog) == [
        Result("door", "sensors.sht3x", "door does not answer", "plug it in"),
        Result("cold", "sensors.sht3x"),
    ]
    control = tmp_path / "control.sock"
    assert sorted(asked) == [(control, "read", "cold"), (control, "read", "door")]


def test_a_device_that_answers_is_well_also_without_an_agent(tmp_path, monkeypatch):
    config = parse(TWO.encode(), tmp_path / "tallyman.toml", catalog)

    class Made:
        def __init__(self, name, _options, _host):
            self.name = name

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            pass

        async def read_once(self):
            if self.name == "door":
                raise DeviceMissing("door is not plugged in")

    devices = SimpleNamespace(module=lambda _kind: SimpleNamespace(build=Made))
    door, cold = self_test(config, devices)
    assert (door.fault, door.advice) == ("door is not plugged in", DeviceMissing("").advice)
    assert cold == Result("cold", "sensors.sht3x")
