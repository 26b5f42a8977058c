"""`python -m hil emulate`: every kind of device, found and read as its words say."""

import signal
from pathlib import Path

import pytest

from drivers.catalog import DEVICES
from hil.__main__ import main
from hil.rig import shims
from hil.rig.one_device import rig_of, settings_for
from tests.conformance.rows import said_of
from tests.hil.emulation import emulations, read

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def emulate(shim, evdev_shim, tmp_path):
    async with emulations(tmp_path) as start:
        yield start


async def test_settings_reach_the_chip_and_its_driver(emulate, tmp_path):
    settings = ("chip=tmp105", "address=0x4b", "low=4.3125", "high=4.3125")
    arguments = [word for each in settings for word in ("--set", each)]
    emulated = await emulate("sensors.lm75", *arguments, "--bus", "/dev/i2c-3")
    assert emulated.lines[0] == "sensors.lm75 /dev/i2c-3 0x4b tmp105"
    assert "address = 0x4b" in emulated.lines  # as data sheets write it
    # A TMP105 has steps of 0.0625 °C; an LM75 would say 4.5.
    await read(emulated, {"kind": "temperature", "temperature": 4.3125}, tmp_path)
    assert await emulated.end(signal.SIGTERM) == ("", 0)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("gnss.nmea", ["baudrate=38400"]),
        ("barcode.serial", ["suffix=none", "baudrate=115200"]),
        ("barcode.hid", ["layout=fr"]),
    ],
)
async def test_a_driver_is_told_what_its_device_was_set_to(emulate, tmp_path, kind, settings):
    emulated = await emulate(kind, *(word for each in settings for word in ("--set", each)))
    for key, value in (each.split("=") for each in settings):
        assert str(emulated.device[key]) == value
    await read(emulated, said_of(kind), tmp_path)
    assert await emulated.end() == ("", 0)


async def test_a_capture_is_played_instead_of_the_example(emulate, tmp_path):
    capture = tmp_path / "capture.nmea"
    capture.write_bytes(
        b"$GPRMC,080000.00,A,4807.0380,N,01131.0000,E,0.0,0.0,230394,,,A*6E\r\n"
        b"$GPGGA,080000.00,4807.0380,N,01131.0000,E,1,08,0.9,545.4,M,46.9,M,,*52\r\n"
    )
    emulated = await emulate(
        "gnss.nmea", "--link", str(tmp_path / "gnss"), "--set", f"capture={capture}",
        "--set", "repeat=true",
    )  # fmt: skip
    assert emulated.lines[0] == f"gnss.nmea {tmp_path}/gnss"
    with (tmp_path / "gnss").open("rb", buffering=0) as port:
        heard = b""
        while heard.count(b"\n") < 3:
            heard += port.read(4096)
    assert b"4807.0380" in heard
    assert await emulated.end() == ("", 0)


def test_it_begins_with_the_address_that_a_client_connects_to():
    device = rig_of("rfid.llrp", Path("/run/llrp"), {"listen": "127.0.0.1:7000"}).devices(Path("/"))
    assert device[0]["address"] == "127.0.0.1:7000"


def hil(*arguments):
    """The exit code of `python -m hil …` in this process."""
    try:
        return main(["emulate", *arguments])
    except SystemExit as end:
        return end.code


