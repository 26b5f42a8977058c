"""What every demo does around its story: bring up, look, confirm, stop, bundle, verify."""

from __future__ import annotations

import json
import os
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hil.demo.table import Screen, Status, rows
from hil.rig.rig import load_rig
from hil.site.consortium import Consortium
from hil.site.control import ask_rig
from hil.site.gateway import Gateway
from hil.site.processes import Processes, ProcessFailed, program

RIGS = Path(__file__).parents[1] / "rigs"

CONFIRM_TIMEOUT_S = 30.0
"""A sequencer makes a checkpoint every second and batches close after five: ten would do."""

WIDTH = 79


@dataclass(slots=True)
class Story(ABC):
    """The steps, in order; `run` is the whole of it, `watch` what differs."""

    folder: Path
    seconds: float
    processes: Processes
    consortium: Consortium
    gateway: Gateway
    screen: Screen
    last_values: dict[str, str] = field(default_factory=dict)
    beside: list[str] = field(default_factory=list)  # processes beside the agent

    rig: ClassVar[str]
    place: ClassVar[str]
    interfaces: ClassVar[str] = ""

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

    @abstractmethod
    def watch(self) -> int:
        """Show what goes on for `seconds`; return the number of records."""

    @abstractmethod
    def failures(self, page: str) -> list[str]:
        """Return what did not happen as it should; `page` is what `tallyman verify` prints."""

    def rig_file(self) -> Path:
        """Return the rig's file."""
        return RIGS / f"{self.rig}.toml"

    def start(self) -> None:
        """Bring up the rig, found the consortium, admit and start the gateway."""
        file = self.rig_file()
        rig = load_rig(file)
        up = [sys.executable, "-m", "hil", "up", str(file), "--dir", str(self.rig_folder)]
        self.processes.start("rig", up)
        self.processes.await_path(self.rig_folder / "env")
        devices = rig.devices(self.rig_folder)
        self.screen.say(f"rig       {len(devices)} emulated devices of a {self.place}")
        members = self.consortium
        members.found()
        members.start()
        self.screen.say(
            f"ledger    {members.sequencer} sequences, {', '.join(members.witnesses)} witness;"
            f" {members.quorum} of {len(members.members)} cosign"
        )
        self.gateway.enrol(members, devices, rig.read_points)
        self.gateway.start(rig.environment(self.rig_folder))
        self.processes.await_path(self.gateway.control)
        self.screen.say("gateway   runs; its keys are admitted, its policy is pinned\n")

    def tell_rig(self, line: str) -> None:
        """Give the rig a command."""
        ask_rig(self.rig_folder / "control.sock", line)

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
        while (self.look(0)["journal"]["confirmed_upto"] or 0) < records:
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{records} records were not confirmed in time")
            time.sleep(0.5)
        self.screen.say("")
        for name in [self.gateway.name, *self.beside, *self.consortium.members, "rig"]:
            code = self.processes.stop(name)
            if code != 0:
                raise ProcessFailed(f"{name} ended with {code}:\n{self.processes.tail(name)}")
        self.screen.say("stopped   gateway, ledger and rig: nothing runs any more")

    def bundle(self) -> Path:
        """Pack what is confirmed."""
        path = self.folder / f"{self.rig}.bundle"
        told = self.gateway.tallyman("bundle", "--output", os.path.relpath(path))
        self.screen.say(told.rstrip())
        return path

    def sheet(self, bundle: Path) -> Path:
        """Make a page of the bundle, for a browser or a printer."""
        path = bundle.with_suffix(".html")
        argv = ["report", str(bundle), "--policy", str(self.consortium.policy)]
        self.processes.command([program("tallyman"), *argv, "--output", str(path)])
        return path

    def verdict(self, bundle: Path, records: int) -> int:
        """Verify in a fresh process, with the policy as the ledger's operator gives it out."""
        policy = self.consortium.policy
        argv = [program("tallyman"), "verify", str(bundle), "--policy", str(policy)]
        report: dict[str, Any] = json.loads(self.processes.command([*argv, "--json"], ok=range(5)))
        page = self.processes.command([*argv, "--utc"], ok=range(5)).rstrip()
        self.screen.say("\n" + page)
        sheet = self.sheet(bundle)
        failures = self.failures(page)
        if report["exit"] != 0:
            failures.append("the bundle was not verified")
        if report["records_shown"] < records:
            failures.append(f"only {report['records_shown']} of {records} records are in it")
        shown = os.path.relpath(bundle)
        self.screen.say(
            f"\ndemo failed: {'; '.join(failures)}"
            if failures
            else f"\nThe bundle lies in {shown}; try it yourself:\n"
            f"  .venv/bin/tallyman verify {shown} \\\n    --policy {os.path.relpath(policy)}\n"
            f"The same as a page for a browser or a printer: {os.path.relpath(sheet)}"
        )
        return 1 if failures else 0
