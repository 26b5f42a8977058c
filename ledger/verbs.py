"""What each verb of tallyman-ledger does: it prints to people, and errors pass through.

The first line of a verb's docstring is its help.
"""

from __future__ import annotations

import argparse
import asyncio
import os

from evidence.policy_update import PolicyUpdate
from foundation import notify
from foundation.durable import write_output
from foundation.errors import Retry
from foundation.logs import log_to_stderr
from foundation.printing import complain, say, say_json, say_text
from ledger.base import descriptors, times
from ledger.base.clock import SystemClock
from ledger.base.config import read_config
from ledger.base.node_files import PUBLIC_MODE, NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.base.toml_text import to_tables
from ledger.enrolling import arrivals, enrolment, lists, replacement, tokens
from ledger.enrolling.enrolment import Invitation
from ledger.enrolling.seed_text import seed_text
from ledger.gateways.gateways import read_gateways
from ledger.node import metrics, run, status
from ledger.node.init import Plan, init_node
from ledger.node.node import Surroundings
from ledger.policy import change as policy_change


def _node(options: argparse.Namespace) -> NodeFiles:
    """Return the files of a node that was made; Fatal for any other folder."""
    files = NodeFiles(options.folder)
    read_config(files.config)
    return files


def init(options: argparse.Namespace) -> None:
    """Make a node: keys, files and, for a sequencer, its log."""
    files = NodeFiles(options.folder)
    plan = Plan(
        options.name,
        Role(options.role),
        options.listen,
        options.endpoint or options.listen,
        options.origin or f"{options.name}/log",
        tuple(read_public_node(path) for path in options.witness),
        options.quorum,
        options.store,
        options.enrol,
    )
    init_node(files, plan, SystemClock().wall())
    say(f"made the {plan.role} {plan.name} in {files.folder}")
    say(f"give to the other operators: {files.public}")
    if plan.role is Role.SEQUENCER:
        say(f"give to witnesses and gateways: {files.policy}")
        say("each witness then runs: tallyman-ledger pin DIR --policy … --sequencer …")


def run_node(options: argparse.Namespace) -> None:
    """Run the node until SIGTERM."""
    log_to_stderr(run.LOG_FORM)
    descriptors.raise_limit()
    around = Surroundings(
        SystemClock(),
        notify.from_environment(os.environ),
        notify.watchdog_seconds(os.environ),
    )
    asyncio.run(run.run(NodeFiles(options.folder), around))


def admit(options: argparse.Namespace) -> None:
    """Let a gateway in."""
    gateway = lists.admit(NodeFiles(options.folder), options.file, SystemClock().wall())
    say(f"{gateway.name} ({gateway.issuer}) may talk to this node")


def revoke(options: argparse.Namespace) -> None:
    """Shut a gateway out, or revoke one of its keys."""
    lists.revoke(NodeFiles(options.folder), options.issuer, SystemClock().wall(), options.key)
    what = f"key {options.key} of {options.issuer}" if options.key else options.issuer
    say(f"{what} is let in no longer")


def replace(options: argparse.Namespace) -> None:
    """Put a new gateway in an old one's place; print its seed."""
    files, now = NodeFiles(options.folder), SystemClock().wall()
    order = replacement.Order(options.old, options.by, options.reason)
    asked = Invitation(options.site, options.profile, options.old, options.expires)
    old, seed = replacement.replace_gateway(files, order, asked, options.apn, now, os.urandom)
    complain(f"{old.name} ({old.issuer}) is out of service from now on")
    say_text(seed)


def admitted(options: argparse.Namespace) -> None:
    """List the gateways that are or were let in."""
    for gateway in read_gateways(_node(options).admitted):
        state = f"since {times.to_text(gateway.since)}"
        if gateway.revoked is not None:
            state = f"revoked {times.to_text(gateway.revoked)}"
        if gateway.replaced:
            state += f", {gateway.replaced}"
        say(f"{gateway.issuer}  {state}")
        say(f"    {gateway.name}, key {gateway.key.kid.hex()}")


def show_arrivals(options: argparse.Namespace) -> None:
    """Print how far each gateway got, a JSON object a line."""
    for each in arrivals.arrivals(NodeFiles(options.folder), SystemClock().wall()):
        say_json(each.to_dict())


