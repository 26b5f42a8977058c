"""`tallyman bundle`: pack confirmed records into one file that an auditor checks offline."""

from __future__ import annotations

import argparse
import hashlib
import sys
from contextlib import ExitStack
from pathlib import Path

from agent.cli.arguments import add_config
from agent.cli.bundle_choice import (
    Chosen,
    Moment,
    border,
    check_arguments,
    check_devices,
    chosen_batches,
)
from agent.cli.bundle_policies import Stretch, changed, stretches
from agent.cli.bundle_told import Made, leave_record
from agent.cli.errors import Mistake
from agent.cli.place import config_path
from agent.cli.progress import ProgressLine
from agent.cli.stamp import add_authority, stamp
from agent.config.settings import Config, load
from agent.desks.attachments import FOLDER as ATTACHMENTS
from agent.desks.control_client import NotAllowed
from agent.disclosure.bundling import Files, NothingConfirmed, make_bundle, packed
from agent.disclosure.own_check import doubts
from drivers import catalog
from foundation.counting import counted, plural
from foundation.durable import write_output
from foundation.errors import Damaged
from foundation.printing import complain, emit, say_each, say_json

HELP = "pack confirmed records into one file for an auditor"


INTO_PIPE = Path("-")


class FileDamaged(Damaged):
    """An attached file changed on the disk."""

    advice = "attach it again with tallyman notarize, or leave files out: --no-files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "--output", "-o", type=Path, required=True, metavar="FILE", help="-: into a pipe"
    )
    when = "record N, or a time like 2026-11-22T06:30"
    parser.add_argument(
        "--since", type=border, metavar="WHEN", default=Moment(), help=f"from {when}"
    )
    parser.add_argument(
        "--until", type=border, metavar="WHEN", default=Moment(), help=f"up to {when}"
    )
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        help="show this device's records, commit to the rest",
    )
    parser.add_argument(
        "--kind", action="append", default=[], help="show records of this kind, commit to the rest"
    )
    parser.add_argument(
        "--shipment", metavar="NAME", help="show what a shipment's sensors recorded"
    )
    parser.add_argument(
        "--owner", metavar="WHO", help="show what was recorded for an owner's shipments"
    )
    parser.add_argument(
        "--for",
        dest="recipient",
        metavar="WHO",
        default="",
        help="who gets it, for the access record",
    )
    parser.add_argument(
        "--no-files", action="store_true", help="leave attached files out; their names stay"
    )
    parser.add_argument(
        "--epochs",
        action="store_true",
        help="also show earlier epochs, from their first record",
    )
    parser.add_argument(
        "--parts",
        action="store_true",
        help="where witnesses changed, write FILE.1, FILE.2 …: one for each policy",
    )
    parser.add_argument(
        "--timestamp",
        type=Path,
        metavar="FILE",
        help="put this RFC 3161 token into the bundle that is at -o already",
    )
    add_authority(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object a bundle")


def run(args: argparse.Namespace) -> int:
    """Write the bundle as far as the ledger has confirmed it, and have the agent record it."""
    if args.timestamp is not None:
        return stamp(args)
    if args.authority is not None:
        raise Mistake("--authority is for a --timestamp", advice="leave --authority out")
    config = load(config_path(args), catalog)
    check_arguments(args)
    check_pipe(args)
    with ExitStack() as stack:
        chosen = chosen_batches(args, config, stack)
        found = stretches(config, chosen.pinned, chosen.parts)
        if len(found) > 1 and not args.parts:
            raise changed(found)
        check_devices(args, config, chosen.parts)
        last = len(found)
        shown = [
            write(args, config, chosen, stretch, 0 if last == 1 else number, whole=number == last)
            for number, stretch in enumerate(found, start=1)
        ]
        if not any(shown):
            raise nothing_there(chosen)
    return 0


def nothing_there(chosen: Chosen) -> NothingConfirmed:
    """Return the error that says why a bundle would show nothing."""
    choice = chosen.words or "from --since until --until"
    why = f"no confirmed record there is what was chosen: {choice}"
    gone = sum(each.count for each in chosen.erased)
    if not gone:
        return NothingConfirmed(why)
    are = plural(gone, "was", "were")
    return NothingConfirmed(
        f"{why}; {counted(gone, 'record')} there {are} erased by a rule of [privacy]",
        advice="choose other records",
    )


def write(
    args: argparse.Namespace,
    config: Config,
    chosen: Chosen,
    stretch: Stretch,
    number: int,
    *,
    whole: bool,
) -> bool:
    """Write the bundle of one stretch, and say so; False where it would show nothing.

    `number` is that of a part, 0 where it is all; `whole` where nothing confirmed follows.
    """
    attached = config.gateway.state_dir / ATTACHMENTS
    files = (lambda _: None) if args.no_files else kept_in(attached)
    with ProgressLine("packing:", "batches") as line:
        parts, selections, erased = stretch.parts, chosen.selections, chosen.erased
        bundle = make_bundle(parts, stretch.logs, selections, files, line, erased=erased)
    data = packed(bundle)
    path = part_path(args.output, number) if number else args.output
    total = chosen.total if whole else None
    made = Made(args, path, bundle, stretch.rows, data, total, chosen.words)
    if made.shown:
        made.doubts = doubts(data, stretch.logs)
        if path == INTO_PIPE:
            emit(data)
        else:
            write_output(path, data)
        tell(args, made, recorded=leave_record(config, made))
    return bool(made.shown)


def tell(args: argparse.Namespace, made: Made, *, recorded: bool) -> None:
    """Say what was made: where the bundle goes into a pipe, beside it."""
    if args.json:
        say_json(made.as_json(recorded=recorded))
    elif args.output == INTO_PIPE:
        for line in made.lines(recorded=recorded):
            complain(line)
    else:
        say_each(made.lines(recorded=recorded))


def check_pipe(args: argparse.Namespace) -> None:
    """Raise Mistake where a pipe cannot take what is asked for."""
    if args.output != INTO_PIPE:
        return
    if args.json or args.parts:
        raise Mistake(
            "-o - writes one bundle and nothing else",
            advice="name a file, or leave out --json and --parts",
        )
    if sys.stdout.isatty():
        raise Mistake("a bundle is no text for a terminal", advice="name a file, or pipe it on")


def part_path(path: Path, number: int) -> Path:
    """Return the file of a part: trip.1.bundle, trip.2.bundle …"""
    return path.with_name(f"{path.stem}.{number}{path.suffix}")


def kept_in(folder: Path) -> Files:
    """Return what finds attached files by their digest."""

    def kept(digest: bytes) -> bytes | None:
        try:
            file = (folder / digest.hex()).read_bytes()
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise NotAllowed(f"not allowed to read {folder}") from error
        if hashlib.sha256(file).digest() != digest:
            raise FileDamaged(f"{folder / digest.hex()} is not the file that was attached")
        return file

    return kept
