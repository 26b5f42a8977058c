"""`tallyman shipment custody`: who answers for a shipment, who did at a time, and hand it over."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from agent.cli.errors import Mistake
from agent.cli.people import read_pin
from agent.cli.place import gateway
from agent.cli.shipment_records import records_told
from agent.cli.times import format_time
from agent.desks.control_client import ask, ask_one
from agent.shipments.custody import Custodian, answering, custodians
from agent.shipments.dating import Dating
from foundation.console import folded
from foundation.printing import say, say_each, say_json

PIN_VARIABLES = {"giver": "TALLYMAN_GIVER_PIN", "taker": "TALLYMAN_TAKER_PIN"}

SIGNED = {
    "signed": "signed by both",
    "unilateral": "UNILATERAL: one of the two did not sign",
    "unsigned": "UNSIGNED: neither of the two signed",
    "stated": "stated when it was bound, not signed",
    "doubtful": "DOUBTFUL: the signatures on record do not hold",
}


def run(args: argparse.Namespace) -> int:
    """Hand a shipment over, or tell who answers and answered for it."""
    if args.to is None:
        _refuse(args, ("giver", "place", "remark"), "is of a hand-over", "name who takes it: --to")
        return tell(args)
    _refuse(args, ("bundle", "policy", "at"), "looks back", "leave it out, or --to")
    if not args.to:
        raise Mistake("who takes which shipment?", advice="tallyman shipment custody NAME --to WHO")
    return hand_over(args)


def _refuse(args: argparse.Namespace, names: tuple[str, ...], why: str, advice: str) -> None:
    """Raise Mistake for options that would say nothing here."""
    for name in names:
        if getattr(args, name) is not None:
            raise Mistake(f"--{'from' if name == 'giver' else name} {why}", advice=advice)


def tell(args: argparse.Namespace) -> int:
    """Print who answered, at --at or all the time."""
    told = records_told(args)
    dating = Dating(told.records)
    found = custodians(told.name, map(dating.dated, told.records))
    if not found:
        raise Mistake(
            f"the records here do not tell who answered for {told.name}",
            advice="take a bundle that shows its start: tallyman bundle --shipment",
        )
    doubtful = {each.number for each in told.records if dating.doubtful(each)}
    if args.at is not None:
        at = answering(found, args.at)
        if at is None:
            raise Mistake(
                f"{told.name} was not under way at {format_time(args.at, utc=args.utc)}",
                advice=f"see when it was: tallyman shipment custody {told.name}",
            )
        found = [at]
    for each in found:
        if args.json:
            say_json(asdict(each) | {"vouched": each.number not in doubtful})
        else:
            say_each(lines(each, utc=args.utc))
            if each.number in doubtful:
                say("  by a clock that nobody vouched for")
    if told.lacks and not args.json:
        say_each(folded(f"lacks: {told.lacks}", 7))
    return 0


def lines(each: Custodian, *, utc: bool) -> Iterator[str]:
    """Yield the lines about one of those who answered."""
    until = "until now" if each.until_ms is None else f"to {format_time(each.until_ms, utc=utc)}"
    yield f"{format_time(each.since_ms, utc=utc)} {until}"
    who = each.who or "nobody on record"
    place = f", taken at {each.place}" if each.place else ""
    how = f": {SIGNED.get(each.state, each.state)}" if each.who else ""
    yield from folded(f"  {who}{place}{how}", 2)
    if each.remark:
        yield from folded(f"  remark: {each.remark}", 2)


def hand_over(args: argparse.Namespace) -> int:
    """Have both parties sign, as far as they have a key here, and record it."""
    control = gateway(args).control
    giver = args.giver or _answering_now(args)
    if giver == args.to:
        raise Mistake(f"{giver} answers for it already", advice="name who takes it: --to NAME")
    more = {"giver": giver, "taker": args.to, "place": args.place, "remark": args.remark}
    request: dict[str, Any] = {"verb": "shipment-custody", "name": args.name}
    request |= {name: value for name, value in more.items() if value}
    names = {role: request[role] for role in PIN_VARIABLES if role in request}
    people = {str(each["name"]) for each in ask(control, {"verb": "people"})}
    for role, name in names.items():
        if name in people:
            prompt = f"PIN of {name}, the {role} (empty: none): "
            request[f"{role}_pin"] = read_pin(prompt, PIN_VARIABLES[role])
        elif PIN_VARIABLES[role] in os.environ:
            raise Mistake(f"{name} has no key here", advice=f"tallyman people add {name}")
    record = ask_one(control, request)
    if args.json:
        say_json(record)
        return 0
    say(f"{record['taker']} answers for {record['shipment']} from here on")
    say(SIGNED.get(record["state"], record["state"]))
    say(f"document  sha256 {record['sha256']}")
    return 0


def _answering_now(args: argparse.Namespace) -> str:
    """Return who answers for it by the records; empty where they do not tell."""
    shipments = ask(gateway(args).control, {"verb": "shipments", "name": args.name})
    return next((str(each["custodian"]) for each in shipments), "")
