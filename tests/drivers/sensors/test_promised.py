"""What sensors promise: fields of records, options and their limits, and what tells a cause."""

import pytest

from drivers.cause import Stage
from drivers.sensors import causes, kinds
from foundation.cause import no, perhaps, yes
from tests.drivers.promised import (
    as_published,
    every,
    facts,
    is_kept_to,
    kinds_of,
    published,
    running,
)

I2C, SPI = {"bus": "/dev/i2c-1"}, {"bus": "/dev/spidev0.0"}
W1 = {"port": "/sys/bus/w1/devices/28-0316a2795c6f"}


@pytest.mark.parametrize("kind", kinds_of(kinds), ids=lambda kind: kind.name)
def test_records_are_as_they_are_published(kind):
    assert as_published(kind) == published(kind.name)


@pytest.mark.parametrize(
    ("kind", "required", "name", "default", "least", "most"),
    [
        *((f"sensors.{part}", I2C, "interval", 10.0, 0.5, 3600.0)
          for part in ("sht3x", "sht4x", "bme280", "lm75")),
        ("sensors.ds18b20", W1, "interval", 10.0, 1.0, 3600.0),
        *((kind, required, "interval", 60.0, 10.0, 3600.0)
          for kind, required in (("sensors.lis3dh", I2C), ("sensors.adxl375_spi", SPI))),
        *((kind, required, "keep", 5.0, 0.0, 10.0)
          for kind, required in (("sensors.lis3dh", I2C), ("sensors.adxl375_spi", SPI))),
        *((f"sensors.{part}", I2C, "poll", 0.1, 0.01, 1.0) for part in ("adxl345", "adxl375")),
        ("sensors.adxl375", I2C, "threshold_g", 10.0, 7.0, 190.0),
        ("sensors.adxl375_spi", SPI, "threshold_g", 10.0, 7.0, 190.0),
        ("sensors.adxl345", I2C, "threshold_g", 6.0, 2.0, 15.0),
        ("sensors.lis3dh", I2C, "threshold_g", 6.0, 2.0, 15.0),
        *((f"sensors.{part}", I2C, "address", least, least, most) for part, least, most in (
            ("sht3x", 0x44, 0x45), ("sht4x", 0x44, 0x46), ("bme280", 0x76, 0x77),
            ("lm75", 0x48, 0x4F), ("lis3dh", 0x18, 0x19),
        )),
    ],
)  # fmt: skip
def test_options_have_these_limits(kind, required, name, default, least, most):
    is_kept_to(kind, required, name, default, least, most)


@pytest.mark.parametrize(
    ("kind", "required", "rates", "default"),
    [
        ("sensors.lis3dh", I2C, (100, 200, 400), 400),
        ("sensors.adxl375_spi", SPI, (100, 200, 400, 800, 1600, 3200), 3200),
    ],
)
def test_rates_are_those_of_the_part(kind, required, rates, default):
    for rate in rates:
        is_kept_to(kind, required, "rate", default, rates[0], rates[-1])
        with pytest.raises(Exception, match="rate must be one of"):
            is_kept_to(kind, required, "rate", default, rate + 1, rate)


@pytest.mark.parametrize(
    ("kind", "required", "seconds"),
    [
        *((f"sensors.{part}", I2C, 10.0) for part in ("sht3x", "sht4x", "bme280", "lm75")),
        ("sensors.ds18b20", W1, 10.0), ("sensors.lis3dh", I2C, 60.0),
        ("sensors.adxl375_spi", SPI, 60.0), ("sensors.adxl345", I2C, None),
        ("sensors.adxl375", I2C, None),
    ],
)  # fmt: skip
def test_how_often_it_says_something(kind, required, seconds):
    every(kind, required, seconds)


@pytest.mark.parametrize(
    ("word", "finding"),
    [
        (None, perhaps()),
        (running(), perhaps(contra=("it kept its set-up since the agent started",))),
        (running(counters={"resets": 2}), yes("it lost its set-up 2 times since the agent started")),
    ],
)  # fmt: skip
def test_a_supply_that_dips_shows_in_set_ups_that_were_lost(word, finding):
    assert causes.SUPPLY.test(facts(word)) == finding


@pytest.mark.parametrize("row", [causes.WIRES, causes.ONE_WIRE_NOISE])
@pytest.mark.parametrize(
    ("word", "finding"),
    [
        (None, perhaps()),
        (running(), no("no check failed since the agent started")),
        (running(counters={"bad frames": 0}), no("no check failed since the agent started")),
        (running(counters={"bad frames": 1}), perhaps()),
        (running(silent=True), perhaps()),
    ],
)
def test_bad_wires_show_in_checks_that_failed(row, word, finding):
    assert row.test(facts(word)) == finding


@pytest.mark.parametrize(
    ("stage", "rows"),
    [
        (Stage.PLACE, {"onewire.absent"}),
        (Stage.ANSWER, {"sensor.no-answer", "onewire.silent"}),
        (Stage.IDENTITY, {"sensor.other-chip", "onewire.other"}),
        (Stage.CONTENT, {"sensor.shared", "sensor.hangs", "sensor.stuck", "onewire.supply"}),
        (Stage.WORKING, {"sensor.checksum", "sensor.supply", "sensor.heater", "onewire.checksum"}),
    ],
)
def test_a_cause_is_of_the_stage_that_its_driver_had_come_to(stage, rows):
    own = {*causes.CAUSES, *causes.ON_SPI, *causes.ONE_WIRE}
    ids = {each.id for each in own if each.stage is stage}
    assert {each for each in ids if each.startswith(("sensor", "onewire"))} == rows
