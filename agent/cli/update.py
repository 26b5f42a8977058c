"""`tallyman update`: a signed update from a file, on trial until all is as well as before."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.cli.arguments import add_config
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.progress import ProgressLine
from agent.clock.kernel import boot_id
from agent.config.gateway import Gateway
from agent.desks.control_client import NotAllowed, NotRunning, Refused, ask_one
from agent.update.floor import packaged_sequence
from agent.update.health import snapshot
from agent.update.package import Manifest, UpdateRefused, read_keys, read_package
from agent.update.trial import watch
from agent.update.versions import PYTHON, Versions
from foundation.counting import counted
from foundation.printing import say, say_json

HELP = "install a signed update; it rolls back if it fails its trial"

FOLDER = Path("/var/lib/tallyman-update")
KEYS = Path("/etc/tallyman/update.keys")

AGENT, JUDGE = "tallyman.service", "tallyman-update.service"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.epilog = "Without FILE: show which version runs, and how the last update ended."
    add = parser.add_argument
    add("file", metavar="FILE", type=Path, nargs="?", help="the update, for example on a USB stick")
    add("--now", action="store_true", help="even if it is not this gateway's turn yet")
    add("--keys", metavar="FILE", type=Path, default=KEYS, help="default: %(default)s")
    add("--folder", metavar="DIR", type=Path, default=FOLDER, help="default: %(default)s")
    add("--json", action="store_true", help="print one JSON object, of what runs or is installed")
    add("--no-restart", action="store_true", help="switch versions without a restart")
    steps = parser.add_mutually_exclusive_group()
    steps.add_argument("--back", metavar="REASON", help="roll the version on trial back")
    steps.add_argument("--starting", action="store_true", help="systemd: the agent is starting")
    steps.add_argument("--watch", action="store_true", help="systemd: judge the version on trial")


def run(args: argparse.Namespace) -> int:
    """Do one step; 0 when it is done."""
    os.umask(0o022)
    versions = Versions(args.folder)
    if args.starting:
        if reason := versions.starting(boot_id()):
            say(f"<2>the update is rolled back: {reason}")
        return 0
    if args.watch:
        return judge(args, versions)
    if args.back is not None:
        if versions.trial is None:
            raise Mistake("no version is on trial", advice="see: tallyman update")
        versions.give_back(args.back)
        restart(args, AGENT)
        return 0
    versions = Versions(args.folder, packaged=packaged_sequence())
    return show(args, versions) if args.file is None else install(args, versions)


def show(args: argparse.Namespace, versions: Versions) -> int:
    """Say which version runs next, whether it is on trial, and how the last trial ended."""
    if args.json:
        say_json(as_json(versions))
        return 0
    say(f"version    {versions.current or 'the packaged one'}")
    if versions.floor:
        say(f"floor      {versions.floor}: no release of a lower sequence is installed")
    trial, last = versions.trial, versions.last()
    if trial is not None:
        starts, boots = counted(trial.starts, "start"), counted(trial.boots, "boot")
        say(f"on trial   {trial.name}, {starts} left in this boot, {boots} after it")
        say(f"           then back to {trial.previous or 'the packaged one'}")
    if last:
        say(f"last       {last['name']}: {last['result']}, {last['reason']}")
    return 0


def as_json(versions: Versions) -> dict[str, object]:
    """Return the same; the packaged version has no name, and is null."""
    trial, last = versions.trial, versions.last()
    on_trial = trial and {
        "name": trial.name,
        "starts_left": trial.starts,
        "boots_left": trial.boots,
        "previous": trial.previous or None,
    }
    return {"version": versions.current or None, "on_trial": on_trial, "last": last or None}


def install(args: argparse.Namespace, versions: Versions) -> int:
    """Check, unpack, switch, restart; the judge does the rest."""
    with ProgressLine("checking the update:") as line:
        manifest, start = read_package(args.file, read_keys(args.keys), line)
    place = gateway(args)
    check_fit(manifest, place.name, now=args.now)
    if not os.access(args.folder, os.W_OK):
        raise Mistake(f"{args.folder} cannot be written", advice="use sudo")
    before = snapshot(status_of(place))
    with ProgressLine("unpacking:") as line:
        versions.install(manifest, args.file, start, before, line)
    restart(args, AGENT)
    restart(args, JUDGE)
    if args.json:
        say_json(as_json(versions))
        return 0
    say(f"installed  {manifest.name}, on trial")
    say("next       in a few minutes, tallyman update tells whether it stays")
    return 0


def check_fit(manifest: Manifest, label: str, *, now: bool) -> None:
    """Refuse what is for another machine, or not this gateway's turn."""
    machine = platform.machine()
    if (manifest.arch, manifest.python) != (machine, PYTHON):
        wanted = f"{manifest.arch} with Python {manifest.python}"
        raise UpdateRefused(f"the update is for {wanted}; this is {machine} with {PYTHON}")
    if not now and not manifest.is_for(label):
        raise UpdateRefused(
            f"it is not {label}'s turn: the update goes to {manifest.percent} % of all gateways",
            advice="wait for the full release, or add --now",
        )


def judge(args: argparse.Namespace, versions: Versions) -> int:
    """Keep the version on trial, or give it back; 0 either way."""
    trial = versions.trial
    if trial is None:
        return 0
    place = gateway(args)
    version = trial.name.split("-", 1)[1]
    reason = watch(trial.before, version, lambda: status_of(place), time.monotonic, time.sleep)
    if not reason:
        versions.commit()
        say(f"{trial.name} stays")
        return 0
    versions.give_back(reason)
    say(f"<2>{trial.name} is rolled back: {reason}")
    restart(args, AGENT)
    return 0


def status_of(place: Gateway) -> Mapping[str, Any] | None:
    """Return the agent's status; None where it does not answer."""
    try:
        found: Mapping[str, Any] = ask_one(place.control, {"verb": "status"})
    except (NotRunning, NotAllowed, Refused):
        return None
    return found


def restart(args: argparse.Namespace, unit: str) -> None:
    """Have systemd start a unit anew, without waiting for it."""
    if not args.no_restart:
        subprocess.run(["/usr/bin/systemctl", "--no-block", "restart", unit], check=False)  # noqa: S603  constants
