"""`make demo`: a truck's day in less than a minute, from emulated devices to a verified bundle.

One rig, one sequencer and three witnesses as processes, one gateway. In the middle the cargo sensor
is unplugged and plugged in again. At the end nothing runs any more but `tallyman verify`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from hil.consortium import Consortium
from hil.control import ask_rig
from hil.demo_table import Screen, Status, rows
from hil.gateway import Gateway
from hil.processes import Processes, ProcessFailed, program
from hil.rig import load_rig

RIG = Path(__file__).with_name("rigs") / "truck.toml"
FOLDER = Path("build/demo")

DEFAULT_SECONDS = 40.0
UNPLUGGED = "cargo"
UNPLUG_AT, PLUG_AT = 0.4, 0.55  # parts of the demo's time

CONFIRM_TIMEOUT_S = 30.0
"""A sequencer makes a checkpoint every second and batches close after five: ten would do."""

WIDTH = 79


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--seconds",
        type=float,
        default=float(os.environ.get("DEMO_SECONDS", DEFAULT_SECONDS)),
        help="how long devices are read (default: $DEMO_SECONDS or 40)",
    )
    parser.add_argument("--dir", type=Path, default=FOLDER, help="where everything is kept")


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 only when everything was confirmed and verified."""
    folder = args.dir.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "log").mkdir(parents=True)
    with Processes(folder / "log") as processes:
        consortium = Consortium(folder / "ledger", processes)
        gateway = Gateway(folder / "gateway", processes)
        demo = Demo(folder, args.seconds, processes, consortium, gateway, Screen(sys.stdout))
        try:
            return demo.run()
        except ProcessFailed as error:
            print(f"demo failed: {error}", file=sys.stderr)
            print(f"next: read the logs in {folder / 'log'}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130


@dataclass(slots=True)
class Demo:
    """The steps, in order; `run` is the story."""

    folder: Path
    seconds: float
    processes: Processes
    consortium: Consortium
    gateway: Gateway
    screen: Screen
    unplugged: bool = False
    went_missing: bool = False
    came_back: bool = False
    last_values: dict[str, str] = field(default_factory=dict)

    @property
    def rig_folder(self) -> Path:
        """Where the rig's ptys, sockets and control socket are."""
        return self.folder / "rig"

    def run(self) -> int:
        """Tell the whole story and return the exit code."""
        self.start()
        records = self.watch()
        self.await_confirmation(records)
        return self.verdict(self.bundle(), records)

    def start(self) -> None:
        """Bring up the truck, found the consortium, admit and start the gateway."""
        rig = load_rig(RIG)
        up = [sys.executable, "-m", "hil", "up", str(RIG), "--dir", str(self.rig_folder)]
        self.processes.start("rig", up)
        self.processes.await_path(self.rig_folder / "env")
        devices = rig.devices(self.rig_folder)
        self.screen.say(f"rig       {len(devices)} emulated devices of a truck")
        members = self.consortium
        members.found()
        members.start()
        self.screen.say(
            f"ledger    {members.sequencer} sequences, {', '.join(members.witnesses)} witness;"
            f" {members.quorum} of {len(members.members)} cosign"
        )
        self.gateway.enrol(members, devices)
        self.gateway.start(rig.environment(self.rig_folder))
        self.processes.await_path(self.gateway.control)
        self.screen.say("gateway   runs; its keys are admitted, its policy is pinned\n")

    def watch(self) -> int:
        """Show what goes on for `seconds`, unplug and plug; return the number of records."""
        started = time.monotonic()
        script = [
            (self.seconds * UNPLUG_AT, "unplug", f"-> {UNPLUGGED} is unplugged"),
            (self.seconds * PLUG_AT, "plug", f"-> {UNPLUGGED} is plugged in again"),
        ]
        while (passed := time.monotonic() - started) < self.seconds:
            while script and passed >= script[0][0]:
                _, verb, text = script.pop(0)
                ask_rig(self.rig_folder / "control.sock", f"{verb} {UNPLUGGED}")
                self.screen.say(text)
                self.unplugged = True
            self.follow(self.look(self.seconds - passed))
            time.sleep(1.0)
        return int(self.look(0)["journal"]["records"])

    def follow(self, status: Status) -> None:
        """Notice how the unplugged device fares."""
        (device,) = [each for each in status["devices"] if each["name"] == UNPLUGGED]
        away = device["state"] != "running"
        if away and self.unplugged and not self.went_missing:
            self.went_missing = True
            self.screen.say(f"   {UNPLUGGED}: {device['state']}: {device['detail']}"[:WIDTH])
        elif not away and self.went_missing and not self.came_back:
            self.came_back = True
            self.screen.say(f"   {UNPLUGGED}: running again")

    def look(self, left: float) -> Status:
        """Ask the gateway how it does, and show it."""
        self.processes.check()
        status = self.gateway.status()
        for each in status["devices"]:
            self.last_values[each["name"]] = each["last"]
        self.screen.show(rows(status, self.last_values, round(left)), status, time.monotonic())
        return status

    def await_confirmation(self, records: int) -> None:
        """Wait until the first `records` records are confirmed, then stop everything in order."""
        deadline = time.monotonic() + CONFIRM_TIMEOUT_S
        while self.look(0)["journal"]["confirmed_upto"] < records:
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{records} records were not confirmed in time")
            time.sleep(0.5)
        self.screen.say("")
        for name in [self.gateway.name, *self.consortium.members, "rig"]:
            code = self.processes.stop(name)
            if code != 0:
                raise ProcessFailed(f"{name} ended with {code}:\n{self.processes.tail(name)}")
        self.screen.say("stopped   gateway, ledger and rig: nothing runs any more")

    def bundle(self) -> Path:
        """Pack what is confirmed."""
        path = self.folder / "truck.bundle"
        told = self.gateway.tallyman("bundle", "--output", os.path.relpath(path))
        self.screen.say(told.rstrip())
        return path

    def verdict(self, bundle: Path, records: int) -> int:
        """Verify in a fresh process, with the policy as the ledger's operator gives it out."""
        policy = self.consortium.policy
        argv = [program("tallyman"), "verify", str(bundle), "--policy", str(policy)]
        report = json.loads(self.processes.command([*argv, "--json"], ok=range(5)))
        self.screen.say("\n" + self.processes.command([*argv, "--utc"], ok=range(5)).rstrip())
        failures = []
        if report["exit"] != 0:
            failures.append("the bundle was not verified")
        if report["records_shown"] < records:
            failures.append(f"only {report['records_shown']} of {records} records are in it")
        if not (self.went_missing and self.came_back):
            failures.append(f"the unplugged {UNPLUGGED} was not seen to go and come back")
        shown = os.path.relpath(bundle)
        self.screen.say(
            f"\ndemo failed: {'; '.join(failures)}"
            if failures
            else f"\nThe bundle lies in {shown}; try it yourself:\n"
            f"  .venv/bin/tallyman verify {shown} \\\n    --policy {os.path.relpath(policy)}"
        )
        return 1 if failures else 0
