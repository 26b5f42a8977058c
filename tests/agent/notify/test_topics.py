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


def test_an_announcement_is_what_home_assistant_asks_for():
    """home-assistant.io/integrations/mqtt, "Discovery messages"."""
    record = Record(1, "cold 1", "temperature", 1, 1, 1_790_000_000_000, "ntp", 5, "ok", {})
    first, *_ = Topics("t", "ha", US).announcements(record)
    assert first.topic == (
        "ha/sensor/tallyman_9f86d081884c4d/cold_1_temperature_temperature/config"
    )
    assert first.retain
    where = "t/truck_7 __/reading/cold 1/temperature"
    assert json.loads(first.payload) == {
        "name": "cold 1 temperature temperature",
        "unique_id": "tallyman_9f86d081884c4d_cold_1_temperature_temperature",
        "state_topic": where, "json_attributes_topic": where,
        "availability_topic": "t/truck_7 __/status",
        "device": {
            "identifiers": ["tallyman_9f86d081884c4d"], "name": "truck/7 +#",
            "manufacturer": "Tallyman",
        },
        "value_template": "{{ value_json.temperature }}", "expire_after": 7200,
        "device_class": "temperature", "unit_of_measurement": "°C",
    }  # fmt: skip
    door = Record(1, "door", "input", 1, 1, 1_790_000_000_000, "ntp", 5, "ok", {})
    (announced,) = Topics("t", "ha", US).announcements(door)
    assert not {"device_class", "unit_of_measurement"} & json.loads(announced.payload).keys()


def test_a_reading_has_the_values_that_are_shown_its_quality_and_its_time():
    record = Record(1, "pack", "battery", 1, 1, 1_790_000_000_000, "ntp", 5, "ok",
                    {"charge": 87, "faults": "none"})  # fmt: skip
    message = Topics("t", "ha", US).reading(record)
    assert (message.topic, message.retain) == ("t/truck_7 __/reading/pack/battery", True)
    told = json.loads(message.payload)
    assert told.keys() == {"charge", "voltage", "current", "temperature", "quality", "time"}
    assert (told["charge"], told["voltage"], told["quality"]) == (87, None, "ok")
    assert told["time"] == "2026-09-21T14:13:20.000Z"


def test_only_what_tells_of_rules_is_a_rule_and_an_event_is_retained_by_nobody():
    topics = Topics("t", "ha", US)
    assert list(topics.rule(event("gap", rule="too warm", state="alarm"))) == []
    assert not topics.event(event()).retain
    config, state = topics.rule(event(rule="too warm", state="alarm"))
    announced = json.loads(config.payload)
    assert announced["device_class"] == "problem"
    assert (announced["name"], announced["state_topic"]) == ("cargo rule too warm", state.topic)
    assert json.loads(state.payload) == {
        "state": "alarm", "text": "text", "time": "2026-11-22T06:30:00.000Z",
    }  # fmt: skip
    assert Topics("t", "", Sender("", "")).status == "t/_/status"
