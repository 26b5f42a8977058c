"""A newcomer makes a driver: the files are found at once, and what is missing is told by name."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hil.emulation import emulations

ROOT = Path(__file__).parents[3]
WHOLE = ("agent", "evidence", "foundation", "ledger", "Makefile", "docs")
CHANGED = ("drivers", "hil", "pyproject.toml", "README.md")
TESTS = ("conftest.py", "conformance", "drivers", "hil")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what a new driver changes; the rest is linked."""
    root = tmp_path_factory.mktemp("checkout")
    for name in WHOLE:
        (root / name).symlink_to(ROOT / name)
    for name in CHANGED:
        copy(ROOT / name, root / name)
    for name in TESTS:
        copy(ROOT / "tests" / name, root / "tests" / name)
    (root / "build").symlink_to(ROOT / "build")
    return root


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def bench(checkout, *words, module="hil"):
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        timeout=300,
    )


@pytest.fixture(scope="module")
def climate(checkout):
    return bench(checkout, "driver", "new", "sensors.acme", "--class", "climate")


@pytest.fixture(scope="module")
def serial(checkout):
    return bench(checkout, "driver", "new", "rfid.acme_uhf", "--class", "serial")


def test_the_files_are_named_and_nothing_is_overwritten(checkout, climate):
    assert (climate.returncode, climate.stderr) == (0, "")
    written = re.findall(r"^wrote     (\S+)$", climate.stdout, re.MULTILINE)
    assert written == [
        "drivers/sensors/acme_codec.py",
        "drivers/sensors/acme.py",
        "hil/emulators/chips/acme_chip.py",
        "tests/drivers/sensors/test_acme_codec.py",
        "tests/drivers/sensors/test_acme.py",
        "drivers/catalog.py",
        "drivers/sensors/HARDWARE.md",
    ]
    again = bench(checkout, "driver", "new", "sensors.acme", "--class", "climate")
    assert again.returncode == 2
    assert "drivers/sensors/acme_codec.py is there already" in again.stderr


def test_what_is_written_is_in_the_house_s_style(checkout, climate, serial):
    assert (serial.returncode, serial.stderr) == (0, "")
    files = [
        path
        for done in (climate, serial)
        for path in re.findall(r"^wrote     (\S+\.py)$", done.stdout, re.MULTILINE)
    ]
    for check in (("check",), ("format", "--check")):
        done = bench(checkout, *check, "--no-cache", *files, module="ruff")
        assert done.returncode == 0, done.stdout
    catalog = (checkout / "drivers/catalog.py").read_text()
    kinds = re.findall(r'^    "([a-z0-9_.]+)": "drivers', catalog, re.MULTILINE)
    assert {"sensors.acme", "rfid.acme_uhf"} < set(kinds)
    assert kinds == sorted(kinds)


def test_a_new_driver_fails_by_the_name_of_what_is_missing(checkout, climate):
    done = bench(checkout, "driver", "check", "sensors.acme", "--json")
    assert done.returncode == 1, done.stderr
    sheet = json.loads(done.stdout)
    assert (sheet["kind"], sheet["passed"]) == ("sensors.acme", False)
    failed = {each["question"]: each["seen"] for each in sheet["answers"] if not each["passed"]}
    assert len(failed) >= 8
    assert "start: reset it, and ask it who it is" in failed["the interval is kept"]
    assert "(not written yet)" in failed["its hardware is described"]
    passed = [each["question"] for each in sheet["answers"] if each["passed"]]
    assert "options out of range are refused by name" in passed


def test_a_new_serial_device_is_found_by_tests_and_rigs(checkout, serial):
    done = bench(checkout, "emulate", "rfid.acme_uhf", "--help")
    assert done.returncode == 0, done.stderr
    assert "every" in done.stdout
    asked = bench(
        checkout, "tests/conformance", "-q", "-k", "acme_uhf and refused", module="pytest"
    )
    assert asked.returncode == 0, asked.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "sht9x", "--class", "climate"), "FAMILY.NAME"),
        (("new", "Sensors.X", "--class", "climate"), "FAMILY.NAME"),
        (("new", "../x.y", "--class", "climate"), "FAMILY.NAME"),
        (("new", "sensor.x", "--class", "climate"), "choose from barcode, battery"),
        (("new", "links.x", "--class", "serial"), "there is no family 'links'"),
        (("new", "sensors.class", "--class", "climate"), "FAMILY.NAME"),
        (("new", "sensors.climate", "--class", "climate"), "is there already"),
        (("new", "rfid.x", "--class", "climate"), "call it sensors.x"),
        (("new", "sensors.x", "--class", "radio"), "'radio' is none of climate, serial"),
        (("new", "sensors.x"), "--class"),
        (("new",), "NAME"),
        ((), "STEP"),
        (("check", "sensors.sht3"), "did you mean 'sensors.sht3x'"),
        (("check", "sensors.sht3x", "--against", "/dev/i2c-1", "--set", "x=1"), "unknown key 'x'"),
        (("check", "sensors.sht3x", "--against", "/dev/i2c-1", "--set", "address=9"), "address"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_rubbish_is_answered_in_plain_words(words, said):
    done = bench(ROOT, "driver", *words)
    assert done.returncode == 2
    assert said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


async def test_a_device_at_a_port_is_asked_what_can_be_asked_there(tmp_path):
    port = tmp_path / "gnss"
    async with emulations(tmp_path) as start:
        emulated = await start("gnss.nmea", "--link", str(port))
        done = await asyncio.to_thread(
            bench, ROOT, "driver", "check", "gnss.nmea", "--against", str(port),
            "--set", "interval=1.0", "--json",
        )  # fmt: skip
        assert await emulated.end() == ("", 0)
    sheet = json.loads(done.stdout)
    assert (sheet["against"], sheet["passed"], done.returncode) == (str(port), True, 0), sheet
    assert [each["question"] for each in sheet["answers"]] == [
        "it is opened, read once, and closed",
        "readings come by themselves",
        "all it says is declared and known",
        "its interval is kept",
        "it is read by hand while it reads by itself",
        "it says that it runs",
        "it is opened, read once, and closed again",
    ]
    assert re.fullmatch(r"[0-9a-f]{64}", sheet["sha256"])


def test_a_device_that_is_not_there_fails_with_the_next_step(tmp_path):
    done = bench(ROOT, "driver", "check", "gnss.nmea", "--against", str(tmp_path / "none"))
    assert done.returncode == 1
    page = done.stdout
    assert "FAIL      it is opened, read once, and closed" in page
    assert "plug the device in" in " ".join(page.split())
    assert page.endswith("1 question: 0 passed, 1 failed\n")


def test_an_installation_says_where_drivers_are_made(monkeypatch):
    from agent.cli import driver
    from agent.cli.errors import Mistake

    monkeypatch.setattr(driver, "BENCH", "no_such_package")
    with pytest.raises(Mistake, match="made in the source"):
        driver.run(None)
