"""The sick-disk drill: the whole agent on a disk that fills up, goes read-only, fails or crawls.

`python -m tests.scenarios.sick_disk` runs every drill in full; those on real file systems need
root, and run with mounts of their own (`unshare --mount`).
"""

from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from agent.machine.spare import FILE_NAME as FILE_NAME_OF_SPARE
from evidence.leaf import Record
from hil.sick_disk.disks import Filled, Shimmed, SickDisk, fail_as_ext4_does, mount_again
from hil.site.control import ask_agent
from hil.site.processes import Processes, ProcessFailed

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0
SLOW_MS = 700

CONFIG = """\
[gateway]
name = "sick"
state_dir = "disk/state"
control = "control.sock"

[journal]
window = 0.1
ring_bytes = 4194304

[storage]
archive_bytes = 16777216
alarm_reserve_bytes = 1048576
slow_commit = {slow_commit}

[batch]
records = 64
seconds = 1

[health]
enabled = false

[[device]]
name = "chatty"
kind = "test.sick"
rate = {rate}
folder = "{kept}"

[[device]]
name = "alarm"
kind = "test.sick"
rate = 4
folder = "{kept}"
"""


@dataclass(frozen=True, slots=True)
class Drill:
    """One way to be sick. `writable`: the ring still takes records while it lasts."""

    state: str
    text: str
    advice: str
    writable: bool
    disk: Callable[[Path], SickDisk]


DRILLS: Mapping[str, Drill] = {
    "full": Drill(
        "full", "FULL for", "free space", True, lambda folder: Shimmed(folder, errno.ENOSPC)
    ),
    "read-only": Drill(
        "read-only", "READ-ONLY for", "dmesg", False, lambda folder: Shimmed(folder, errno.EROFS)
    ),
    "failing": Drill(
        "failing", "FAILING for", "replace", False, lambda folder: Shimmed(folder, errno.EIO)
    ),
    "slow": Drill(
        "slow", "SLOW for", "worn or busy", True, lambda folder: Shimmed(folder, 0, SLOW_MS)
    ),
    "full-tmpfs": Drill(
        "full", "FULL for", "free space", True, lambda folder: Filled(folder, "tmpfs")
    ),
    "full-ext4": Drill(
        "full", "FULL for", "free space", True, lambda folder: Filled(folder, "ext4")
    ),
}
RESTARTS = ("full-start", "read-only-ext4")
REAL = ("full-tmpfs", "full-ext4", *RESTARTS)


@dataclass(slots=True)
class Outcome:
    """What a drill found in the journal afterwards."""

    yielded: int = 0
    kept: int = 0
    refused: int = 0
    alarms: int = 0
    alarms_while_sick: int = 0
    heal_s: float = 0.0
    states: list[str] = field(default_factory=list)


