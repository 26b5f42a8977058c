"""The command tallyman-ledger: make a node, run it, and say who may talk to it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from agent import notify
from agent.durable import write_file
from agent.errors import AgentError, Fatal
from agent.evidence.errors import EvidenceError
from agent.evidence.policy_update import PolicyUpdate
from ledger import (
    arrivals,
    enrolment,
    lists,
    metrics,
    policy_change,
    replacement,
    run,
    status,
    times,
    tokens,
)
from ledger.clock import SystemClock
from ledger.enrolment import Invitation
from ledger.gateways import read_gateways
from ledger.init import Plan, init_node
from ledger.node import Surroundings
from ledger.node_files import PUBLIC_MODE, NodeFiles
from ledger.public_node import Role, read_public_node
from ledger.seed_text import seed_text
from ledger.toml_table import to_tables

FAILED = 1
UNUSABLE = 2
"""Exit status where the command or the configuration must be changed; argparse uses it too."""

DEFAULT_LISTEN = "tcp://127.0.0.1:7411"

Command = Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = parser().parse_args(arguments)
    command: Command = options.command
    try:
        command(options)
    except BaseExceptionGroup as group:
        return _report_group(group)
    except AgentError as error:
        return _report(error)
    except EvidenceError as error:
        print(f"tallyman-ledger: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return FAILED
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="tallyman-ledger", description="A ledger node: the sequencer of a log, or a witness."
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("folder", metavar="DIR", type=Path, help="the node's folder")
        sub.set_defaults(command=command)
        return sub

    _init_options(add("init", _init, "make a node: keys, files and, for a sequencer, its log"))
    add("run", _run, "run the node until SIGTERM")
    admit = add("admit", _admit, "let a gateway in")
    admit.add_argument("file", metavar="FILE", type=Path, help="output of: tallyman keys --public")
    revoke = add("revoke", _revoke, "let a gateway in no longer, or revoke one of its keys")
    revoke.add_argument("issuer", metavar="ISSUER", help="urn:uuid:… as `admitted` lists it")
    revoke.add_argument("--key", metavar="KID", help="one key alone, as `admitted` lists it")
    _replace_options(add("replace", _replace, "a new gateway for an old one; print its seed"))
    add("admitted", _admitted, "list the gateways that are or were let in")
    add("arrivals", _arrivals, "how far each gateway got, a JSON object a line")
    _token_options(commands)
    pin = add("pin", _pin, "on a witness: cosign a sequencer's log from now on")
    pin.add_argument("--policy", metavar="FILE", type=Path, required=True, help="its policy.txt")
    pin.add_argument("--sequencer", metavar="FILE", type=Path, required=True, help="its node.pub")
    _update_verbs(add)
    add("status", _status, "show how the node does, and whether its witnesses answer")
    add("metrics", _metrics, "print the node's state for Prometheus")
    add("show", _show, "print what a gateway's configuration needs to reach this node")
    return top


def _replace_options(replace: argparse.ArgumentParser) -> None:
    replace.add_argument("old", metavar="OLD", help="its name or id, as `admitted` lists it")
    replace.add_argument("--reason", required=True, help="why; it is signed and shown")
    replace.add_argument("--by", metavar="NAME", required=True, help="who replaces it")
    _seed_options(replace)


def _token_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "tokens with which new gateways let themselves in, once each"
    actions = commands.add_parser("token", help=text, description=text).add_subparsers(
        title="actions", metavar="ACTION", required=True
    )

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text)
        sub.add_argument("folder", metavar="DIR", type=Path, help="the node's folder")
        sub.set_defaults(command=command)
        return sub

    new = add("new", _token_new, "make a token, and print the seed of the gateway that brings it")
    new.add_argument("--label", required=True, help="its name; the token admits no other")
    _seed_options(new)
    add("list", _token_list, "list the tokens: for whom, until when, used by which gateway")
    withdraw = add("withdraw", _token_withdraw, "make a token worthless before it is used")
    withdraw.add_argument("digest", metavar="SHA256", help="the beginning, as `list` shows it")


def _seed_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--site", required=True, help="where it will stand")
    verb.add_argument("--profile", required=True, help="what it will be: truck, warehouse …")
    verb.add_argument("--expires", metavar="WHEN", required=True, help="14d, 36h, or a UTC time")
    verb.add_argument("--apn", default="", help="of its SIM card, where it has one")


def _init_options(init: argparse.ArgumentParser) -> None:
    add = init.add_argument
    add("--name", required=True, help="the node's name in policies and lists")
    add("--role", required=True, choices=[str(role) for role in Role])
    add("--listen", metavar="ADDRESS", default=DEFAULT_LISTEN, help="default: %(default)s")
    add("--endpoint", metavar="ADDRESS", help="how others reach it; default: as --listen")
    add("--origin", metavar="LOG", help="the log's name, example.org/log; default: NAME/log")
    add(
        "--witness",
        metavar="FILE",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        help="node.pub of each witness",
    )
    add("--quorum", metavar="N", type=int, help="cosigners wanted; default: more than (n + f) / 2")
    add("--enrol", metavar="ADDRESS", help="let gateways enrol by token here, tcp://0.0.0.0:7412")
    add("--store", metavar="URL", help="postgresql://HOST/DATABASE; default: SQLite in DIR")


def _update_verbs(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """Declare the three steps by which a log's witnesses are exchanged."""
    proposed = add("policy-propose", _propose, "on a sequencer: write a change of the witnesses")
    publish = add("policy-publish", _publish, "on a sequencer: put a signed change in force")
    for verb in (proposed, publish):
        verb.add_argument(
            "--witness",
            metavar="FILE",
            type=Path,
            nargs="+",
            action="extend",
            default=[],
            help="node.pub of each member from then on, but this node's own",
        )
    proposed.add_argument("--quorum", metavar="N", type=int, help="cosigners wanted from then on")
    sign = add("policy-sign", _sign, "sign a change of a log's witnesses, as a member until now")
    sign.add_argument("file", metavar="FILE", type=Path, help="the change, as it was proposed")
    for verb in (proposed, sign):
        verb.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    publish.add_argument(
        "--update",
        metavar="FILE",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        help="the change, as each member who signed gave it back",
    )


