"""`python -m hil`: its verbs as a person uses them."""

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.verbs import help_line
from hil.__main__ import VERBS, main
from hil.rig.emulate import setting

CHECKOUT = Path(__file__).parents[3]
NOTICES = """
BB02220011D53000E20010710000529B0940B402EB980C7E
BB02220011C9340030751FEB705C5904E3D50D703A76EF7E
BB01FF000115167E
BB02220011C9340030751FEB705C5904E3D50D703A76EF7E
"""


def hil(*args, **options):
    command = [sys.executable, "-m", "hil", *map(str, args)]
    return subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60, **options
    )


def test_help_names_all_verbs():
    text = hil("--help").stdout
    assert all(verb in text for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_says_of_a_verb_what_its_module_says(verb):
    assert help_line(VERBS[verb]) == importlib.import_module(VERBS[verb]).HELP


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_its_help(capsys, verb):
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    assert f"hil {verb}" in capsys.readouterr().out


def test_without_a_verb_the_usage_is_shown():
    done = hil()
    assert done.returncode == 2
    assert "VERB" in done.stderr


def test_unknown_kinds_are_refused_with_a_list():
    done = hil("replay", "gnss.morse", "/dev/null")
    assert done.returncode == 2
    assert "rfid.m100" in done.stderr


@pytest.mark.parametrize("form", ["hexadecimal", "raw"])
def test_replay_of_published_tag_notices(tmp_path, form):
    capture = tmp_path / "capture"
    capture.write_bytes(NOTICES.encode() if form == "hexadecimal" else bytes.fromhex(NOTICES))
    done = hil("replay", "rfid.m100", capture, "--name", "dock2")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    foreign, sgtin = sorted(lines, key=lambda line: line["count"])
    assert foreign | {"pc": None} == {
        "device": "dock2",
        "kind": "tag",
        "time": None,
        "quality": "ok",
        "epc": "E20010710000529B0940B402",
        "uri": None,
        "pc": None,
        "antenna": 1,
        "rssi": -43,
        "count": 1,
        "first_seen": 0.0,
    }
    assert sgtin["uri"] == "urn:epc:id:sgtin:4717276.094564.21002259824"
    assert (sgtin["rssi"], sgtin["count"]) == (-55, 2)


REPORT = """
00f0 001f 8d 3000abcdef00000000000003 81 0001 86 d0 82 0005a9e4bef862e0
00f0 0025 8d 3074257bf7194e4000001a85 81 0002 86 c4 82 0005a9e4bef862e0 88 0007 8c 3000
"""


@pytest.mark.parametrize("form", ["hexadecimal", "body", "message"])
def test_replay_of_a_report_of_tags(tmp_path, form):
    body = bytes.fromhex(REPORT)
    capture = tmp_path / "capture"
    head = bytes.fromhex("043d") + (10 + len(body)).to_bytes(4) + bytes(4)
    forms = {"hexadecimal": body.hex().encode(), "body": body, "message": head + body}
    capture.write_bytes(forms[form])
    done = hil("replay", "rfid.llrp", capture, "--name", "dock2")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["epc"], one["antenna"], one["rssi"], one["count"]) for one in lines] == [
        ("3000ABCDEF00000000000003", 1, -48, 1),
        ("3074257BF7194E4000001A85", 2, -60, 7),
    ]
    assert {one["first_seen"] for one in lines} == {"2020-07-08T02:20:05.140192Z"}
    assert lines[1]["uri"] == "urn:epc:id:sgtin:0614141.812345.6789"


def test_replay_of_a_file_that_is_not_there():
    done = hil("replay", "gnss.nmea", "/no/such/file")
    assert done.returncode == 2
    assert "cannot read /no/such/file" in done.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_emulate_prints_the_path_and_ends_with_ctrl_c(tmp_path, end):
    link = tmp_path / "rfid"
    command = [
        *(sys.executable, "-m", "hil", "emulate", "rfid.m100", "--link", str(link)),
        *("--set", 'tags=[{epc = "3074257BF7194E4000001A85"}]', "--set", "read_rate=1.0"),
    ]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == f"rfid.m100 {link}\n"
        fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
        os.write(fd, bytes.fromhex("BB00220000227E"))
        answer = os.read(fd, 64)
        os.close(fd)
        process.send_signal(end)
        try:
            assert process.wait(60) == 0
        finally:
            process.kill()
    assert answer[:5] == bytes.fromhex("BB02220011")
    assert bytes.fromhex("3074257BF7194E4000001A85") in answer
    assert not link.exists()


def test_emulate_an_llrp_reader_for_any_client():
    command = [
        *(sys.executable, "-m", "hil", "emulate", "rfid.llrp"),
        *("--listen", "127.0.0.1:0", "--tags", "3"),
    ]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        kind, address = process.stdout.readline().split()
        host, port = address.split(":")
        try:
            with socket.create_connection((host, int(port)), 10) as client:
                greeting = client.recv(64)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.kill()
    assert kind == "rfid.llrp"
    assert greeting[:2] == bytes.fromhex("043f")
    assert greeting.endswith(bytes.fromhex("0100 0006 0000"))


def test_emulate_refuses_a_setting_the_device_has_not():
    done = hil("emulate", "rfid.m100", "--set", "colour=red")
    assert done.returncode == 2
    assert "colour" in done.stderr


def test_settings_are_toml_values_or_plain_text():
    assert setting("rate=2.5") == ("rate", 2.5)
    assert setting("repeat=true") == ("repeat", True)
    assert setting("capture=/tmp/a b.log") == ("capture", "/tmp/a b.log")
