"""`modem-power`: the agent may switch one port's power, and nothing else of /sys."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "provisioning/libexec/modem-power"


def run(*words):
    return subprocess.run(
        ["sh", SCRIPT, *map(str, words)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "/sys/bus/usb/devices/../../x/disable", "/sys/class/leds/a b/brightness",
     "/sys/class/leds/$(id)/brightness", "/sys/kernel/debug/disable"],
)  # fmt: skip
def test_no_other_file_is_opened(path, tmp_path):
    done = run(path, tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_not_there_is_said(tmp_path):
    done = run("/sys/bus/usb/devices/99-1:1.0/99-1-port9/disable", tmp_path)
    assert done.returncode == 1
    assert "not there" in done.stderr
    assert "next: ls" in done.stderr


def test_the_drop_in_opens_one_file(tmp_path):
    script = tmp_path / "modem-power"  # below a /sys of its own
    led = tmp_path / "sys/class/leds/modem/brightness"
    led.parent.mkdir(parents=True)
    led.touch()
    script.write_text(SCRIPT.read_text().replace("/sys/class/leds", f"{tmp_path}/sys/class/leds"))
    folder = tmp_path / "drop-ins"
    done = subprocess.run(["sh", script, led, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.iterdir()
    lines = made.read_text().splitlines()
    assert lines[0] == "[Service]"
    assert f"ReadWritePaths=-{led}" in lines
    assert all(str(led) in line for line in lines[1:])
    assert made.stat().st_mode & 0o777 == 0o644
