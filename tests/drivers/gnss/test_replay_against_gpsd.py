"""Captures of real receivers, replayed through the driver, against gpsd's own decoding.

A `.log.chk` of gpsd holds each sentence followed by the report (TPV) gpsd makes of it. The last
report after the sentences of one UTC time is gpsd's word on that epoch.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("TALLYMAN_DATA", CHECKOUT.parent / "shared" / "data")) / "gnss"
CAPTURES = {
    "april6_2019": 2,
    "nmea-fuzzy-cases": 14,
    "quectel-eg25-g": 23,
    "quectel-eg25-g-2": 3,
    "telit-he910": 187,
    "ublox-neo-m9n-nmea": 61,
}
TIME_FIELD = {"GGA": 1, "GNS": 1, "RMC": 1, "GLL": 5, "ZDA": 1, "GST": 1, "GBS": 1}


@dataclass
class Epoch:
    time_of_day: str
    report: dict  # gpsd's last TPV of it


def capture(name: str) -> Path:
    path = FOLDER / f"{name}.log"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is missing: CI must have the reference data")
        pytest.skip(f"no reference data at {FOLDER}: set TALLYMAN_DATA")
    return path


def utc_time(sentence: str) -> str | None:
    """The time a sentence carries, without trailing zeros: one epoch is written .71 and .710."""
    fields = sentence.split("*", maxsplit=1)[0].split(",")
    at = TIME_FIELD.get(fields[0][-3:])
    if at is None or fields[0].startswith("$P") or not fields[at]:
        return None
    whole, _, fraction = fields[at].partition(".")
    return f"{whole}.{fraction.rstrip('0')}"


def gpsd_epochs(chk: Path) -> list[Epoch]:
    """Epochs in which gpsd had a position, in order."""
    epochs: list[Epoch] = []
    current = None
    for text in chk.read_text(errors="replace").splitlines():
        if text.startswith("$"):
            current = utc_time(text) or current
        elif text.startswith('{"class":"TPV"'):
            report = json.loads(text)
            if report["mode"] == 1 or "lat" not in report:
                continue
            if not epochs or epochs[-1].time_of_day != current:
                epochs.append(Epoch(current, report))
            epochs[-1].report = report
    return epochs


def replayed(path: Path) -> list[dict]:
    command = [sys.executable, "-m", "hil", "replay", "gnss.nmea", str(path)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [json.loads(text) for text in done.stdout.splitlines()]


@pytest.mark.parametrize("name", CAPTURES)
def test_one_position_per_utc_epoch_equal_to_gpsds(name):
    path = capture(name)
    expected = gpsd_epochs(path.with_suffix(".log.chk"))
    assert len(expected) == CAPTURES[name]
    positions = replayed(path)
    assert len(positions) == len(expected)
    for position, epoch in zip(positions, expected, strict=True):
        # Without a date (april6_2019's first epoch has "2208-1") neither knows the UTC time.
        assert position["time"] == epoch.report.get("time")
        if position["time"] is not None:
            digits = re.sub(r"[-:TZ]", "", position["time"])[8:].rstrip("0")
            assert digits == epoch.time_of_day
        assert position["lat"] == pytest.approx(epoch.report["lat"], abs=1e-6)
        assert position["lon"] == pytest.approx(epoch.report["lon"], abs=1e-6)


@pytest.mark.parametrize("name", CAPTURES)
def test_altitude_speed_and_course_are_gpsds_too(name):
    path = capture(name)
    for position, epoch in zip(
        replayed(path), gpsd_epochs(path.with_suffix(".log.chk")), strict=True
    ):
        report = epoch.report
        if position["altitude"] is not None:
            assert position["altitude"] == pytest.approx(report["altMSL"], abs=1e-3)
        # gpsd prints metres per second to a millimetre.
        assert position["speed"] == pytest.approx(report["speed"], abs=6e-4)
        if position["course"] is not None and "track" in report:
            assert position["course"] == pytest.approx(report["track"], abs=1e-3)


def test_no_position_comes_out_of_a_stretch_without_a_fix():
    path = capture("telit-he910")
    first_fix = path.read_bytes().index(b"$GPGGA,105153.71")
    cold_start = path.read_bytes()[:first_fix]
    assert cold_start.count(b"$GPGGA") > 30
    command = [sys.executable, "-m", "hil", "replay", "gnss.nmea", "/dev/stdin"]
    done = subprocess.run(command, cwd=CHECKOUT, input=cold_start, capture_output=True, check=False)
    assert done.stdout == b""
    assert done.returncode == 1
    assert b"no reading" in done.stderr
