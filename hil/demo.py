"""`make demo`: a truck's day in less than a minute, from emulated devices to a verified bundle.

One rig, one sequencer and three witnesses as processes, one gateway. In the middle the cargo sensor
is unplugged and plugged in again. At the end nothing runs any more but `tallyman verify`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.control import ask_agent, ask_rig
from hil.demo_table import Screen, Status, rows
from hil.processes import Processes, ProcessFailed, program
from hil.rig import Rig, load_rig

RIG = Path(__file__).with_name("rigs") / "truck.toml"
FOLDER = Path("build/demo")

DEFAULT_SECONDS = 40.0
UNPLUGGED = "cargo"
UNPLUG_AT, PLUG_AT = 0.4, 0.55  # parts of the demo's time

SEAL_RECORDS, SEAL_SECONDS = 32, 5
MEMBERS = ("harbour", "insurer", "carrier", "customs")
"""The consortium: the first runs the sequencer, and cosigns with a key of its own besides."""

ORIGIN = "demo.tallyman.example/log"
QUORUM = 3

START_TIMEOUT_S = 20.0
CONFIRM_TIMEOUT_S = 30.0
"""A sequencer makes a checkpoint every second and batches close after five: ten would do."""


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
        try:
            return Demo(folder, args.seconds, processes, Screen(sys.stdout)).run()
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
    screen: Screen
    unplugged: bool = False
    went_missing: bool = False
    came_back: bool = False
    last_values: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The gateway's configuration file."""
        return self.folder / "tallyman.toml"

    def run(self) -> int:
        """Tell the whole story and return the exit code."""
        rig = self.start_rig()
        self.start_ledger()
        self.start_gateway(rig)
        records = self.watch()
        self.await_confirmation(records)
        return self.verdict(self.bundle(), records)

    def start_rig(self) -> Rig:
        """Bring up the emulated truck."""
        rig = load_rig(RIG)
        self.processes.start(
            "rig",
            [sys.executable, "-m", "hil", "up", str(RIG), "--dir", str(self.folder / "rig")],
        )
        self.await_path(self.folder / "rig" / "env")
        self.screen.say(f"rig       {len(rig.devices(self.folder / 'rig'))} devices of a truck")
        return rig

    def start_ledger(self) -> None:
        """Found the consortium: keys, a policy that wants 3 of 4 cosigners, four processes."""
        sequencer, *witnesses = MEMBERS
        ports = free_ports(len(MEMBERS))
        for name, port in zip(witnesses, ports[1:], strict=True):
            self.ledger("init", name, "--name", name, "--role", "witness", "--listen", at(port))
        publics = [arg for name in witnesses for arg in ("--witness", self.node(name, "node.pub"))]
        self.ledger(
            "init", sequencer, "--name", sequencer, "--role", "sequencer", "--origin", ORIGIN,
            "--listen", at(ports[0]), "--quorum", str(QUORUM), *publics,
        )  # fmt: skip
        policy, public = self.node(sequencer, "policy.txt"), self.node(sequencer, "node.pub")
        for name in witnesses:
            self.ledger("pin", name, "--policy", policy, "--sequencer", public)
        for name in MEMBERS:
            self.processes.start(name, [program("tallyman-ledger"), "run", self.node(name)])
        self.screen.say(
            f"ledger    {sequencer} sequences, {', '.join(witnesses)} witness;"
            f" {QUORUM} of {len(MEMBERS)} must cosign"
        )

    def start_gateway(self, rig: Rig) -> None:
        """Write the gateway's configuration, have it admitted, start it."""
        sequencer = MEMBERS[0]
        stanza = self.ledger("show", sequencer)
        self.config.write_text(gateway_config(rig.devices(self.folder / "rig"), stanza))
        shutil.copy(self.node(sequencer, "policy.txt"), self.folder / "policy.txt")
        public = self.folder / "truck.pub"
        public.write_text(self.tallyman("keys", "--public"))
        self.ledger("admit", sequencer, str(public))
        env = rig.environment(self.folder / "rig")
        self.processes.start("gateway", self.argv("run"), env)
        self.await_path(self.folder / "control.sock")
        self.screen.say("gateway   runs; its key is admitted, its policy is pinned\n")

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
                ask_rig(self.folder / "rig" / "control.sock", f"{verb} {UNPLUGGED}")
                self.screen.say(text)
                self.unplugged = True
            status = self.look(self.seconds - passed)
            self.follow(status)
            time.sleep(1.0)
        return int(self.look(0)["journal"]["records"])

    def follow(self, status: Status) -> None:
        """Notice how the unplugged device fares."""
        (device,) = [each for each in status["devices"] if each["name"] == UNPLUGGED]
        away = device["state"] != "running"
        if away and self.unplugged and not self.went_missing:
            self.went_missing = True
            self.screen.say(f"   {UNPLUGGED}: {device['state']}: {device['detail']}"[:79])
        elif not away and self.went_missing and not self.came_back:
            self.came_back = True
            self.screen.say(f"   {UNPLUGGED}: running again")

    def look(self, left: float) -> Status:
        """Ask the gateway how it does, and show it."""
        self.processes.check()
        socket_path = self.folder / "control.sock"
        (status,) = ask_agent(socket_path, {"verb": "status"})
        for each in status["devices"]:
            self.last_values[each["name"]] = each["last"]
        self.screen.show(rows(status, self.last_values, round(left)), status, time.monotonic())
        return dict(status)

    def await_confirmation(self, records: int) -> None:
        """Wait until the first `records` records are confirmed, then stop everything in order."""
        deadline = time.monotonic() + CONFIRM_TIMEOUT_S
        while self.look(0)["journal"]["confirmed_upto"] < records:
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{records} records were not confirmed in time")
            time.sleep(0.5)
        self.screen.say("")
        for name in ["gateway", *MEMBERS, "rig"]:
            code = self.processes.stop(name)
            if code != 0:
                raise ProcessFailed(f"{name} ended with {code}:\n{self.processes.tail(name)}")
        self.screen.say("stopped   gateway, ledger and rig: nothing runs any more")

    def bundle(self) -> Path:
        """Pack what is confirmed."""
        path = self.folder / "truck.bundle"
        self.screen.say(self.tallyman("bundle", "--output", os.path.relpath(path)).rstrip())
        return path

    def verdict(self, bundle: Path, records: int) -> int:
        """Verify in a fresh process, with the policy as the ledger's operator gives it out."""
        policy = self.node(MEMBERS[0], "policy.txt")
        argv = [program("tallyman"), "verify", str(bundle), "--policy", policy, "--utc"]
        report = json.loads(self.processes.command([*argv, "--json"], ok=range(5)))
        self.screen.say("\n" + self.processes.command(argv, ok=range(5)).rstrip())
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

    def node(self, name: str, file: str = "") -> str:
        """Return the path of a ledger node's folder, or of a file in it."""
        return str(self.folder / "ledger" / name / file)

    def ledger(self, verb: str, name: str, *rest: str) -> str:
        """Run `tallyman-ledger VERB` on a node's folder."""
        (self.folder / "ledger").mkdir(exist_ok=True)
        argv = [program("tallyman-ledger"), verb, self.node(name), *rest]
        return self.processes.command(argv)

    def argv(self, verb: str, *rest: str) -> list[str]:
        """Return the command line of `tallyman VERB` with the demo's configuration."""
        return [program("tallyman"), verb, "--config", str(self.config), *rest]

    def tallyman(self, verb: str, *rest: str) -> str:
        """Run `tallyman VERB` to its end."""
        return self.processes.command(self.argv(verb, *rest))

    def await_path(self, path: Path) -> None:
        """Return once `path` is there."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not path.exists():
            self.processes.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{path} did not appear")
            time.sleep(0.05)


def at(port: int) -> str:
    """Return the endpoint of a port on this machine."""
    return f"tcp://127.0.0.1:{port}"


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def gateway_config(devices: list[dict[str, Any]], ledger_stanza: str) -> str:
    """Return the gateway's TOML for the rig's devices."""
    head = (
        '[gateway]\nname = "truck-7"\nstate_dir = "state"\ncontrol = "control.sock"\n\n'
        f"[batch]\nrecords = {SEAL_RECORDS}\nseconds = {SEAL_SECONDS}\n\n"
        '[ledger]\npolicy = "policy.txt"\n\n'
    )
    tables = [
        "[[device]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in device.items())
        for device in devices
    ]
    return head + ledger_stanza.rstrip() + "\n\n" + "\n".join(tables)