def _init(options: argparse.Namespace) -> None:
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
    print(f"made the {plan.role} {plan.name} in {files.folder}")
    print(f"give to the other operators: {files.public}")
    if plan.role is Role.SEQUENCER:
        print(f"give to witnesses and gateways: {files.policy}")
        print("each witness then runs: tallyman-ledger pin DIR --policy … --sequencer …")


def _run(options: argparse.Namespace) -> None:
    run.log_to_stderr()
    around = Surroundings(
        SystemClock(),
        notify.from_environment(os.environ),
        notify.watchdog_seconds(os.environ),
    )
    asyncio.run(run.run(NodeFiles(options.folder), around))


def _admit(options: argparse.Namespace) -> None:
    gateway = lists.admit(NodeFiles(options.folder), options.file, SystemClock().wall())
    print(f"{gateway.name} ({gateway.issuer}) may talk to this node")


def _revoke(options: argparse.Namespace) -> None:
    lists.revoke(NodeFiles(options.folder), options.issuer, SystemClock().wall(), options.key)
    what = f"key {options.key} of {options.issuer}" if options.key else options.issuer
    print(f"{what} is let in no longer")


def _replace(options: argparse.Namespace) -> None:
    files, now = NodeFiles(options.folder), SystemClock().wall()
    order = replacement.Order(options.old, options.by, options.reason)
    asked = Invitation(options.site, options.profile, options.old, options.expires)
    old, seed = replacement.replace_gateway(files, order, asked, options.apn, now, os.urandom)
    print(f"{old.name} ({old.issuer}) is out of service from now on", file=sys.stderr)
    print(seed, end="")


def _admitted(options: argparse.Namespace) -> None:
    for gateway in read_gateways(NodeFiles(options.folder).admitted):
        state = f"since {times.to_text(gateway.since)}"
        if gateway.revoked is not None:
            state = f"revoked {times.to_text(gateway.revoked)}"
        if gateway.replaced:
            state += f", {gateway.replaced}"
        print(f"{gateway.issuer}  {state}\n    {gateway.name}, key {gateway.key.kid.hex()}")


def _arrivals(options: argparse.Namespace) -> None:
    for each in arrivals.arrivals(NodeFiles(options.folder), SystemClock().wall()):
        print(json.dumps(each.to_dict(), ensure_ascii=False))


