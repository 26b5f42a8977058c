"""What tallyman-ledger is told: its verbs, each with its options."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from foundation.parser import Parser
from ledger.base import times
from ledger.base.public_node import Role
from ledger.commands import gateway_verbs, verbs

APN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")
"""As a gateway takes it from its seed (3GPP TS 23.003 §9)."""

DEFAULT_LISTEN = "tcp://127.0.0.1:7411"

Command = Callable[[argparse.Namespace], None]
Add = Callable[[str, Command], argparse.ArgumentParser]


def parser() -> Parser:
    """Return the parser of all commands."""
    top = Parser("tallyman-ledger", "A ledger node: the sequencer of a log, or a witness.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add = _adder(commands)
    _init_options(add("init", verbs.init))
    add("run", verbs.run_node)
    admit = add("admit", gateway_verbs.admit)
    admit.add_argument("file", metavar="FILE", type=Path, help="output of: tallyman keys --public")
    revoke = add("revoke", gateway_verbs.revoke)
    revoke.add_argument("gateway", metavar="GATEWAY", help="its name or id, as `admitted` lists it")
    revoke.add_argument("--key", metavar="KID", help="one key alone, as `admitted` lists it")
    _replace_options(add("replace", gateway_verbs.replace))
    _erase_options(add("erase", gateway_verbs.erase))
    _telling(add, "admitted", gateway_verbs.admitted)
    add("arrivals", gateway_verbs.show_arrivals)  # prints JSON as it is
    _token_options(commands)
    pin = add("pin", verbs.pin)
    pin.add_argument("--policy", metavar="FILE", type=Path, required=True, help="its policy.txt")
    pin.add_argument("--sequencer", metavar="FILE", type=Path, required=True, help="its node.pub")
    _update_verbs(add)
    _telling(add, "status", verbs.show_status)
    add("metrics", verbs.print_metrics)
    add("show", verbs.show)
    return top


def _adder(actions: argparse._SubParsersAction[Parser]) -> Add:
    """Return what declares a verb on a node's folder among `actions`."""

    def add(name: str, command: Command) -> argparse.ArgumentParser:
        text = help_line(command)
        verb = actions.add_parser(name, help=text, description=text)
        verb.add_argument("folder", metavar="DIR", type=Path, help="the node's folder")
        verb.set_defaults(command=command)
        return verb

    return add


def _telling(add: Add, name: str, command: Command) -> None:
    """Declare a verb that tells programs, too."""
    add(name, command).add_argument("--json", action="store_true", help="print one JSON object")


def help_line(command: Command) -> str:
    """Return the first line of a verb's docstring, the one text that says what it does."""
    line = (command.__doc__ or "").partition("\n")[0].rstrip(".")
    return line[:1].lower() + line[1:]


def _replace_options(replace: argparse.ArgumentParser) -> None:
    replace.add_argument("old", metavar="OLD", help="its name or id, as `admitted` lists it")
    replace.add_argument("--reason", required=True, help="why; it is signed and shown")
    replace.add_argument("--by", metavar="NAME", required=True, help="who replaces it")
    _seed_options(replace)


def _erase_options(erase: argparse.ArgumentParser) -> None:
    erase.add_argument("--gateway", metavar="NAME", help="its name or id; default: all gateways")
    erase.add_argument(
        "--since", type=_utc, metavar="UTC", help="batches from 2026-01-31T12:00:00Z"
    )
    erase.add_argument("--until", type=_utc, metavar="UTC", help="batches up to then")
    erase.add_argument("--by", metavar="WHO", required=True, help="who asked for it")
    erase.add_argument("--reason", required=True, help="why; it is kept in erased.toml")
    erase.add_argument("--dry-run", action="store_true", help="only say how much it would be")


def _utc(text: str) -> int:
    try:
        return times.from_text(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _token_options(commands: argparse._SubParsersAction[Parser]) -> None:
    text = "tokens with which new gateways let themselves in, once each"
    actions = commands.add_parser("token", help=text, description=text).add_subparsers(
        title="actions", metavar="ACTION", required=True
    )
    add = _adder(actions)
    new = add("new", gateway_verbs.new_token)
    new.add_argument("--label", required=True, help="its name; the token admits no other")
    _seed_options(new)
    _telling(add, "list", gateway_verbs.list_tokens)
    withdraw = add("withdraw", gateway_verbs.withdraw_token)
    withdraw.add_argument("digest", metavar="SHA256", help="the beginning, as `list` shows it")


def _seed_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--site", required=True, help="where it will stand")
    verb.add_argument("--profile", required=True, help="what it will be: truck, warehouse …")
    verb.add_argument(
        "--profiles",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="a folder of further profiles, NAME.toml, that your cards have",
    )
    verb.add_argument("--expires", metavar="WHEN", required=True, help="14d, 36h, or a UTC time")
    verb.add_argument("--apn", type=_apn, default="", help="of its SIM card, where it has one")


def _apn(text: str) -> str:
    if text and not APN.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no access point name like internet.example")
    return text


def _init_options(init: argparse.ArgumentParser) -> None:
    add = init.add_argument
    add("--name", required=True, help="the node's name in policies and lists")
    add("--role", required=True, choices=[str(role) for role in Role])
    add("--listen", metavar="ADDRESS", default=DEFAULT_LISTEN, help="default: %(default)s")
    add("--endpoint", metavar="ADDRESS", help="how others reach it; default: as --listen")
    add("--origin", metavar="LOG", help="the log's name, example.org/log; default: NAME/log")
    _files_option(init, "--witness", "node.pub of each witness")
    add("--quorum", metavar="N", type=int, help="cosigners wanted; default: more than (n + f) / 2")
    add("--enrol", metavar="ADDRESS", help="let gateways enrol by token here, tcp://0.0.0.0:7412")
    add("--store", metavar="URL", help="postgresql://HOST/DATABASE; default: SQLite in DIR")


def _update_verbs(add: Add) -> None:
    """Declare the three steps by which a log's witnesses are exchanged."""
    proposed = add("policy-propose", verbs.propose)
    publish = add("policy-publish", verbs.publish)
    for verb in (proposed, publish):
        members = "node.pub of each member from then on, but this node's own"
        _files_option(verb, "--witness", members)
    proposed.add_argument("--quorum", metavar="N", type=int, help="cosigners wanted from then on")
    sign = add("policy-sign", verbs.sign)
    sign.add_argument("file", metavar="FILE", type=Path, help="the change, as it was proposed")
    for verb in (proposed, sign):
        verb.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    given_back = "the change, as each member who signed gave it back"
    _files_option(publish, "--update", given_back, required=True)


def _files_option(
    verb: argparse.ArgumentParser, name: str, text: str, *, required: bool = False
) -> None:
    verb.add_argument(
        name,
        metavar="FILE",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        required=required,
        help=text,
    )
