"""`tallyman support`: one archive with what helps to find a fault; never a key."""

from __future__ import annotations

import argparse
import io
import os
import platform
import re
import subprocess
import tarfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from agent.cli.arguments import add_config
from agent.cli.place import config_path
from agent.cli.record_json import flat
from agent.cli.times import now_ms
from agent.cli.why_json import answer_json
from agent.config.gateway import Gateway, load_gateway
from agent.config.settings import load
from agent.desks.control_client import ask_one
from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from agent.machine.version import VERSION
from agent.signing.identity import IDENTITY_FILE
from agent.why.answer import of_all
from agent.why.look import look
from drivers import catalog
from foundation.console import folded
from foundation.durable import write_output
from foundation.errors import AgentError
from foundation.printing import say, say_each, say_json
from foundation.words import json_text

HELP = "pack logs, status and configuration for support; no keys"

OWNER_ONLY = 0o600
LOG_LINES = 2000  # of the unit's log: about a day
RECORDS = 200  # newest records: what happened just before somebody asked for help
COMMAND_LIMIT = 20.0  # s

COMMANDS = {
    "log.txt": ("journalctl", "--unit=tallyman", "--no-pager", f"--lines={LOG_LINES}"),
    "kernel.txt": ("journalctl", "--dmesg", "--no-pager", f"--lines={LOG_LINES}"),
    "disks.txt": ("df", "-h"),
    "devices-by-id.txt": ("ls", "-l", "/dev/serial/by-id"),
}

_SECRET = re.compile(
    r"(?im)^(\s*#?\s*[\w.\"'-]*(?:pin|puk|password|passphrase|secret|token|psk)[\"']?\s*=\s*).*$"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: a dated file in this folder"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Pack what can be had; what cannot is named inside, with the reason."""
    path = config_path(args)
    now = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)
    output: Path = args.output or Path(f"tallyman-support-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    parts = collect(path)
    write_output(output, packed(parts, int(now.timestamp())), OWNER_ONLY)
    if args.json:
        say_json({"file": str(output), "parts": list(parts)})
        return 0
    say(f"{output} holds")
    say_each(folded(f"  {', '.join(parts)}", indent=2))
    return 0


def collect(config: Path) -> dict[str, str]:
    """Return name → text of every part; a part that fails says why."""
    sources: dict[str, Callable[[], str]] = {
        "configuration.toml": lambda: without_secrets(config.read_text("utf-8")),
        "problems.txt": lambda: checked(config),
        "status.json": lambda: asked(load_gateway(config), "status"),
        "why.json": lambda: what_is_wrong(config),
        "devices.json": lambda: asked(load_gateway(config), "devices"),
        "identity.toml": lambda: identity(load_gateway(config)),
        "records.json": lambda: newest(load_gateway(config)),
        "system.txt": system,
    }
    parts = {name: attempt(source) for name, source in sources.items()}
    return parts | {name: output_of(*command) for name, command in COMMANDS.items()}


def attempt(source: Callable[[], str]) -> str:
    """Return what `source` gives, or why it gives nothing."""
    try:
        return source()
    except (AgentError, OSError, UnicodeDecodeError) as error:
        return f"not available: {error}\n"


def without_secrets(text: str) -> str:
    """Return the configuration with the values of secret keys struck out."""
    return _SECRET.sub(r'\1"***"', text)


def what_is_wrong(config: Path) -> str:
    """Return what `why` would say, also where no agent answers."""
    known = look(config, now_ms())
    return f"{json_text(answer_json(of_all(known), known))}\n"


def checked(config: Path) -> str:
    """Return what `config check` would say."""
    load(config, catalog)
    return "the configuration is correct\n"


def asked(place: Gateway, verb: str) -> str:
    """Return what the running agent answers."""
    return json_text(ask_one(place.control, {"verb": verb}), indent=2)


def identity(place: Gateway) -> str:
    """Return id and epoch of the gateway; both are public."""
    return (place.state_dir / IDENTITY_FILE).read_text("utf-8")


def newest(place: Gateway) -> str:
    """Return counts and the newest records of the journal."""
    reader = open_reader(place.state_dir / FILE_NAME)
    try:
        total = reader.count()
        records = [flat(record) for record in reader.records(max(0, total - RECORDS), RECORDS)]
        counts = asdict(reader.counts())
    finally:
        reader.close()
    return json_text({"counts": counts, "records": records}, indent=1)


def system() -> str:
    """Return what machine this is."""
    uname = " ".join(platform.uname())
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"tallyman {VERSION}\npython {platform.python_version()}\n{uname}\nload {load}\n"


def output_of(*command: str) -> str:
    """Return what a command prints, or why it cannot be run."""
    try:
        done = subprocess.run(  # noqa: S603  fixed commands, no shell
            command, capture_output=True, timeout=COMMAND_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"not available: {error}\n"
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def packed(parts: dict[str, str], now: int) -> bytes:
    """Return the archive."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, text in parts.items():
            data = text.encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"tallyman-support/{name}")
            entry.size, entry.mtime, entry.mode = len(data), now, OWNER_ONLY
            archive.addfile(entry, io.BytesIO(data))
    return file.getvalue()
