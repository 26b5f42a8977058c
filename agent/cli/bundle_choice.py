"""What a bundle is asked to show: numbers, times, devices, kinds, shipments, epochs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent.chain.epochs import archives
from agent.chain.gaps import Gaps
from agent.cli.arguments import whole
from agent.cli.bundle_policies import frozen_logs
from agent.cli.errors import Mistake
from agent.cli.times import moment
from agent.config.settings import Config
from agent.disclosure.bundling import (
    Erased,
    NothingConfirmed,
    Vouched,
    confirmed_rows,
    devices_in,
    earlier_rows,
    numbers_between,
    shipment_legs,
    vouched_rows,
)
from agent.disclosure.erased import erased_of
from agent.disclosure.selection import Selection
from agent.journal.journal import BatchRow, JournalReader
from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from agent.light_client.pinned_policy import load_policy
from agent.records.registry import KINDS
from agent.shipments.legs import Leg
from agent.signing.identity import IDENTITY_FILE, Identity
from agent.signing.identity import load as read_identity
from evidence.log_set import LogSet
from foundation.hints import hint

MOST_RECIPIENT = 64  # characters of who it is for; a name, or a firm


@dataclass(frozen=True, slots=True)
class Moment:
    """A border of --since and --until: a record's number, or a time in wall milliseconds."""

    number: int | None = None
    wall_ms: int | None = None


def border(text: str) -> Moment:
    """Return a number or a time; argparse says so otherwise."""
    if text.isascii() and text.isdigit():
        return Moment(number=whole(text))
    return Moment(wall_ms=moment(text))


def check_arguments(args: argparse.Namespace) -> None:
    """Raise Mistake for what cannot be meant."""
    for kind in args.kind:
        if kind not in KINDS:
            raise Mistake(
                f"there is no kind {kind!r}{hint(kind, KINDS)}",
                advice="see: tallyman journal --kinds",
            )
    for since, until in (
        (args.since.number, args.until.number),
        (args.since.wall_ms, args.until.wall_ms),
    ):
        if since is not None and until is not None and until < since:
            raise Mistake("--until lies before --since", advice="exchange them")
    if (args.shipment or args.owner) and args.epochs:
        raise Mistake(
            "a shipment lies within one epoch",
            advice="leave out --epochs, or --shipment and --owner",
        )
    if "" in (args.shipment, args.owner):  # of a script's variable: nobody means everything by it
        raise Mistake("--shipment or --owner names nobody", advice="name it, or leave it out")
    if len(args.recipient) > MOST_RECIPIENT or not args.recipient.isprintable():
        raise Mistake(
            f"--for takes up to {MOST_RECIPIENT} printable characters", advice="shorten it"
        )


