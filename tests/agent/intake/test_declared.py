"""A device that says what its driver did not declare, or what the registry does not know."""

from __future__ import annotations

import logging

import pytest

from agent.config.devices import Device
from agent.intake.declared import MOST_TOLD, Declared
from drivers.reading import Quality, Reading
from tests.agent.fakes import reading


@pytest.fixture
def declared() -> Declared:
    device = Device("cargo", "sensors.sht3x", "", {}, 10.0)
    return Declared(device, ("temperature", "humidex"))


def test_what_was_declared_passes_as_it_is(declared, caplog):
    given = reading("cargo", temperature=4.31, humidity=None)
    assert declared.marked(given) is given
    assert caplog.records == []


def test_an_unknown_field_is_marked_and_told_once(declared, caplog):
    given = reading("cargo", temperature=4.31, co2=612.5)
    for _ in range(3):
        marked = declared.marked(given)
        assert marked == reading("cargo", quality=Quality.SUSPECT, temperature=4.31, co2=612.5)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    text = caplog.messages[0]
    assert text.startswith("cargo: a field 'co2' in a reading of kind 'temperature', ")
    assert "sensors.sht3x" in text
    assert "report it" in text


def test_each_field_and_kind_is_told(declared, caplog):
    declared.marked(reading(temperature=4.31, co2=1.0, colour="red"))
    declared.marked(reading(temperature=4.31, co2=1.0))
    declared.marked(reading(kind="humidex", value=30.0))
    told = [message.split(":")[1] for message in caplog.messages]
    assert told == [
        " a field 'co2' in a reading of kind 'temperature', which this version does not know",
        " a field 'colour' in a reading of kind 'temperature', which this version does not know",
        " a reading of kind 'humidex', which this version does not know",
    ]


def test_a_kind_that_was_not_declared_is_marked_and_told(declared, caplog):
    marked = declared.marked(reading("cargo", "shock", peak=12.5))
    assert marked.quality is Quality.SUSPECT
    assert "of kind 'shock', which its driver does not declare" in caplog.text


def test_a_worse_mark_of_the_driver_stays(declared, caplog):
    given = reading(quality=Quality.CORRUPT, temperature=4.31, co2=1.0)
    assert declared.marked(given) is given
    assert len(caplog.records) == 1


def test_a_device_that_makes_names_up_does_not_fill_the_log(declared, caplog):
    for number in range(2 * MOST_TOLD):
        name = f"{number}\x1b" + 5000 * "x"
        declared.marked(Reading("cargo", "temperature", {name: number}, 1.0))
    assert len(caplog.records) == MOST_TOLD
    assert all(len(message) < 400 and message.isprintable() for message in caplog.messages)
