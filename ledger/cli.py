"""The command tallyman-ledger: make a node, run it, and say who may talk to it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from evidence.errors import EvidenceError
from foundation.console import told
from foundation.errors import AgentError
from foundation.parser import Parser
from foundation.printing import complain
from foundation.streams import denied, forget_output, prepare_streams
from ledger import verbs
from ledger.base.public_node import Role

FAILED = AgentError.exit_code
INTERRUPTED = 130  # 128 + SIGINT, as shells say it

_DAMAGED = "put back the file that the text is about, from the node's backup"

APN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")
"""As a gateway takes it from its seed (3GPP TS 23.003 §9)."""

DEFAULT_LISTEN = "tcp://127.0.0.1:7411"

Command = Callable[[argparse.Namespace], None]
Add = Callable[[str, Command], argparse.ArgumentParser]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    prepare_streams()
    try:
        options = parser().parse_args(arguments)
        command: Command = options.command
        command(options)
        sys.stdout.flush()  # here, where a broken pipe is expected, not when the interpreter ends
    except BaseExceptionGroup as group:
        return _report_group(group)
    except AgentError as error:
        return _report(error)
    except EvidenceError as error:
        return _report(AgentError(str(error), advice=_DAMAGED))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output left (`| head`): no news
        forget_output()
    except OSError as error:
        return _report(denied(error))
    return 0


def parser() -> Parser:
    """Return the parser of all commands."""
    top = Parser("tallyman-ledger", "A ledger node: the sequencer of a log, or a witness.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add = _adder(commands)
    _init_options(add("init", verbs.init))
    add("run", verbs.run_node)
    admit = add("admit", verbs.admit)
    admit.add_argument("file", metavar="FILE", type=Path, help="output of: tallyman keys --public")
    revoke = add("revoke", verbs.revoke)
    revoke.add_argument("issuer", metavar="ISSUER", help="urn:uuid:… as `admitted` lists it")
    revoke.add_argument("--key", metavar="KID", help="one key alone, as `admitted` lists it")
    _replace_options(add("replace", verbs.replace))
    add("admitted", verbs.admitted)
    add("arrivals", verbs.show_arrivals)
    _token_options(commands)
    pin = add("pin", verbs.pin)
    pin.add_argument("--policy", metavar="FILE", type=Path, required=True, help="its policy.txt")
    pin.add_argument("--sequencer", metavar="FILE", type=Path, required=True, help="its node.pub")
    _update_verbs(add)
    add("status", verbs.show_status)
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


def help_line(command: Command) -> str:
    """Return the first line of a verb's docstring, the one text that says what it does."""
    line = (command.__doc__ or "").partition("\n")[0].rstrip(".")
    return line[:1].lower() + line[1:]


def _replace_options(replace: argparse.ArgumentParser) -> None:
    replace.add_argument("old", metavar="OLD", help="its name or id, as `admitted` lists it")
    replace.add_argument("--reason", required=True, help="why; it is signed and shown")
    replace.add_argument("--by", metavar="NAME", required=True, help="who replaces it")
    _seed_options(replace)


def _token_options(commands: argparse._SubParsersAction[Parser]) -> None:
    text = "tokens with which new gateways let themselves in, once each"
    actions = commands.add_parser("token", help=text, description=text).add_subparsers(
        title="actions", metavar="ACTION", required=True
    )
    add = _adder(actions)
    new = add("new", verbs.new_token)
    new.add_argument("--label", required=True, help="its name; the token admits no other")
    _seed_options(new)
    add("list", verbs.list_tokens)
    withdraw = add("withdraw", verbs.withdraw_token)
    withdraw.add_argument("digest", metavar="SHA256", help="the beginning, as `list` shows it")


def _seed_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--site", required=True, help="where it will stand")
    verb.add_argument("--profile", required=True, help="what it will be: truck, warehouse …")
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


def _report(error: AgentError) -> int:
    """Print an error and its next step in the words of `tallyman`; return the exit code."""
    for line in told(error):
        complain(line)
    return error.exit_code


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
