"""What each verb of tallyman-ledger does for a node and its log; errors pass through.

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
from foundation.printing import say, say_json, say_text
from ledger.base import descriptors, times
from ledger.base.clock import SystemClock
from ledger.base.node_files import PUBLIC_MODE, NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.base.toml_text import to_tables
from ledger.enrolling import lists
from ledger.node import metrics, run, status
from ledger.node.init import Plan, init_node
from ledger.node.node import Surroundings
from ledger.policy import change as policy_change


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
    if plan.witnesses:
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
    if options.json:
        say_json(status.to_dict(state))
    else:
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