def new_token(options: argparse.Namespace) -> None:
    """Make a token; print the seed of the gateway that brings it."""
    files = NodeFiles(options.folder)
    invitation = Invitation(options.site, options.profile, options.label, options.expires)
    token = enrolment.invite(files, invitation, SystemClock().wall(), os.urandom)
    say_text(seed_text(files, invitation, token, options.apn))


def list_tokens(options: argparse.Namespace) -> None:
    """List the tokens: for whom, until when, used by which gateway."""
    files = _node(options)
    used, now = enrolment.spenders(files), SystemClock().wall()
    for token in tokens.read_tokens(files.tokens):
        state = "expired" if now >= token.expires else "unused"
        if token.digest in used:
            state = f"used by {used[token.digest]}"
        say(f"{token.digest[: tokens.SHOWN_DIGITS]}  until {times.to_text(token.expires)}  {state}")
        say(f"    {token.label}, {token.site}, {token.profile}")


def withdraw_token(options: argparse.Namespace) -> None:
    """Make a token worthless before it is used."""
    token = enrolment.withdraw(_node(options), options.digest)
    say(f"the token for {token.label} at {token.site} admits nobody any more")


def pin(options: argparse.Namespace) -> None:
    """On a witness: cosign a sequencer's log from now on."""
    pinned = lists.pin(NodeFiles(options.folder), options.policy, options.sequencer)
    say(f"this witness cosigns {pinned.log.name} for {pinned.name}")


def propose(options: argparse.Namespace) -> None:
    """On a sequencer: write a change of the witnesses."""
    witnesses = [read_public_node(path) for path in options.witness]
    files, now = NodeFiles(options.folder), SystemClock().wall()
    update = policy_change.propose(files, witnesses, options.quorum, now)
    write_output(options.output, update.to_bytes(), PUBLIC_MODE)
    _tell_update(update)
    say(f"give to every member of now, for policy-sign: {options.output}")


def sign(options: argparse.Namespace) -> None:
    """Sign a change of a log's witnesses, as a current member."""
    update = policy_change.read_update(options.file)
    signed = policy_change.sign(NodeFiles(options.folder), update, SystemClock().wall())
    write_output(options.output, signed.to_bytes(), PUBLIC_MODE)
    _tell_update(signed)
    say(f"signed; give back to the sequencer's operator: {options.output}")


def publish(options: argparse.Namespace) -> None:
    """On a sequencer: put a signed change in force."""
    updates = [policy_change.read_update(path) for path in options.update]
    witnesses = [read_public_node(path) for path in options.witness]
    files = NodeFiles(options.folder)
    signers = policy_change.publish(files, updates, witnesses)
    say(f"in force, signed by {', '.join(signers)}: start the node again")
    say(f"give to new witnesses, and to who verifies: {files.policy}")


def _tell_update(update: PolicyUpdate) -> None:
    change, policy = update.change, update.policy
    say(f"change {change.sequence} of {change.origin}, from {times.to_text(change.valid_from)}")
    for name, key in policy.witnesses.items():
        say(f"  {name}  {key.to_text()}")
    for name, group in policy.groups.items():
        say(f"  {name}: {group.threshold} of {', '.join(group.members)}")


def show_status(options: argparse.Namespace) -> None:
    """Show how the node is doing, and whether its witnesses answer."""
    state = asyncio.run(status.read_status(NodeFiles(options.folder)))
    say_text(status.to_text(state, SystemClock().wall()))
    if state.answers[state.config.name] != status.ANSWERS:
        raise Retry(
            f"{state.config.name} does not answer",
            advice="start it: sudo systemctl start tallyman-ledger",
        )


def print_metrics(options: argparse.Namespace) -> None:
    """Print the node's state for Prometheus."""
    say_text(metrics.to_metrics(asyncio.run(status.read_status(NodeFiles(options.folder)))))


def show(options: argparse.Namespace) -> None:
    """Print the lines that a gateway's configuration needs."""
    node = read_public_node(NodeFiles(options.folder).public)
    table = {"name": node.name, "endpoint": node.endpoint, "server_key": node.curve}
    say_text(to_tables("ledger.node", [table]).lstrip("\n"))
