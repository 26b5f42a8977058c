"""One row of the corpus on its stage: rig, ledger and agent as processes, broken, and asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hil.causes.case import Case, Outcome
from hil.causes.folder import RIG_FILE, ROOT, prepare
from hil.rig.rig import Rig, RigError, load_rig
from hil.site.consortium import MEMBERS, Consortium
from hil.site.control import ask_agent
from hil.site.gateway import tables
from hil.site.ports import HERE
from hil.site.processes import Processes, ProcessFailed, program

RUNS_WITHIN = 20.0  # s for every device to run
LOOK = 0.5  # s between two questions
COMMAND_WITHIN = 60.0  # s for a shell command that breaks something
GATEWAY = "truck-7"


@dataclass(slots=True)
class Stage:
    """Everything of one row lies in `folder`."""

    case: Case
    folder: Path
    processes: Processes
    rig: Rig
    ledger: Consortium | None

    @property
    def ports(self) -> Path:
        """Where the rig's ports and control socket are."""
        return self.folder / "rig"

    @property
    def config(self) -> Path:
        """The agent's configuration."""
        return self.folder / "tallyman.toml"

    @property
    def control(self) -> Path:
        """The agent's control socket."""
        return self.folder / "control.sock"

    def environment(self) -> dict[str, str]:
        """Return what commands find in their environment."""
        agent = self.processes.running.get(GATEWAY)
        found = {
            **os.environ,
            **self.rig.environment(self.ports),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ROOT": str(ROOT),
            "FOLDER": str(self.folder),
            "STATE": str(self.folder / "state"),
            "CONFIG": str(self.config),
            "TALLYMAN_CONFIG": str(self.config),
            "CONTROL": str(self.control),
            "PORTS": str(self.ports),
            "SYS": str(self.folder / "sys"),
            "NTP": str(self.folder / "ntp"),
            "LEDGER": str(self.folder / "ledger"),
            "AGENT": "" if agent is None else str(agent.pid),
        }
        for name in () if self.ledger is None else self.ledger.members:
            process = self.processes.running.get(name)
            found[f"PID_{name}"] = "" if process is None else str(process.pid)
        return found

    def shell(self, lines: Sequence[str]) -> None:
        """Run shell commands in order; ProcessFailed where one fails."""
        for line in lines:
            with (self.folder / "log" / "shell.log").open("ab") as log:
                done = subprocess.run(  # noqa: S603  the row's own words
                    ["/bin/sh", "-ec", line],
                    cwd=self.folder,
                    env=self.environment(),
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    timeout=COMMAND_WITHIN,
                    check=False,
                )
            if done.returncode:
                raise ProcessFailed(f"{line!r} ended with {done.returncode}")

    def set_up(self) -> None:
        """Bring up rig and ledger, and write the agent's configuration."""
        up = [sys.executable, "-m", "hil", "up", str(self.folder / RIG_FILE)]
        self.processes.start("rig", [*up, "--dir", str(self.ports)])
        self.processes.await_path(self.ports / "env")
        if self.ledger is not None:
            self.ledger.found()
            self.ledger.start()
        self.config.write_text(self._configuration())
        if self.ledger is not None:
            (self.folder / "policy.txt").write_text(self.ledger.policy.read_text())
            keys = self.processes.command(
                [program("tallyman"), "keys", "--public", "--config", str(self.config)]
            )
            public = self.folder / "gateway.pub"
            public.write_text(keys)
            if self.case.admit:
                self.ledger.admit(public)

    def _configuration(self) -> str:
        left_out = self.case.unconfigured
        devices = [each for each in self.rig.devices(self.ports) if each["name"] not in left_out]
        head = f'[gateway]\nname = "{GATEWAY}"\nstate_dir = "state"\ncontrol = "control.sock"\n\n'
        batch = "[batch]\nrecords = 32\nseconds = 2\n\n"
        if self.ledger is not None:
            batch += '[ledger]\npolicy = "policy.txt"\n\n' + self.ledger.stanza() + "\n"
        tail = tables(devices) + "\n" + tables(self.rig.read_points, "read_point")
        return f"{head}{batch}{self.case.config}\n{tail}"

    def start_agent(self) -> None:
        """Start the agent, and wait a while for every device to run where the row wants that."""
        argv = [*self.case.wrapper, sys.executable, "-m", "hil.causes.agent", str(self.config)]
        self.processes.start(GATEWAY, argv, self.environment())
        if not self.case.starts:
            return
        deadline = time.monotonic() + RUNS_WITHIN
        while not self._runs():
            if self.processes.running[GATEWAY].poll() is not None:
                raise ProcessFailed(f"the agent ended: {self.processes.tail(GATEWAY)}")
            if time.monotonic() > deadline:
                return  # the row may have broken one of them before
            time.sleep(0.2)

    def _runs(self) -> bool:
        """Tell whether all is well; whether the agent answers, where nothing will be broken."""
        if not self.control.exists():
            return False
        if not self.case.break_:
            return True
        try:
            (status,) = ask_agent(self.control, {"verb": "status"})
        except ProcessFailed:
            return False
        served = self.ledger is None or any(node["state"] == "ok" for node in status["nodes"])
        return served and all(each["state"] == "running" for each in status["devices"])

    def ask(self) -> Outcome:
        """Ask until the right cause comes first, or time is up."""
        deadline = time.monotonic() + self.case.within
        while True:
            outcome = self._asked()
            if outcome.right or time.monotonic() > deadline:
                return outcome
            time.sleep(LOOK)

    def _asked(self) -> Outcome:
        argv = [program("tallyman"), "why", self.case.target, "--json"]
        began = time.monotonic()
        done = self.processes.command(argv, env=self.environment())
        return Outcome.of(self.case, json.loads(done), time.monotonic() - began)


def play(case: Case, folder: Path) -> Outcome:
    """Play one row in `folder`; what goes wrong on the way is the outcome's `error`."""
    if case.missing:
        return Outcome(case, error=f"passed over: {case.missing} is not installed")
    try:
        with _stage(case, folder) as stage:
            stage.set_up()
            stage.shell(case.before)
            stage.start_agent()
            stage.shell(case.break_)
            return stage.ask()
    except (ProcessFailed, RigError, OSError, ValueError, subprocess.TimeoutExpired) as error:
        return Outcome(case, error=str(error).strip().splitlines()[-1][:200])


@contextmanager
def _stage(case: Case, folder: Path) -> Iterator[Stage]:
    prepare(case.file, folder)
    with Processes(folder / "log") as processes:
        ledger = _ledger(case.members, folder / "ledger", processes)
        stage = Stage(case, folder, processes, Rig("empty", ()), ledger)
        stage.shell(case.prepare)
        stage.rig = load_rig(folder / RIG_FILE)
        try:
            yield stage
        finally:
            _let_go_on(processes)
            with suppress(ProcessFailed):
                stage.shell(case.after)


def _ledger(members: int, folder: Path, processes: Processes) -> Consortium | None:
    """Return a consortium whose checkpoints want all members but one; none without members."""
    if not members:
        return None
    return Consortium(folder, processes, MEMBERS[:members], max(1, members - 1), HERE)


def _let_go_on(processes: Processes) -> None:
    """Wake what a row stopped: a stopped process hears no SIGTERM."""
    for process in processes.running.values():
        process.send_signal(signal.SIGCONT)