def check_devices(
    args: argparse.Namespace, config: Config, parts: Sequence[Sequence[Vouched]]
) -> None:
    """Raise Mistake for a device that neither the configuration nor a record there names."""
    configured = {device.name for device in config.devices}
    if set(args.device) <= configured:
        return
    seen = devices_in(vouched.row for part in parts for vouched in part)
    for name in args.device:
        if name not in configured | seen:
            raise Mistake(
                f"no device {name!r} has confirmed records there{hint(name, configured | seen)}",
                advice=f"these have: {', '.join(sorted(seen)) or 'none'}",
            )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Batches by epoch, oldest first, what is shown of each epoch, and what that is in words.

    `pinned` is the policy that they are to be proven by; `total` counts the records of the present
    epoch; `erased` is what rules took of each epoch's.
    """

    pinned: LogSet
    parts: Sequence[Sequence[Vouched]]
    selections: Sequence[Selection]
    words: str
    total: int
    erased: Sequence[Erased]


def chosen_batches(args: argparse.Namespace, config: Config, stack: ExitStack) -> Chosen:
    """Return what the arguments choose; `stack` closes the journals."""
    state_dir = config.gateway.state_dir
    reader = opened(state_dir / FILE_NAME, stack)
    selection = selected(args, reader)
    identity = read_identity(state_dir / IDENTITY_FILE)
    gaps = Gaps(state_dir, identity.epoch)
    rows = confirmed_rows(reader, selection.first, selection.last, gaps)
    before = earlier_parts(state_dir, identity, stack) if args.epochs else []
    pinned = load_policy(config)
    frozen = frozen_logs(config, pinned)
    every = [*before, (reader, rows)]
    parts = [vouched_rows(journal, found, pinned, frozen) for journal, found in every]
    erased = [
        erased_of(journal, found, partial(vouched_rows, journal, logs=pinned, frozen=frozen))
        for journal, found in every
    ]
    selections = [*(selection.everywhere() for _ in before), selection]
    return Chosen(pinned, parts, selections, selection.words(), reader.count(), erased)


def selected(args: argparse.Namespace, reader: JournalReader) -> Selection:
    """Return what the arguments choose, with the numbers between which all of it lies."""
    since, until = args.since, args.until
    selection = Selection(
        devices=frozenset(args.device),
        kinds=frozenset(args.kind),
        first=since.number or 0,
        last=until.number,
        since_ms=since.wall_ms,
        until_ms=until.wall_ms,
    )
    if since.wall_ms is not None or until.wall_ms is not None:
        numbers = numbers_between(reader, since.wall_ms, until.wall_ms)
        if numbers is None:
            raise NothingConfirmed("no sealed batch has records from that time")
        selection = narrowed(selection, *numbers)
    if args.shipment or args.owner:
        shipments = chosen_shipments(args, reader)
        selection = replace(selection, shipments=shipments, owner=args.owner or "")
        legs = [leg for each in shipments.values() for leg in each]
        ends = [leg.last for leg in legs if leg.last is not None]
        last = max(ends) if len(ends) == len(legs) else None
        selection = narrowed(selection, min(leg.first for leg in legs), last)
    return selection


def chosen_shipments(
    args: argparse.Namespace, reader: JournalReader
) -> Mapping[str, Sequence[Leg]]:
    """Return the legs of the shipment that the arguments name, or of all of an owner's."""
    known = shipment_legs(reader)
    if args.shipment and args.shipment not in known:
        raise Mistake(
            f"no shipment {args.shipment!r} is on record here{hint(args.shipment, known)}",
            advice="see: tallyman shipment",
        )
    named = {args.shipment: known[args.shipment]} if args.shipment else known
    if not args.owner:
        return named
    owned = {name: [leg for leg in legs if leg.owner == args.owner] for name, legs in named.items()}
    owners = dict.fromkeys(leg.owner for legs in named.values() for leg in legs if leg.owner)
    if not any(owned.values()):
        raise Mistake(
            f"no shipment is on record here as of {args.owner!r}{hint(args.owner, owners)}",
            advice=f"owners there are: {', '.join(owners) or 'none, name one with start --owner'}",
        )
    return {name: legs for name, legs in owned.items() if legs}


def narrowed(selection: Selection, first: int, last: int | None) -> Selection:
    """Return the selection between two numbers besides."""
    ends = [end for end in (selection.last, last) if end is not None]
    return replace(selection, first=max(selection.first, first), last=min(ends, default=None))


def opened(path: Path, stack: ExitStack) -> JournalReader:
    """Return a reader of the journal at `path`, which `stack` closes."""
    try:
        reader = open_reader(path)
    except FileNotFoundError:
        raise Mistake(f"there is no journal at {path}", advice="start the agent first") from None
    stack.callback(reader.close)
    return reader


Part = tuple[JournalReader, Sequence[BatchRow]]
"""Batches of one epoch, and their journal."""


def earlier_parts(state_dir: Path, present: Identity, stack: ExitStack) -> list[Part]:
    """Return the epochs before the present one, oldest first, as far as the chain needs them."""
    parts: list[Part] = []
    for identity, path in archives(state_dir, present):
        assert present.follows is not None
        if present.follows.seq is None:
            break  # it goes on from none of that epoch's batches: the chain begins here
        reader = opened(path, stack)
        parts.insert(
            0, (reader, earlier_rows(reader, present.follows, Gaps(state_dir, identity.epoch)))
        )
        present = identity
    return parts
