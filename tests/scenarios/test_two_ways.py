"""Two links between network namespaces: each kind of dead link is left in time, by its own sign."""

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


def why_not() -> str:
    """Why this machine lets nobody make links of their own; "" where it does."""
    if shutil.which("ip") is None:
        return "two links need ip: sudo apt install iproute2"
    tried = ["unshare", "--map-root-user", "--net", "true"]
    done = subprocess.run(tried, capture_output=True, text=True, check=False)
    return f"two links need a network namespace: {done.stderr.strip()}" if done.returncode else ""


@pytest.fixture
def gateway():
    if why := why_not():
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
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
    assert line(process, PATIENCE_S) == "ready"
    yield process
    process.stdin.close()
    process.wait(PATIENCE_S)
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
    return line(process, PATIENCE_S)


@pytest.mark.parametrize(
    ("harm", "sign"),
    [
        ("down", "Network is unreachable"),
        ("silent", "no answer within 1 s"),
        ("routeless", "no default route"),
    ],
)
def test_a_dead_link_is_left_in_time_and_says_why(gateway, harm, sign):
    """Five times as fast as a gateway; `make two-links` takes its own times."""
    time.sleep(1)
    tell(gateway, f"{harm} cable")
    _, interface, why = line(gateway, PATIENCE_S).split(" ", 2)
    assert (interface, why) == ("radio", f"cable: {sign}")
    tell(gateway, "say")
    assert line(gateway, PATIENCE_S) == str({"cable": sign, "radio": ""})


def test_the_better_link_is_taken_again_once_it_answers(gateway):
    tell(gateway, "silent cable")
    assert line(gateway, PATIENCE_S).split()[1] == "radio"
    tell(gateway, "heard cable")
    _, interface, why = line(gateway, PATIENCE_S).split(" ", 2)
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
