"""`tallyman salvage`: what a dead gateway's card still holds, and bringing it home."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from agent.cli.arguments import add_config
from agent.cli.errors import Mistake
from agent.cli.given_files import read_policy
from agent.cli.place import config_path, gateway
from agent.cli.progress import ProgressLine
from agent.config.settings import load as settings
from agent.desks.control_client import ask
from agent.light_client.pinned_policy import load_policy
from agent.salvage.archive import HEAD, HEADS, Archive, parse_archive
from agent.salvage.card import Salvage, salvage
from agent.salvage.carry import Carried, carry
from agent.salvage.life import Life, cuts_in, known_keys, lives_of, proven, with_cuts
from agent.signing.curve_key import CurveKey
from agent.signing.keys import CURVE_KEY
from agent.signing.succession import FOLDER
from drivers import catalog
from evidence.errors import EvidenceError
from evidence.policy import Policy
from foundation.counting import counted, plural, span
from foundation.durable import write_output
from foundation.errors import AgentError
from foundation.printing import say, say_json

HELP = "rescue the records on a dead gateway's card; it is only read"

RECORDS_AT_ONCE = 64
"""Unsigned records in one request to the agent."""

REQUEST_BYTES = 24 * 1024
"""Their bytes at most: in hexadecimal they fit in what the control socket takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="device, image, copied folder, or an archive"
    )
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="policy whose keys count; default: the configured one",
    )
    parser.add_argument(
        "--output", "-o", type=Path, metavar="FILE", help="save what was found as an archive"
    )
    parser.add_argument(
        "--send", action="store_true", help="carry the signed batches to the configured nodes"
    )
    parser.add_argument(
        "--import",
        dest="take_over",
        action="store_true",
        help="give the unsigned records to this gateway's agent, marked as salvaged",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Read, tell, and do what was asked for; each of it may be repeated."""
    os.umask(0o077)
    found = read(args.source, policies(args))
    if args.json:
        say_json(as_json(found))
    else:
        show(found)
    if args.output is not None:
        keep(args, args.output, found.archive)
    if args.send:
        forward(args, found.archive)
    if args.take_over:
        take_over(args, found.archive)
    return 0


def keep(args: argparse.Namespace, path: Path, archive: Archive) -> None:
    """Write the archive, durably and whole."""
    data = archive.to_bytes()
    write_output(path, data, 0o600)
    tell(args, f"archive   {path}: {len(data)} bytes")


def tell(args: argparse.Namespace, line: str) -> None:
    """Say what was done, where people read along."""
    if not args.json:
        say(line, flush=True)


def policies(args: argparse.Namespace) -> list[Policy]:
    """Return the pinned policy; without any, the card's own keys alone are known."""
    if args.policy is not None:
        return [*read_policy(args.policy).logs.values()]
    try:
        return [*load_policy(settings(config_path(args), catalog)).logs.values()]
    except AgentError:
        return []


def read(source: Path, pinned: Sequence[Policy]) -> Salvage:
    """Return what is in a medium, or in the archive of an earlier salvage, checked anew."""
    if not source.exists():
        raise Mistake(f"{source} is not there", advice="lsblk lists the devices")
    if not is_archive(source):
        with ProgressLine("reading the card:") as line:
            return salvage(source, pinned, line.of_reads())
    try:
        kept = parse_archive(source.read_bytes())
    except EvidenceError as error:
        raise Mistake(
            f"{source}: {error}", advice="make the archive again from the card"
        ) from error
    lives = [checked(life, pinned) for life in kept.lives]
    return Salvage(Archive(tuple(lives), kept.notes), 0, ())


def is_archive(source: Path) -> bool:
    """Tell whether a file begins as an archive does."""
    if not source.is_file():
        return False
    with source.open("rb") as file:
        return file.read(len(HEAD)) in HEADS


def checked(life: Life, pinned: Sequence[Policy]) -> Life:
    """Return of an archive's epoch what the pinned keys prove."""
    signed = proven(life.batches, known_keys(pinned, ()))
    batches = with_cuts(signed, cuts_in(life.batches))
    ring = {life.epoch: life.records}
    found = lives_of(batches, ring, {life.epoch: life.issuer})
    return found[0] if found else Life(life.issuer, life.epoch)


def show(found: Salvage) -> None:
    """Print it for people."""
    for life in found.archive.lives:
        say(f"gateway   {life.issuer or 'not named in what is readable'}")
        say(f"epoch     {life.epoch.hex()}")
        for piece in life.runs():
            batches = span(range(piece.first_batch, piece.last_batch + 1), "batch", "batches")
            say(f"signed    {batches}, chain unbroken:")
            say(f"          {span(range(piece.first, piece.last + 1), 'record')}")
            if piece.erased:
                were = plural(piece.erased, "was", "were")
                say(f"          {counted(piece.erased, 'record')} {were} erased by a rule there")
            if piece.without_body:
                say(f"          the records of {piece.without_body} of these batches are gone")
        for first, last in ranges(life.records):
            records = span(range(first, last + 1), "record")
            say(f"unsigned  {records}: readable, but in no readable batch")
    if found.torn:
        say(f"torn      dropped {counted(found.torn, 'damaged ring block')}")
    if found.bad:
        say(f"bad       {counted(len(found.bad), 'unreadable block')} of 4 KiB:")
    for name, offset in found.bad[:10]:
        say(f"          {name} at byte {offset}")
    if not any(life.batches for life in found.archive.lives):
        say("next      no signature counts yet: name the policy with --policy FILE")


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return unbroken ranges of ascending numbers."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] + 1 == number:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def as_json(found: Salvage) -> dict[str, object]:
    """Return it as one JSON object."""
    return {
        "lives": [
            {
                "gateway": life.issuer,
                "epoch": life.epoch.hex(),
                "signed": [
                    {
                        "first_batch": piece.first_batch,
                        "last_batch": piece.last_batch,
                        "first_record": piece.first,
                        "last_record": piece.last,
                        "bodies_gone": piece.without_body,
                        "erased": piece.erased,
                    }
                    for piece in life.runs()
                ],
                "unsigned": [list(pair) for pair in ranges(life.records)],
            }
            for life in found.archive.lives
        ],
        "torn_blocks": found.torn,
        "unreadable": [{"file": name, "byte": offset} for name, offset in found.bad],
    }


def forward(args: argparse.Namespace, archive: Archive) -> None:
    """Carry the signed batches to each log's first node that answers; keep what proves them there.

    The receipts of the log that gave most go into the archive: that of --output, or the one read.
    """
    config = settings(config_path(args), catalog)
    if all(node.witness for node in config.ledger.nodes):
        raise Mistake("no node that takes batches is configured", advice="add a [[ledger.node]]")
    curve = CurveKey.load_or_make(config.gateway.state_dir / FOLDER / CURVE_KEY)
    logs = asyncio.run(carry(config.ledger.nodes, curve, archive, policies(args)))
    for log in logs:
        tell_log(args, log, several=len(logs) > 1)
    kept = max(logs, key=lambda log: log.proven).archive
    target = args.output or (args.source if is_archive(args.source) else None)
    if target is None:
        tell(args, "next      the receipts are not kept: name an archive with --output FILE")
    elif kept != archive:
        keep(args, target, kept)
    for log in logs:
        check_taken(log)


def tell_log(args: argparse.Namespace, log: Carried, *, several: bool) -> None:
    """Say what became of the batches at a log."""
    if several:
        tell(
            args, f"log       {log.log}{'' if log.away is None else ': none of its nodes answers'}"
        )
    for life, sent in zip(log.archive.lives, log.sent, strict=log.away is None):
        batches = counted(len(life.batches), "batch", "batches")
        tell(args, f"sent      {sent.taken} of {batches}: the node has them")
        tell(args, f"proven    {sent.proven} of {batches}: the log has them")


def check_taken(log: Carried) -> None:
    """Raise what kept batches from a log."""
    if log.away is not None:
        raise log.away
    for life, sent in zip(log.archive.lives, log.sent, strict=True):
        if sent.stopped:
            raise AgentError(
                f"the node took no more batches of {life.issuer}: {sent.stopped}",
                advice="the old gateway must still be admitted there: salvage, then revoke it",
            )


def take_over(args: argparse.Namespace, archive: Archive) -> None:
    """Give the unsigned records to the running agent."""
    control = gateway(args).control
    for life in archive.lives:
        new = known = 0
        for records in portions(life.records.values()):
            request = {
                "verb": "salvage",
                "gateway": life.issuer,
                "epoch": life.epoch.hex(),
                "records": [leaf.hex() for leaf in records],
            }
            for answer in ask(control, request):
                new, known = new + answer["new"], known + answer["known"]
        again = f"; {known} were here already" if known else ""
        imported = counted(new, "unsigned record")
        tell(args, f"imported  {imported}, marked as salvaged{again}")


def portions(leaves: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the records in portions that one request can hold."""
    portion: list[bytes] = []
    for leaf in leaves:
        full = len(portion) == RECORDS_AT_ONCE or sum(map(len, portion)) > REQUEST_BYTES - len(leaf)
        if portion and full:
            yield portion
            portion = []
        portion.append(leaf)
    if portion:
        yield portion
