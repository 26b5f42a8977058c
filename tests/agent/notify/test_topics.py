"""What is published over MQTT, and where: no name of a stranger's leaves its level."""

from __future__ import annotations

import json
import ssl

import pytest

from agent.config.notify import Broker
from agent.notify.channel import Undelivered
from agent.notify.event import Event, Sender
from agent.notify.mqtt import Mqtt
from agent.notify.topics import CLASSES, Topics
from agent.records.registry import KINDS
from evidence.leaf import Record

US = Sender("urn:uuid:9f86d081-884c-4d65-9a2f-eaa0c55ad015", "truck/7 +#")


def event(kind="alarm", **fields):
    return Event("5d41", US, kind, "cargo", "2026-11-22T06:30:00.000Z", "text", fields=fields)


def test_names_are_one_level_each_whatever_is_in_them():
    topics = Topics("fleet/north", "", US)
    assert topics.event(event()).topic == "fleet/north/truck_7 __/event/alarm"
    assert topics.status == "fleet/north/truck_7 __/status"
    (_, state) = Topics("fleet", "ha", US).rule(event(rule="a/#+b", state="alarm"))
    assert state.topic == "fleet/truck_7 __/rule/cargo/a___b"


@pytest.mark.parametrize(
    ("kind", "fields", "state"),
    [
        ("alarm", {"state": "alarm"}, "alarm"),
        ("excursion", {"state": "unknown"}, "unknown"),
        ("override", {"state": "alarm"}, "ended"),
    ],
)
def test_a_rules_state_is_retained_and_an_override_ends_it(kind, fields, state):
    config, told = Topics("t", "ha", US).rule(event(kind, rule="too warm", **fields))
    assert json.loads(told.payload)["state"] == state
    assert told.retain
    template = json.loads(config.payload)["value_template"]
    assert "'unknown'" not in template, "neither on nor off"


def test_a_sensor_that_is_lost_makes_each_of_its_rules_unknown():
    lost = event("excursion", rule="too warm, too cold", rules=2, state="unknown")
    told = [each for each in Topics("t", "ha", US).rule(lost) if each.topic.startswith("t/")]
    assert [each.topic.rpartition("/")[2] for each in told] == ["too warm", "too cold"]
    assert {json.loads(each.payload)["state"] for each in told} == {"unknown"}
    (_, one) = Topics("t", "ha", US).rule(event("excursion", rule="a, b", state="ok"))
    assert one.topic.endswith("/a_ b")


def test_without_discovery_no_rule_is_shown():
    assert list(Topics("t", "", US).rule(event(rule="too warm", state="alarm"))) == []


def test_a_reading_without_a_value_says_null_and_why():
    record = Record(1, "cold-1", "temperature", 1, 1, 1_790_000_000_000, "ntp", 5, "no-answer", {})
    told = json.loads(Topics("t", "ha", US).reading(record).payload)
    assert (told["temperature"], told["quality"]) == (None, "no-answer")


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_shown_is_a_field_with_its_unit(kind):
    record = Record(1, "cold-1", kind, 1, 1, 1_790_000_000_000, "ntp", 5, "ok", {})
    shown = [json.loads(each.payload) for each in Topics("t", "ha", US).announcements(record)]
    for name, config in zip(CLASSES[kind], shown, strict=True):
        field = KINDS[kind].field(name)
        assert config.get("unit_of_measurement", "") == field.unit
        assert config["value_template"] == f"{{{{ value_json.{name} }}}}"
    assert len({config["unique_id"] for config in shown}) == len(shown)


def test_what_speaks_mqtt_may_be_missing():
    """The agent's own environment has no paho-mqtt."""
    mqtt = Mqtt(
        Broker("127.0.0.1", 1, secure=False), lambda: None, ssl.create_default_context(),
        lambda sender: Topics("t", "", sender), every=None, monotonic=lambda: 0.0,
    )  # fmt: skip
    with pytest.raises(Undelivered, match="paho") as caught:
        mqtt.open(US)
    assert caught.value.cause_id == "notify.extra"
