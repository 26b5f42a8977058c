"""The agent and its CLI as processes: start, ask, follow, stop, kill, start again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agent.desks.control_client import NotRunning, Refused, ask, ask_one

CONFIG = """\
[gateway]
name = "truck-12"
state_dir = "state"
control = "control.sock"

[journal]
window = 0.1

[[device]]
name = "cold-1"
kind = "fake.thermometer"
port = "/dev/x"
interval = 0.05
{more}
"""

DEADLINE = 60.0  # s; generous, as other workers may share the machine


def wait_for(what: Callable[[], Any]) -> Any:
    """Return what `what` returns as soon as it is true."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain")


class Gateway:
    """One gateway's folder and the processes that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "tallyman.toml"
        self.control = folder / "control.sock"
        self.file.write_text(CONFIG.format(more=""))
        self.agents: list[subprocess.Popen[str]] = []

    def start(self, **environ: str) -> subprocess.Popen[str]:
        agent = subprocess.Popen(
            [sys.executable, "-m", "tests.agent.agent_process", str(self.file)],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environ,
        )
        self.agents.append(agent)
        return agent

    def started(self, **environ: str) -> subprocess.Popen[str]:
        self.control.unlink(missing_ok=True)
        agent = self.start(**environ)
        wait_for(lambda: self.control.exists() and self.answers())
        return agent

    def answers(self) -> bool:
        with suppress(NotRunning):
            return bool(ask_one(self.control, {"verb": "status"}))
        return False

    def argv(self, verb: str, *args: str) -> list[str]:
        return [sys.executable, "-m", "agent.cli.main", verb, "--config", str(self.file), *args]

    def ask(self, verb: str, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(verb, *args),
            capture_output=True,
            text=True,
            check=False,
            cwd=Path.cwd(),
            env=os.environ | environ,
            timeout=60,
        )

    def journal(self, *args: str) -> list[dict[str, Any]]:
        done = self.ask("journal", "--json", *args)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def kill_all(self) -> None:
        for agent in self.agents:
            if agent.poll() is None:
                agent.kill()
            agent.wait()
            if agent.stderr is not None:
                agent.stderr.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path)
    yield gateway
    gateway.kill_all()


def stop(agent: subprocess.Popen[str]) -> None:
    """Send SIGTERM; the agent ends by itself and in order."""
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(timeout=DEADLINE) == 0


def test_from_start_to_orderly_stop(gateway):
    agent = gateway.started()
    wait_for(lambda: len(gateway.journal()) > 8)
    stop(agent)
    assert not gateway.control.exists()
    records = gateway.journal()  # straight from the file now
    assert [record["n"] for record in records] == list(range(len(records)))
    assert [record["kind"] for record in records[:2]] == ["boot", "config"]
    assert records[0]["cause"] == "first start"
    assert "previous" not in records[0]
    assert (records[-1]["kind"], records[-1]["reason"]) == ("shutdown", "asked to by SIGTERM")
    readings = [record for record in records if record["kind"] == "temperature"]
    assert len(readings) > 3
    assert all(record["temperature"] == 4.31 for record in readings)
    first = readings[0]
    assert (first["device"], first["quality"]) == ("cold-1", "ok")
    assert first["time"].endswith("Z")
    assert len(first["time"]) == len("2026-11-22T06:33:16.123Z")
    agent = gateway.started()
    again = gateway.journal("--since", str(len(records)), "--last", "9999")
    assert (again[0]["kind"], again[0]["previous"]) == ("boot", "orderly")
    assert again[0]["cause"] == "agent restart"
    agent.send_signal(signal.SIGHUP)  # as when the terminal that it was started in goes away
    assert agent.wait(timeout=DEADLINE) == 0
    assert gateway.journal("--last", "1")[0]["reason"] == "asked to by SIGHUP"


def test_a_gateway_without_read_points_answers_at_the_dock_and_loads_it_no_earlier(gateway):
    gateway.started()
    assert "agent.desks.checks" not in loaded_with("agent.assembly.life")
    assert list(ask(gateway.control, {"verb": "dock-points"})) == []
    assert list(ask(gateway.control, {"verb": "people"})) == []
    with pytest.raises(Refused, match="no read point is configured"):
        list(ask(gateway.control, {"verb": "dock-list"}))


def loaded_with(module: str) -> list[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    return subprocess.check_output([sys.executable, "-c", code], text=True).split()


def test_what_followers_saw_survives_kill_9_and_order_goes_on(gateway):
    agent = gateway.started()
    follower = subprocess.Popen(
        gateway.argv("journal", "--follow", "--since", "0", "--json"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    seen = [json.loads(follower.stdout.readline()) for _ in range(12)]
    agent.kill()
    agent.wait()
    seen += [json.loads(line) for line in follower.stdout.read().splitlines()]
    assert follower.wait() == 1  # the agent ended the conversation
    follower.stdout.close()
    kept = gateway.journal()
    assert kept[: len(seen)] == seen
    gateway.started()
    after = gateway.journal("--since", str(len(kept)))
    assert (after[0]["kind"], after[0]["previous"]) == ("boot", "unexpectedly")
    assert after[0]["n"] == len(kept)


@pytest.fixture
def heeding_ctrl_c() -> Iterator[None]:
    """Let SIGINT reach what is started: of a shell's background job it would inherit deafness."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_follow_ends_quietly(gateway, number):
    gateway.started()
    follower = subprocess.Popen(
        gateway.argv("journal", "--follow"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    lines = follower.stdout
    wait_for(lambda: "4.31 °C" in lines.readline())  # what the agent notes may come first
    follower.send_signal(number)
    _, errors = follower.communicate(timeout=DEADLINE)
    assert errors == ""
    assert follower.returncode == (0 if number == signal.SIGINT else -signal.SIGTERM)


def test_a_reader_that_leaves_is_no_error(gateway):
    gateway.started()
    line = f"{' '.join(gateway.argv('journal', '--follow'))} | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


def test_a_second_instance_is_refused(gateway):
    agent = gateway.started()
    second = gateway.start()
    _, errors = second.communicate(timeout=DEADLINE)
    assert second.returncode == 1
    assert f"process {agent.pid} already runs here" in errors
    assert "next: stop that process first" in errors
    assert "Traceback" not in errors
    assert gateway.ask("status").returncode == 0


def test_status_fits_and_tells(gateway):
    gateway.started()
    wait_for(lambda: "read" in gateway.ask("status").stdout)
    lines = gateway.ask("status").stdout.splitlines()
    assert lines[0].startswith("truck-12: Tallyman")
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 79
    assert any("cold-1  running" in line for line in lines)
    plain = json.loads(gateway.ask("status", "--json").stdout)
    assert plain["devices"][0]["name"] == "cold-1"
    assert plain["journal"]["records"] > 0
    told = gateway.ask("devices").stdout
    assert told.startswith("cold-1: fake.thermometer\n  running")
    assert "readings" in told
    assert json.loads(gateway.ask("devices", "--json").stdout)["state"] == "running"


def test_read_through_the_agent(gateway):
    gateway.started()
    done = gateway.ask("read", "cold-1", "--json")
    plain = json.loads(done.stdout)
    assert (plain["device"], plain["kind"], plain["temperature"]) == ("cold-1", "temperature", 4.31)
    assert "n" not in plain
    done = gateway.ask("read", "cold-1", "--utc")
    assert done.stdout.endswith("UTC  cold-1  4.31 °C\n")
    done = gateway.ask("read", "cold-2")
    assert done.returncode == 2
    assert done.stderr == (
        "error: there is no device 'cold-2': did you mean 'cold-1'?\nnext: see the names: tallyman devices\n"
    )


def test_times_are_local_with_offset_or_utc(gateway):
    agent = gateway.started()
    wait_for(gateway.journal)
    stop(agent)
    local = gateway.ask("journal", "--last", "1", TZ="Asia/Kathmandu").stdout
    utc = gateway.ask("journal", "--last", "1", "--utc").stdout
    assert "+05:45" in local
    assert " UTC " in utc
    assert local.rstrip().endswith("gateway: Tallyman stops: asked to by SIGTERM")


def test_devices_in_trouble_do_not_stop_the_rest(gateway):
    more = (
        '[[device]]\nname = "gone"\nkind = "fake.thermometer"\nport = "/dev/y"\nfault = "missing"\n'
        '[[device]]\nname = "buggy"\nkind = "fake.thermometer"\nport = "/dev/z"\nfault = "bug"\n'
    )
    gateway.file.write_text(CONFIG.format(more=more))
    gateway.started()

    def told() -> dict[str, Any]:
        devices = json.loads(gateway.ask("status", "--json").stdout)["devices"]
        return {device["name"]: device for device in devices}

    wait_for(lambda: "its driver failed" in told()["buggy"]["detail"])
    devices = told()
    assert devices["cold-1"]["state"] == "running"
    assert "ZeroDivisionError: a mistake in the driver" in devices["buggy"]["detail"]
    done = gateway.ask("read", "gone")
    assert done.returncode == 1
    assert "error: gone is not plugged in" in done.stderr
    assert "next: check that the device is plugged in" in done.stderr
    before = len(gateway.journal())
    wait_for(lambda: len(gateway.journal()) > before + 3)


def test_the_service_manager_is_told(gateway, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(DEADLINE)
        manager.bind(str(tmp_path / "notify"))
        agent = gateway.start(
            NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="400000", WATCHDOG_PID=""
        )
        # WATCHDOG_PID="" is not this process: the watchdog is not ours to feed.
        assert b"READY=1" in manager.recv(1000)
        assert gateway.journal()[0]["kind"] == "boot"
        agent.send_signal(signal.SIGTERM)
        assert manager.recv(1000) == b"STOPPING=1"
        assert agent.wait(timeout=DEADLINE) == 0


def test_the_watchdog_is_fed(gateway, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(DEADLINE)
        manager.bind(str(tmp_path / "notify"))
        gateway.start(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="400000")
        told = [manager.recv(1000) for _ in range(4)]
        assert told.count(b"WATCHDOG=1") >= 3


def test_support_packs_no_key(gateway, tmp_path):
    import tarfile

    secret = 'port = "/dev/y"\n# pin = "98764321"\n'
    gateway.file.write_text(
        CONFIG.format(more='[[device]]\nname = "b"\nkind = "fake.thermometer"\n' + secret)
    )
    gateway.started()
    (tmp_path / "state" / "someone.key").write_text("SECRET KEY MATERIAL")
    output = tmp_path / "support.tar.gz"
    done = gateway.ask("support", "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert output.stat().st_mode & 0o777 == 0o600
    with tarfile.open(output) as archive:
        texts = {}
        for member in archive.getmembers():
            file = archive.extractfile(member)
            assert file is not None
            texts[member.name.removeprefix("tallyman-support/")] = file.read().decode()
    assert json.loads(texts["status.json"])["name"] == "truck-12"
    assert json.loads(texts["records.json"])["records"]
    assert "urn:uuid:" in texts["identity.toml"]
    everything = "\n".join(texts.values())
    assert "98764321" not in everything
    assert "SECRET KEY MATERIAL" not in everything
    assert "PRIVATE KEY" not in everything


def test_memory_and_threads_stay_small(gateway):
    agent = gateway.started()
    wait_for(lambda: len(gateway.journal()) > 20)
    status = Path(f"/proc/{agent.pid}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0])
    assert resident < 45 * 1024  # kB; DESIGN §12