def set_to(text):
    return ("--set", text)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("i2c.bus",), ("i2c.bus", *DEVICES)),
        (("sensors.none",), ("sensors.none", *DEVICES)),
        (("rfid.m100", *set_to("colour=red")), ("'colour'", "read_rate", "baudrate")),
        (("rfid.m100", "--tags", "3"), ("--tags",)),
        (("rfid.m100", *set_to("tags=3")), ("tags", "3", "list of tables")),
        (("rfid.m100", *set_to('tags=[{epcc = "30"}]')), ("'epcc'", "epc, rssi, enter")),
        (("rfid.m100", *set_to('tags=[{epc = "3"}]')), ("epc", "'3'", "hexadecimal")),
        (("rfid.m100", *set_to("tags=[{}]")), ("a tag needs 'epc'", "hexadecimal")),
        (("rfid.m100", *set_to("baudrate=123")), ("123 baud",)),
        (("rfid.m100", *set_to("rounds=0")), ("rounds", "above 0")),
        (("rfid.mfrc522", *set_to('cards=[{uid = "04E1"}]')), ("7 bytes, not 2",)),
        (("rfid.mfrc522", *set_to('cards=[{uid = "04E10CDA", kind = "x"}]')), ("'x'", "desfire")),
        (("rfid.llrp", *set_to("listen=nowhere")), ("listen", "HOST:PORT")),
        (("rfid.llrp", *set_to("listen=a:99999")), ("HOST:PORT", "99999")),
        (("rfid.llrp", *set_to("lies=['all']")), ("'all'", "power, keepalive and rospec")),
        (("rfid.llrp", *set_to("faults={melt = 1}")), ("'melt'", "garbage")),
        (("rfid.llrp", *set_to("clock=noon")), ("clock", "ISO 8601", "'noon'")),
        (("rfid.llrp", *set_to("read_rate=0")), ("read_rate", "above 0")),
        (("rfid.llrp", *set_to("certificate=/none.pem")), ("certificate /none.pem",)),
        (("gnss.nmea", *set_to("capture=/none.nmea")), ("/none.nmea",)),
        (("gnss.nmea", *set_to("rate=fast")), ("rate", "'fast'", "number")),
        (("gnss.nmea", *set_to("start=noon")), ("start", "ISO 8601")),
        (("gnss.nmea", *set_to("route=[{at = 1}]")), ("lacks 'lat'",)),
        (("barcode.serial", *set_to("suffix=dot")), ("'dot'", "cr-lf")),
        (("barcode.serial", *set_to("scans=123")), ("scans", "list of texts")),
        (
            ("barcode.hid", *set_to("layout=dvorak")),
            ("'dvorak'", "us, de, fr, uk, it, es, ch, se, fi, no and dk"),
        ),
        (("barcode.hid", *set_to("gs=no")), ("'no'", "f8")),
        (
            ("sensors.lm75", *set_to("chip=ds18b20")),
            ("'ds18b20'", "lm75, lm75b, tmp102 and tmp105"),
        ),
        (("sensors.lm75", *set_to("address=0x20")), ("address", "0x48", "0x20")),
        (("sensors.lm75", *set_to("address=here")), ("address", "'here'", "whole number")),
        (("sensors.sht3x", *set_to("period=0")), ("period", "above 0")),
        (("sensors.sht3x", *set_to("melt=1")), ("'melt'", "low, high", "address")),
        (("sensors.sht3x", *set_to("faults={melt = 1}")), ("'melt'", "nack", "crc")),
        (("sensors.adxl375", *set_to("shocks=[{at = 1}]")), ("a shock needs 'g'",)),
        (("sensors.adxl375", *set_to("gravity=[0.0, 1.0]")), ("gravity", "list of 3 numbers")),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_wanted(capsys, shim, evdev_shim, arguments, words):
    assert hil(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [word for word in words if word not in err] == []


@pytest.mark.parametrize("kind", ["sensors.sht3x", "rfid.mfrc522"])
def test_a_shim_that_is_not_built_is_named_with_its_command(capsys, monkeypatch, tmp_path, kind):
    monkeypatch.setattr(shims, "BUS_SHIM", tmp_path / "i2c_shim.so")
    assert hil(kind) == 2
    assert capsys.readouterr().err == (
        f"error: cannot emulate {kind}: i2c_shim.so is not built: run make build/i2c_shim.so\n"
        "next: see: python -m hil emulate --help\n"
    )


def test_a_shim_that_the_loader_cannot_name_is_refused(capsys, monkeypatch, tmp_path):
    folder = tmp_path / "my work"
    folder.mkdir()
    (folder / "i2c_shim.so").touch()
    monkeypatch.setattr(shims, "BUS_SHIM", folder / "i2c_shim.so")
    assert hil("sensors.sht3x") == 2
    assert "its path must have no blank and no colon" in capsys.readouterr().err


@pytest.mark.parametrize("kind", DEVICES)
def test_help_shows_the_kinds_settings_on_80_columns(capsys, monkeypatch, kind):
    monkeypatch.setenv("COLUMNS", "80")
    assert hil(kind, "--help") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert settings_for(kind)
    for name, setting in settings_for(kind).items():
        assert [line for line in lines if line.split()[:1] == [name] and setting.wanted in line], (
            name
        )


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 2)])
def test_without_a_kind_all_are_listed_on_80_columns(capsys, monkeypatch, arguments, code):
    monkeypatch.setenv("COLUMNS", "80")
    assert hil(*arguments) == code
    lines = "".join(capsys.readouterr()).splitlines()
    assert [line for line in lines if len(line) > 80] == []
    first_words = {line.split()[0] for line in lines if line.strip()}
    assert set(DEVICES) <= first_words
