"""`hil emulate KIND`: one emulated device until Ctrl-C, and how programs find it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drivers.catalog import DEVICES, check_options
from foundation.options import OptionError
from foundation.parser import UsageError
from foundation.printing import complain, say_text
from hil.emulators.catalog import Emulator, make
from hil.rig.device_text import how_to_use, reflowed, settings_table
from hil.rig.one_device import about, on_bus, rig_of, settings_for
from hil.rig.rig import NETWORK, STICKS, Rig, RigError

HELP = "emulate one device of any kind until Ctrl-C"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `KIND [--link PATH | --listen HOST:PORT] [--bus PATH] [--set KEY=VALUE]…`."""
    parser.set_defaults(kinds=parser.format_help)
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", title="kinds")
    for kind in (*DEVICES, *STICKS):
        _add_kind_arguments(kind, kinds.add_parser(
            kind,
            help=about(kind).partition("\n")[0],
            formatter_class=argparse.RawDescriptionHelpFormatter,
            description=reflowed(about(kind)),
            epilog="\n".join(settings_table(settings_for(kind))),
        ))  # fmt: skip


def _add_kind_arguments(kind: str, parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(link=None, listen=None, tags=None, bus=None)
    if kind in NETWORK:
        parser.add_argument("--listen", metavar="HOST:PORT", help="where it listens; port 0: any")
        parser.add_argument("--tags", type=int, metavar="N", help="how many tags are before it")
    else:
        parser.add_argument("--link", type=Path, metavar="PATH", help="its port or socket")
    if on_bus(kind):
        parser.add_argument("--bus", metavar="PATH", help="the device file that programs see")
    parser.add_argument(
        "--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], type=setting,
        help="a setting, see below; may be repeated",
    )  # fmt: skip


def setting(text: str) -> tuple[str, Any]:
    """Return `KEY=VALUE` as key and TOML value."""
    key, _, value = text.partition("=")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


def run(args: argparse.Namespace) -> int:
    """Emulate; 0 after Ctrl-C or SIGTERM, 2 without a kind or when the settings do not fit it."""
    if args.kind is None:
        for line in args.kinds().removesuffix("\n").split("\n"):
            complain(line)
        return 2
    given = dict(args.settings)
    given |= {key: v for key in ("listen", "tags") if (v := getattr(args, key)) is not None}
    with tempfile.TemporaryDirectory(prefix="tallyman-") as folder:
        link = args.link or Path(folder) / args.kind.rpartition(".")[2]
        try:
            rig = rig_of(args.kind, link, given, args.bus)
            rig.check_shims(link.parent)
            emulator = make(rig.tables[0]["kind"], rig.settings(rig.tables[0], link.parent))
            check_device(agents_device(args.kind, rig, link.parent, emulator))
        except (OptionError, RigError, ValueError, OSError) as error:
            raise refused(args.kind, error) from error
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(_emulate(args.kind, rig, link.parent, emulator))
        except BrokenPipeError:
            raise
        except OSError as error:  # the address is another program's
            raise refused(args.kind, error) from error
    return 0


def refused(kind: str, error: Exception) -> UsageError:
    """Return why it cannot be."""
    return UsageError(f"cannot emulate {kind}: {error}", advice="see: python -m hil emulate --help")


def agents_device(kind: str, rig: Rig, folder: Path, emulator: Emulator) -> dict[str, Any]:
    """Return the `[[device]]` of an agent that reads it."""
    device, *_ = rig.devices(folder)
    device["name"] = kind.rpartition(".")[2]
    if kind in NETWORK:
        device["address"] = emulator.where  # with the port that it got, once it listens
    return device


def check_device(device: Mapping[str, Any]) -> None:
    """Raise OptionError where the kind's driver cannot read such a device."""
    if device["kind"] not in NETWORK:
        check_options(device["kind"], {key: device[key] for key in list(device)[2:]})


async def _emulate(kind: str, rig: Rig, folder: Path, emulator: Emulator) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):  # both leave no path behind
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    emulator.plug()
    device = agents_device(kind, rig, folder, emulator)
    say_text("\n".join(how_to_use(device, rig.environment(folder))))
    await emulator.run()
