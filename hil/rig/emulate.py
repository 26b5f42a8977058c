"""`hil emulate KIND`: one emulated device until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tomllib
from typing import Any

from hil.emulators.catalog import EMULATORS, Emulator, make

HELP = "emulate one device until Ctrl-C"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `KIND [--link PATH] [--listen HOST:PORT] [--tags N] [--set KEY=VALUE]…`."""
    parser.add_argument("kind", choices=sorted(EMULATORS), help="the device to emulate")
    parser.add_argument("--link", help="stable path of a serial device (default: the pty's own)")
    parser.add_argument("--listen", metavar="HOST:PORT", help="where a network device listens")
    parser.add_argument("--tags", type=int, metavar="N", help="tags in front of an LLRP reader")
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a setting of the emulator, its value as in TOML (text without quotes is taken too)",
    )


def run(args: argparse.Namespace) -> int:
    """Emulate; 0 after Ctrl-C, 2 when the settings do not fit the device."""
    settings = dict(map(setting, args.settings))
    for key in ("link", "listen", "tags"):
        if (value := getattr(args, key)) is not None:
            settings[key] = value
    try:
        emulator = make(args.kind, settings)
    except (TypeError, ValueError, OSError) as error:
        print(f"cannot emulate {args.kind}: {error}", file=sys.stderr)
        return 2
    try:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(_emulate(args.kind, emulator))
    except OSError as error:  # the address is another program's
        print(f"cannot emulate {args.kind}: {error}", file=sys.stderr)
        return 2
    return 0


def setting(text: str) -> tuple[str, Any]:
    """Return `KEY=VALUE` as key and TOML value."""
    key, _, value = text.partition("=")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


async def _emulate(kind: str, emulator: Emulator) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):  # both leave no path behind
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    emulator.plug()
    where = getattr(emulator, "where", "")  # a bus has no single path
    print(f"{kind} {where}".strip(), flush=True)
    await emulator.run()
