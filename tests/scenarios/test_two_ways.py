"""Two links between network namespaces: each kind of dead link is left in time, by its own sign."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def gateway():
    words = [
        "unshare",
        "--map-root-user",
        "--net",
        sys.executable,
        ROOT / "tests/scenarios/two_ways.py",
    ]
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert line(process, 20.0) == "ready"
    yield process
    process.stdin.close()
    process.wait(20)
    process.stdout.close()


def line(process, within):
    ready, _, _ = select.select([process.stdout], [], [], within)
    return process.stdout.readline().strip() if ready else None


def tell(process, text):
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


@pytest.mark.parametrize(
    ("harm", "sign"),
    [
        ("down", "Network is unreachable"),
        ("silent", "no answer within 1 s"),
        ("routeless", "no default route"),
    ],
)
def test_a_dead_link_is_left_in_time_and_says_why(gateway, harm, sign):
    """Five times as fast as a gateway: its minute is 12 s here."""
    time.sleep(1)
    tell(gateway, f"{harm} cable")
    _, interface, why = line(gateway, 12.0).split(" ", 2)
    assert (interface, why) == ("radio", f"cable: {sign}")
    tell(gateway, "say")
    assert line(gateway, 5.0) == str({"cable": sign, "radio": ""})