class Field:
    """One agent on one disk."""

    def __init__(
        self, folder: Path, drill: Drill, processes: Processes, rate: int, *, short: bool
    ) -> None:
        self.short = short
        self.folder, self.drill, self.processes = folder, drill, processes
        self.disk = drill.disk(folder)
        self.kept = folder / "kept"
        self.kept.mkdir()
        self.config = folder / "tallyman.toml"
        slow_commit = 0.5 if drill.state == "slow" else 30.0
        text = CONFIG.format(rate=rate, kept=self.kept, slow_commit=slow_commit)
        self.config.write_text(text)
        self.outcome = Outcome()

    def start(self) -> None:
        argv = [sys.executable, "-m", "tests.scenarios.sick_disk_agent", str(self.config)]
        environment = {"PYTHONPATH": str(ROOT), **self.disk.environment}
        self.processes.start("agent", argv, environment)
        self.processes.await_path(self.folder / "control.sock")

    def status(self) -> dict[str, Any]:
        (status,) = ask_agent(self.folder / "control.sock", {"verb": "status"})
        return dict(status)

    def page(self) -> str:
        argv = [sys.executable, "-m", "agent.cli.main", "status", "--config", str(self.config)]
        return self.processes.command(argv)

    def until(self, what: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE_S
        while True:
            self.processes.check()
            with suppress(ProcessFailed):  # a journal thread that waits for a slow disk
                status = self.status()
                if condition(status):
                    return status
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain until {what}: {self.status()['storage']}")
            time.sleep(0.1)

    def count(self, name: str) -> int:
        while not (text := (self.kept / name).read_text()):
            pass  # its writer has just emptied it
        return int(text)

    def run(self) -> Outcome:
        """Live well, get sick, heal, and end; AssertionError where a promise is broken."""
        self.start()
        self.until("the disk is well", lambda status: (status["journal"]["sealed"] or 0) > 2)
        assert "storage  " not in self.page(), "nothing is said of a well disk"
        before = self.count("alarm.0")
        self.disk.sicken()
        self.until(
            f"storage is {self.drill.state}",
            lambda status: status["storage"]["state"] == self.drill.state,
        )
        self._while_sick(before)
        self.disk.heal()
        healed = time.monotonic()
        self.until("the disk is well again", self._well)
        self.outcome.heal_s = time.monotonic() - healed
        (self.kept / "stop").touch()
        self.until("all is durable", lambda status: status["journal"]["waiting"] == 0)
        time.sleep(0.3)  # a reading that was under way when the devices fell silent
        assert self.processes.stop("agent") == 0
        self.check()
        return self.outcome

    def _well(self, status: dict[str, Any]) -> bool:
        state = status["storage"]["state"]
        return state == "ok" or (self.drill.state == "slow" and state == "slow")

    def until_page(self, *words: str) -> str:
        """Return the page for people once it says all of that.

        A disk full to the last byte may take a batch where an older one lay: then it is well again,
        for a while.
        """
        deadline = time.monotonic() + DEADLINE_S
        while not all(word in (page := self.page()) for word in words):
            assert time.monotonic() < deadline, page
        return page

    def _while_sick(self, before: int) -> None:
        page = self.until_page(self.drill.text, self.drill.advice)
        assert max(map(len, page.splitlines())) < 80
        if self.drill.state == "slow":
            return
        if self.short and not self.drill.writable:
            time.sleep(1.0)  # alarms of that second wait in memory
            return
        self.until("telemetry is refused", lambda status: status["storage"]["refused"] > 0)
        if not self.drill.writable:
            self.until_page("NOT DURABLE")
            return
        self.until_page("alarms go into the reserve")
        now = self.count("alarm.0")
        self.until("alarms go on", lambda _: self.count("alarm.0") > now + 4)
        self.outcome.alarms_while_sick = self.count("alarm.0") - before

    def check(self) -> None:
        """Hold the journal against what the devices yielded and were told."""
        reader = open_reader(self.folder / "disk" / "state" / FILE_NAME)
        try:
            records = reader.records(0, reader.count())
        finally:
            reader.close()
        assert [record.number for record in records] == list(range(len(records)))
        tags = values(records, "chatty", "count")
        alarms = values(records, "alarm", "samples")
        gaps = [record for record in records if record.kind == "gap"]
        refused = sum(int(gap.values.get("count", 0)) for gap in gaps)
        outcome = self.outcome
        outcome.yielded, outcome.kept = self.count("yielded.chatty"), len(tags)
        outcome.refused, outcome.alarms = refused, len(alarms)
        assert tags == sorted(set(tags)), "telemetry is doubled or out of order"
        assert alarms == list(range(self.count("yielded.alarm"))), "an alarm is lost"
        assert self.count("chatty.0") == len(tags), "acknowledged is what is there"
        assert len(tags) + refused == outcome.yielded, "what is missing is not declared"
        outcome.states = [str(r.values["state"]) for r in records if r.kind == "storage"]
        assert outcome.states[0] == self.drill.state
        if self.drill.state != "slow":
            assert outcome.states[-1] == "ok"


def values(records: list[Record], device: str, name: str) -> list[int]:
    """Return a field of a device's readings, in the order of the journal."""
    readings = [r for r in records if r.device == device and r.kind in ("tag", "shock")]
    return [int(reading.values[name]) for reading in readings]


def drill(name: str, folder: Path, rate: int, *, short: bool = False) -> Outcome:
    """Run one drill in `folder`; the short form does not wait until memory is full, too."""
    (folder / "log").mkdir()
    with Processes(folder / "log") as processes:
        world = Field(folder, DRILLS[name], processes, rate, short=short)
        try:
            return world.run()
        except AssertionError:
            print(processes.tail("agent") if "agent" in processes.running else "", file=sys.stderr)
            raise


def start_on_a_full_disk(folder: Path) -> int:
    """Fill a disk while the agent is off; return how many alarms it records after its start."""
    (folder / "log").mkdir()
    with Processes(folder / "log") as processes:
        world = Field(folder, DRILLS["full-ext4"], processes, 20, short=True)
        world.start()
        spare = folder / "disk" / "state" / FILE_NAME_OF_SPARE
        world.until("space is set aside", lambda _: spare.exists())
        assert processes.stop("agent") == 0
        world.disk.sicken()
        (folder / "control.sock").unlink(missing_ok=True)
        world.start()
        assert not spare.exists()
        before = world.count("alarm.1")
        world.until("alarms are recorded", lambda _: world.count("alarm.1") > before + 4)
        return world.count("alarm.1")


def read_only_by_an_error(folder: Path) -> int:
    """Let ext4 meet an error and make itself read-only for good; mount anew, and start anew.

    Returns how many readings were acknowledged before; all of them are there.
    """
    (folder / "log").mkdir()
    with Processes(folder / "log") as processes:
        world = Field(folder, DRILLS["full-ext4"], processes, 20, short=True)
        world.start()
        world.until("the disk is well", lambda status: (status["journal"]["sealed"] or 0) > 2)
        fail_as_ext4_does(world.disk.folder)
        world.until("that is seen", lambda status: status["storage"]["state"] == "read-only")
        world.until_page("READ-ONLY for", "dmesg")
        processes.kill("agent")
        acknowledged = world.count("chatty.0")
        (folder / "control.sock").unlink(missing_ok=True)
        mount_again(folder, world.disk.folder)
        world.start()
        world.until("the disk is well", lambda status: (status["journal"]["sealed"] or 0) > 2)
        assert processes.stop("agent") == 0
    reader = open_reader(folder / "disk" / "state" / FILE_NAME)
    try:
        tags = values(reader.records(0, reader.count()), "chatty", "count")
    finally:
        reader.close()
    assert tags[:acknowledged] == list(range(acknowledged))
    return acknowledged


def may_mount() -> str:
    """Return why real file systems cannot be used here; empty where they can."""
    if os.geteuid() != 0:
        return "only root may mount file systems"
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    return done.stderr.strip()


def apart(name: str, *rest: str) -> subprocess.CompletedProcess[str]:
    """Run one drill as a process, with mounts of its own where it needs some."""
    own = ["unshare", "--mount"] if name in REAL else []
    argv = [*own, sys.executable, "-m", "tests.scenarios.sick_disk", "--here", name, *rest]
    return subprocess.run(
        argv,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--here", choices=[*DRILLS, *RESTARTS], help="run this one, with the mounts of this shell"
    )
    parser.add_argument("--rate", type=int, default=300, help="readings a second (300)")
    parser.add_argument("--short", action="store_true", help="do not wait until memory is full")
    args = parser.parse_args()
    if args.here:
        with tempfile.TemporaryDirectory(
            prefix="tallyman-sick-", ignore_cleanup_errors=True
        ) as name:
            outcome: Outcome | str
            if args.here == "full-start":
                outcome = f"{start_on_a_full_disk(Path(name))} alarms after a start on 'full'"
            elif args.here == "read-only-ext4":
                outcome = f"{read_only_by_an_error(Path(name))} readings through 'read-only'"
            else:
                outcome = drill(args.here, Path(name), args.rate, short=args.short)
            print(f"{args.here:10} {outcome}", flush=True)
        return 0
    reason = may_mount()
    failed = 0
    for name in (*DRILLS, *RESTARTS):
        if name in REAL and reason:
            print(f"{name:10} skipped: {reason}")
            continue
        done = apart(name, "--rate", str(args.rate))
        failed += done.returncode != 0
        print(done.stdout.strip() if done.returncode == 0 else done.stderr.strip(), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
