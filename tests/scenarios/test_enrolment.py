"""A blank card and a ledger node, as processes: from a seed to a confirmed record, unattended."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import time

import pytest

from agent.cli.main import main
from hil.site.control import ask_agent
from hil.site.processes import Processes, program
from ledger.gateways.gateways import read_gateways
from tests.agent.enrolment.door import make_door
from tests.ledger.support import Process

GNSS = """
[[device]]
name = "position"
kind = "gnss.nmea"
port = "{port}"
interval = 1
"""

ROUTE = "[{at = 0, lat = 45.07, lon = 7.69}, {at = 1000, lat = 45.08, lon = 7.7}]"

LIMIT_S = 60.0


def now() -> int:
    return int(time.clock_gettime(time.CLOCK_REALTIME))


@pytest.fixture
def door(tmp_path):
    door = make_door(tmp_path)
    door.write_seed(now=now())
    return door


def enrol(door, *more: str) -> subprocess.CompletedProcess[str]:
    command = [program("tallyman"), *door.arguments(*more)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def until(condition):
    deadline = time.monotonic() + LIMIT_S
    while not (value := condition()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)
    return value


def test_from_a_blank_card_to_a_confirmed_record(door, tmp_path):
    """The agent starts without a network, the node comes later, kill -9 falls in between."""
    port = tmp_path / "gnss"
    (door.card / "profiles" / "truck.toml").write_text(GNSS.format(port=port))
    with Processes(tmp_path) as processes:
        emulate = [sys.executable, "-m", "hil", "emulate", "gnss.nmea", "--link", str(port)]
        processes.start("gnss", [*emulate, "--set", f"route={ROUTE}"])
        prepared = enrol(door, "--prepare")
        assert prepared.returncode == 0, prepared.stderr
        assert door.seed.exists()
        run = [program("tallyman"), "run", "--config", str(door.config)]
        processes.start("agent", run)
        control = door.state / "control.sock"
        processes.await_path(control)
        processes.start("enrol", [program("tallyman"), *door.arguments()])
        until(lambda: "next try" in processes.tail("enrol"))
        processes.kill("enrol")
        with Process(door.node):
            done = enrol(door)
            assert done.returncode == 0, done.stderr
            assert "self-test  1 of 1 device answers" in done.stdout
            (listed,) = read_gateways(door.node.admitted)
            assert listed.issuer in done.stdout
            assert not door.seed.exists()

            def confirmed() -> int:
                (status,) = ask_agent(control, {"verb": "status"})
                return status["journal"]["confirmed_upto"]

            until(confirmed)
            again = enrol(door)
            assert (again.returncode, "already enrolled" in again.stdout) == (0, True)
        keys = [path for path in (door.state / "keys").iterdir() if path.is_file()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
        shown = [program("tallyman"), "keys", "--config", str(door.config)]
        assert listed.key.kid.hex() in processes.command(shown)


def test_clock_in_1970_enrols(door, monkeypatch, capsys):
    """Nothing on the gateway looks at the wall clock: the node alone judges the token's age."""
    monkeypatch.setattr(time, "clock_gettime", lambda _: 12.0)
    monkeypatch.setattr(time, "clock_gettime_ns", lambda _: 12 * 10**9)
    monkeypatch.setattr(time, "time", lambda: 12.0)
    with Process(door.node):
        assert main(door.arguments()) == 0
    assert "truck-7 is enrolled" in capsys.readouterr().out
    assert len(read_gateways(door.node.admitted)) == 1


def test_copied_seed_is_refused_and_says_whom_to_ask(door, tmp_path):
    seed = door.seed.read_bytes()
    with Process(door.node):
        assert enrol(door).returncode == 0
        thief = door.__class__(door.node, door.endpoint, tmp_path / "thief")
        (thief.card / "firmware").mkdir(parents=True)
        (door.card / "profiles").rename(thief.card / "profiles")
        thief.seed.write_bytes(seed)
        refused = enrol(thief)
        assert refused.returncode == 2
        assert "bad-token: this token was used by another gateway" in refused.stderr
        assert "next: ask the node's operator" in refused.stderr
        assert thief.seed.exists()
        assert not (thief.state / "enrolment.toml").exists()
    assert len(read_gateways(door.node.admitted)) == 1


def test_node_with_another_policy_is_not_believed(door):
    """A node that moved the quorum since the seed was made, or lies: the gateway pins nothing."""
    with Process(door.node):
        text = door.seed.read_text()
        (group,) = [line for line in text.splitlines() if line.startswith("group ")]
        assert " 1 " in group
        door.seed.write_text(
            text.replace(group, group + "\ngroup all 1 quorum-group").replace(
                "quorum quorum-group", "quorum all"
            )
        )
        before = door.seed.read_text()
        refused = enrol(door)
        assert refused.returncode == 1
        assert "the node's policy is not the one in the seed" in refused.stderr
        assert door.seed.read_text() == before
        assert "gateway" not in (door.state / "policy.txt").read_text()


def test_configuration_of_a_person_is_left_alone(door):
    door.config.parent.mkdir()
    door.config.write_text('[gateway]\nname = "mine"\n')
    assert enrol(door, "--prepare").returncode == 0
    assert door.config.read_text() == '[gateway]\nname = "mine"\n'


@pytest.mark.parametrize("profile", ["", "[[device]]\nname = 1\n", "[gateway]\n"])
def test_profile_that_is_wrong_stops_before_the_token_is_shown(door, profile):
    path = door.card / "profiles" / "truck.toml"
    if profile:
        path.write_text(profile)
    else:
        path.unlink()
    refused = enrol(door)
    assert refused.returncode == 2
    assert "next: " in refused.stderr
    assert door.seed.exists()


def test_seed_on_a_disk_that_cannot_be_written_is_used_all_the_same(door):
    if os.geteuid() != 0:
        pytest.skip("only root sets the immutable flag")
    flag = subprocess.run(["chattr", "+i", door.seed], capture_output=True, check=False)
    if flag.returncode != 0:
        pytest.skip("this file system has no immutable flag")
    try:
        with Process(door.node):
            done = enrol(door)
            assert done.returncode == 0, done.stderr
            assert "its token is used up" in done.stderr
            assert enrol(door).returncode == 0
    finally:
        subprocess.run(["chattr", "-i", door.seed], check=True)


def test_two_at_once_do_not_meet(door):
    async def both():
        argv = [program("tallyman"), *door.arguments()]
        pair = [await asyncio.create_subprocess_exec(*argv) for _ in range(2)]
        return [await each.wait() for each in pair]

    with Process(door.node):
        codes = asyncio.run(both())
    assert 0 in codes
    assert len(read_gateways(door.node.admitted)) == 1
