"""Profiles and calibrations of devices: found, or refused with the line of the mistake."""

from __future__ import annotations

import pytest

from agent.config.config_file import ConfigError
from agent.config.settings import load
from drivers import catalog

DEVICE = """\
[[device]]
name = "cargo"
kind = "sensors.sht3x"
bus = "/dev/i2c-1"
profile = "PROFILE"
"""

CHEESE = """\
name = "cheese"
version = 1
title = "cheese"
source = "ours"
[[rule]]
name = "warm"
above = 8.0
"""


def device(tmp_path, profile, text=DEVICE):
    path = tmp_path / "tallyman.toml"
    path.write_text(text.replace("PROFILE", profile))
    return load(path, catalog).devices[0]


def refused(tmp_path, profile, text=DEVICE):
    with pytest.raises(ConfigError) as error:
        device(tmp_path, profile, text)
    return str(error.value)


def test_a_shipped_profile_by_its_name(tmp_path):
    assert device(tmp_path, "2-8").rules.head.title.startswith("medicines")


def test_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "cheese.toml").write_text(CHEESE)
    assert device(tmp_path, "cheese.toml").rules.name == "cheese"


def test_a_name_that_nobody_knows(tmp_path):
    assert "tallyman.toml:5: 2-9: no such profile or file: did you mean '2-8'?" in refused(
        tmp_path, "2-9"
    )


def test_a_wrong_file_is_refused_with_its_own_lines(tmp_path):
    (tmp_path / "cheese.toml").write_text(CHEESE.replace("above = 8.0", "above = true"))
    told = refused(tmp_path, "cheese.toml")
    assert "tallyman.toml:5: " in told
    assert "cheese.toml:7: above must be a number" in told


def test_a_profile_about_something_that_the_device_does_not_measure(tmp_path):
    assert "is about peak: this device measures none" in refused(tmp_path, "fragile")


def test_without_a_profile_there_are_no_rules(tmp_path):
    assert device(tmp_path, "", DEVICE.replace('profile = "PROFILE"\n', "")).rules is None


CALIBRATED = (
    DEVICE.replace('profile = "PROFILE"\n', "")
    + """\
[[calibration]]
device = "cargo"
offset = -0.12
certificate = "K-17"
valid_until = "2027-05-31"
"""
)


def calibrations(tmp_path, text):
    path = tmp_path / "tallyman.toml"
    path.write_text(text)
    return load(path, catalog).calibrations


def test_a_calibration_counts_to_the_end_of_its_last_day(tmp_path):
    (found,) = calibrations(tmp_path, CALIBRATED)
    assert (found.offset, found.gain, found.field) == (-0.12, 1.0, "temperature")
    assert found.valid_until_ms == 1_811_807_999_999  # date -u -d 2027-06-01 +%s, less 1 ms


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('device = "crago"', 'device = "cargo"', ":6: no device 'crago': did you mean 'cargo'?"),
        ("offset = 99.0", "offset = -0.12", ":7: offset must be from -50 to 50"),
        ('"2027-02-30"', '"2027-05-31"', ":9: no such day: 2027-02-30"),
        ('"May 2027"', '"2027-05-31"', ":9: valid_until must look like '2027-05-31'"),
        ('certificate = ""', 'certificate = "K-17"', ":8: certificate must"),
    ],
)
def test_a_wrong_calibration_is_named_with_its_line(tmp_path, wrong, right, said):
    with pytest.raises(ConfigError) as error:
        calibrations(tmp_path, CALIBRATED.replace(right, wrong))
    assert said in str(error.value)


def test_one_value_has_one_calibration(tmp_path):
    twice = CALIBRATED + CALIBRATED[CALIBRATED.index("[[calibration]]") :]
    with pytest.raises(ConfigError, match="temperature of cargo is calibrated twice"):
        calibrations(tmp_path, twice)
