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


def asked(process, text):
    """Return the answer; a change of the way would have been printed before it."""
    tell(process, text)
    return line(process, 10.0)


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


def test_the_better_link_is_taken_again_once_it_answers(gateway):
    tell(gateway, "silent cable")
    assert line(gateway, 30.0).split()[1] == "radio"
    tell(gateway, "heard cable")
    _, interface, why = line(gateway, 60.0).split(" ", 2)
    assert (interface, why) == ("cable", "cable answers again")


def test_a_dead_name_service_and_a_rebooted_node_change_no_way(gateway):
    """The node's last address goes on counting, and what is wrong is said."""
    assert asked(gateway, "names") == "all names are resolved"
    tell(gateway, "nameless")
    tell(gateway, "reboot")
    last = "node.example is not resolved, its last address, 10.77.0.1, is used"
    deadline = time.monotonic() + 30
    while asked(gateway, "names") != last:
        assert time.monotonic() < deadline, "nobody noticed that the name is not resolved"
        time.sleep(0.5)
    assert asked(gateway, "say") == str({"cable": "", "radio": ""})
