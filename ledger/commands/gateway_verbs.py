"""What each verb of tallyman-ledger does about gateways: in, out, in another's place, tokens.

The first line of a verb's docstring is its help.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import asdict

from foundation.console import folded
from foundation.counting import counted
from foundation.errors import Fatal
from foundation.printing import complain, say, say_each, say_json, say_text
from ledger.base import times
from ledger.base.clock import SystemClock
from ledger.base.config import read_config
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role
from ledger.enrolling import arrivals, enrolment, lists, replacement, tokens
from ledger.enrolling.end_of_key import await_end
from ledger.enrolling.enrolment import Invitation
from ledger.enrolling.profiles import check_profile
from ledger.enrolling.seed_text import seed_text
from ledger.gateways.gateways import read_gateways
from ledger.gateways.listing import named
from ledger.log import erasure
from ledger.log.erasure import Erasure


def _node(options: argparse.Namespace) -> NodeFiles:
    """Return the files of a node that was made; Fatal for any other folder."""
    files = NodeFiles(options.folder)
    read_config(files.config)
    return files


def admit(options: argparse.Namespace) -> None:
    """Let a gateway in."""
    gateway = lists.admit(NodeFiles(options.folder), options.file, SystemClock().wall())
    say(f"{gateway.name} ({gateway.issuer}) may talk to this node")


def revoke(options: argparse.Namespace) -> None:
    """Shut a gateway out, or revoke one of its keys."""
    files = _node(options)
    gateway = lists.fence(files, options.gateway, SystemClock().wall(), options.key)
    whose = f"{gateway.name} ({gateway.issuer})"
    what = f"key {options.key} of {whose}" if options.key else whose
    say(f"{what} is let in no longer", flush=True)
    if read_config(files.config).role is Role.SEQUENCER:
        say_each(_end_of_key(files, gateway.issuer))


def replace(options: argparse.Namespace) -> None:
    """Put a new gateway in an old one's place; print its seed."""
    files, now = _node(options), SystemClock().wall()
    _check_profile(options)
    order = replacement.Order(options.old, options.by, options.reason)
    asked = Invitation(options.site, options.profile, options.old, options.expires)
    old, seed = replacement.replace_gateway(files, order, asked, options.apn, now, os.urandom)
    complain(f"{old.name} ({old.issuer}) is out of service from now on")
    say_text(seed)  # before anything is waited for: it is made once
    for line in _end_of_key(files, old.issuer):
        complain(line)


def _end_of_key(files: NodeFiles, issuer: str) -> Sequence[str]:
    """Return what became of the end of its key, and what is to be done."""
    left = await_end(files, issuer, SystemClock().wall, time.sleep)
    if left is None:
        return [f"its key has ended: give {files.policy} to whoever verifies"]
    return folded(str(left), indent=2)


def admitted(options: argparse.Namespace) -> None:
    """List the gateways that are or were let in."""
    found = read_gateways(_node(options).admitted)
    if options.json:
        listed = [{**gateway.to_values(), "kid": gateway.key.kid.hex()} for gateway in found]
        say_json({"gateways": listed})
        return
    for gateway in found:
        state = f"since {times.to_text(gateway.since)}"
        if gateway.fenced is not None:
            state = f"shut out {times.to_text(gateway.fenced)}, its key ends behind what it sent"
        if gateway.revoked is not None:
            state = f"revoked {times.to_text(gateway.revoked)}"
        if gateway.replaced:
            state += f", {gateway.replaced}"
        say(f"{gateway.issuer}  {state}")
        say(f"    {gateway.name}, key {gateway.key.kid.hex()}")


def erase(options: argparse.Namespace) -> None:
    """Erase the records that this node keeps, of a gateway or a time; proofs stay."""
    files = _node(options)
    asked = _erasure(files, options)
    if options.dry_run:
        there = counted(erasure.count(files, asked), "batch", "batches")
        say(f"would erase the records of {there} here; nothing was changed")
        return
    there = counted(erasure.erase(files, asked, SystemClock().wall()), "batch", "batches")
    say(f"erased     the records of {there} here, with their seeds")
    say("stays      statements and proofs in the log: counts and times, no contents")
    say(f"noted      {files.erased}: for this store's backups, too")
    say("elsewhere  the gateway, nodes of its other logs, backups and standbys of this")
    say("           store, and bundles given out may hold copies: see to each of them")


def _erasure(files: NodeFiles, options: argparse.Namespace) -> Erasure:
    """Return what is to be erased; Fatal for what cannot be meant."""
    since, until = options.since, options.until
    if not options.gateway and since is None and until is None:
        raise Fatal("nothing says what to erase", advice="add --gateway, --since or --until")
    if since is not None and until is not None and until < since:
        raise Fatal("--until lies before --since", advice="exchange them")
    if not all(text.strip() and text.isprintable() for text in (options.by, options.reason)):
        raise Fatal("--by and --reason must be words on one line", advice="say who asked and why")
    issuer = ""
    if options.gateway:
        issuer = named(read_gateways(files.admitted), options.gateway).issuer
    return Erasure(issuer, since, until, options.by, options.reason)


def show_arrivals(options: argparse.Namespace) -> None:
    """Print how far each gateway got, a JSON object a line."""
    for each in arrivals.arrivals(NodeFiles(options.folder), SystemClock().wall()):
        say_json(each.to_dict())


def new_token(options: argparse.Namespace) -> None:
    """Make a token; print the seed of the gateway that brings it."""
    files = NodeFiles(options.folder)
    _check_profile(options)
    invitation = Invitation(options.site, options.profile, options.label, options.expires)
    token = enrolment.invite(files, invitation, SystemClock().wall(), os.urandom)
    say_text(seed_text(files, invitation, token, options.apn))


def _check_profile(options: argparse.Namespace) -> None:
    if not check_profile(options.profile, options.profiles):
        said = f"nobody checked that cards have a profile {options.profile!r}"
        complain(f"note: there are no profiles on this machine: {said}")


def list_tokens(options: argparse.Namespace) -> None:
    """List the tokens: for whom, until when, used by which gateway."""
    files = _node(options)
    used, now = enrolment.spenders(files), SystemClock().wall()
    found = tokens.read_tokens(files.tokens)
    if options.json:
        listed = [{**asdict(token), "used_by": used.get(token.digest)} for token in found]
        say_json({"tokens": listed})
        return
    for token in found:
        state = "expired" if now >= token.expires else "unused"
        if token.digest in used:
            state = f"used by {used[token.digest]}"
        say(f"{token.digest[: tokens.SHOWN_DIGITS]}  until {times.to_text(token.expires)}  {state}")
        say(f"    {token.label}, {token.site}, {token.profile}")


def withdraw_token(options: argparse.Namespace) -> None:
    """Make a token worthless before it is used."""
    token = enrolment.withdraw(_node(options), options.digest)
    say(f"the token for {token.label} at {token.site} admits nobody any more")
