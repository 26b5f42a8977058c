"""What a receiver says of the time, from its bytes to `tallyman journal` and `tallyman status`."""

from __future__ import annotations

import json
import re
import sys
import time

import pytest

from hil.site.processes import Processes, program
from tests.drivers.gnss.nmea import framed, gga, rmc

DEADLINE = 60.0  # s
PER_SECOND = 5
DEFAULT, RIGHT, YESTERDAY = "060180", "291126", "281126"  # ddmmyy
DRIVE = [(DEFAULT, 8), (RIGHT, 3), (YESTERDAY, 2), (RIGHT, 30)]
CONFIG = """
[gateway]
name = "truck-7"
state_dir = "state"
control = "control.sock"

[[device]]
name = "gnss"
kind = "gnss.nmea"
port = "{port}"
interval = 0
"""


def bursts():
    """Five epochs a second, whose date is by turns a default, right, wrong and right."""
    epochs = [day for day, seconds in DRIVE for _ in range(seconds * PER_SECOND)]
    for number, day in enumerate(epochs):
        now = f"1011{number // PER_SECOND:02}.{number % PER_SECOND * 2}0"
        yield framed(rmc(now, day=day), gga(now))


class Gateway:
    """An agent without a clock, and the receiver beside it."""

    def __init__(self, folder, processes):
        self.file, self.processes = folder / "tallyman.toml", processes
        port, capture = folder / "port", folder / "capture"
        capture.write_bytes(b"".join(bursts()))
        self.file.write_text(CONFIG.format(port=port))
        agent = [sys.executable, "-m", "tests.scenarios.clockless_agent", str(self.file)]
        processes.start("agent", agent)
        processes.await_path(folder / "control.sock")
        receiver = [sys.executable, "-m", "hil", "emulate", "gnss.nmea", "--link", str(port)]
        more = [f"capture={capture}", f"rate={PER_SECOND}"]
        processes.start("receiver", receiver + [word for each in more for word in ("--set", each)])

    def tallyman(self, verb, *rest):
        argv = [program("tallyman"), verb, "--config", str(self.file), *rest]
        return self.processes.command(argv)

    def records(self, kind):
        lines = self.tallyman("journal", "--json").splitlines()
        return [record for record in map(json.loads, lines) if record["kind"] == kind]

    def status_with(self, text):
        """The status page as soon as it says `text`."""
        deadline = time.monotonic() + DEADLINE
        while text not in (page := self.tallyman("status")):
            self.processes.check()
            assert time.monotonic() < deadline, page
            time.sleep(0.1)
        return page


@pytest.fixture
def gateway(tmp_path):
    with Processes(tmp_path) as processes:
        yield Gateway(tmp_path, processes)


def test_a_default_date_then_the_right_one_then_a_wrong_one_for_seconds(gateway):
    cold = gateway.status_with("date unknown")
    assert re.search(r"clock +1970-.* not synchronised \(source none\)", cold)
    gateway.status_with("by gnss, correct within 19")
    disputed = gateway.status_with("but gnss is")
    assert re.search(r"but gnss is (1 day 0 h|23 h 59 min) behind, for", disputed)
    assert "compare both times" in disputed
    deadline = time.monotonic() + DEADLINE
    while gateway.records("position")[-1]["quality"] != "ok":
        assert time.monotonic() < deadline

    positions = gateway.records("position")
    before = [each for each in positions if each["clock"] == "none"]
    assert before
    assert all(each["quality"] == "ok" and "utc_ms" not in each for each in before)
    assert all(each["lat"] == pytest.approx(48.1173) for each in positions)
    wrong = [each for each in positions if str(each.get("utc_ms")).startswith("2026-11-28")]
    assert wrong
    assert {each["quality"] for each in wrong} == {"suspect"}
    assert all(
        each["time"].startswith("2026-11-29T10:11") for each in positions if each not in before
    )

    first, claim = gateway.records("clock")
    assert (first["old_source"], first["new_source"]) == ("none", "gnss")
    assert (first["bound_ms"], first["quality"]) == (19_000, "ok")
    assert (claim["offset_ms"], claim["claim_source"], claim["quality"]) == (0, "gnss", "suspect")
    assert claim["claim_ms"] == pytest.approx(-86_400_000, abs=500)
    sentences = gateway.tallyman("journal")
    assert re.search(r"clock source now gnss \(was none\), moved by 56 years \d+ days,", sentences)
    assert re.search(r"but gnss differs by -(1 day 0 h|23 h 59 min) \(suspect\)", sentences)