def _token_new(options: argparse.Namespace) -> None:
    files = NodeFiles(options.folder)
    invitation = Invitation(options.site, options.profile, options.label, options.expires)
    token = enrolment.invite(files, invitation, SystemClock().wall(), os.urandom)
    print(seed_text(files, invitation, token, options.apn), end="")


def _token_list(options: argparse.Namespace) -> None:
    files = NodeFiles(options.folder)
    used, now = enrolment.spenders(files), SystemClock().wall()
    for token in tokens.read_tokens(files.tokens):
        state = "expired" if now >= token.expires else "unused"
        if token.digest in used:
            state = f"used by {used[token.digest]}"
        print(
            f"{token.digest[: tokens.SHOWN_DIGITS]}  until {times.to_text(token.expires)}  {state}"
        )
        print(f"    {token.label}, {token.site}, {token.profile}")


def _token_withdraw(options: argparse.Namespace) -> None:
    token = enrolment.withdraw(NodeFiles(options.folder), options.digest)
    print(f"the token for {token.label} at {token.site} admits nobody any more")


def _pin(options: argparse.Namespace) -> None:
    pinned = lists.pin(NodeFiles(options.folder), options.policy, options.sequencer)
    print(f"this witness cosigns {pinned.log.name} for {pinned.name}")


def _propose(options: argparse.Namespace) -> None:
    witnesses = [read_public_node(path) for path in options.witness]
    files, now = NodeFiles(options.folder), SystemClock().wall()
    update = policy_change.propose(files, witnesses, options.quorum, now)
    write_file(options.output, update.to_bytes(), PUBLIC_MODE)
    _tell_update(update)
    print(f"give to every member of now, for policy-sign: {options.output}")


def _sign(options: argparse.Namespace) -> None:
    update = policy_change.read_update(options.file)
    signed = policy_change.sign(NodeFiles(options.folder), update, SystemClock().wall())
    write_file(options.output, signed.to_bytes(), PUBLIC_MODE)
    _tell_update(signed)
    print(f"signed; give back to the sequencer's operator: {options.output}")


def _publish(options: argparse.Namespace) -> None:
    updates = [policy_change.read_update(path) for path in options.update]
    witnesses = [read_public_node(path) for path in options.witness]
    files = NodeFiles(options.folder)
    signers = policy_change.publish(files, updates, witnesses)
    print(f"in force, signed by {', '.join(signers)}: start the node again")
    print(f"give to new witnesses, and to who verifies: {files.policy}")


def _tell_update(update: PolicyUpdate) -> None:
    change, policy = update.change, update.policy
    print(f"change {change.sequence} of {change.origin}, from {times.to_text(change.valid_from)}")
    for name, key in policy.witnesses.items():
        print(f"  {name}  {key.to_text()}")
    for name, group in policy.groups.items():
        print(f"  {name}: {group.threshold} of {', '.join(group.members)}")


def _status(options: argparse.Namespace) -> None:
    state = asyncio.run(status.read_status(NodeFiles(options.folder)))
    print(status.to_text(state, SystemClock().wall()), end="")


def _metrics(options: argparse.Namespace) -> None:
    print(metrics.to_metrics(asyncio.run(status.read_status(NodeFiles(options.folder)))), end="")


def _show(options: argparse.Namespace) -> None:
    node = read_public_node(NodeFiles(options.folder).public)
    table = {"name": node.name, "endpoint": node.endpoint, "server_key": node.curve}
    print(to_tables("ledger.node", [table]).lstrip("\n"), end="")


def _report(error: AgentError) -> int:
    print(f"tallyman-ledger: {error}", file=sys.stderr)
    if error.advice:
        print(f"  next: {error.advice}", file=sys.stderr)
    return UNUSABLE if isinstance(error, Fatal) else FAILED


def _report_group(group: BaseExceptionGroup[BaseException]) -> int:
    """Report the foreseeable errors of a node's tasks; whatever else is in `group` is a bug."""
    known, others = group.split(AgentError)
    if others is not None or known is None:
        raise group
    return max(_report(error) for error in _leaves(known))


def _leaves(group: BaseExceptionGroup[AgentError]) -> list[AgentError]:
    found: list[AgentError] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
