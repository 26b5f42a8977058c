"""The command `tallyman`: a table of verbs, each imported only when it is asked for."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn, Protocol, cast

from agent.machine.version import VERSION
from drivers.errors import DriverError
from foundation.errors import AgentError
from foundation.hints import hint

# As in agent/config/settings.py, which imports asyncio and so cannot be asked yet.
SYSTEM_CONFIG, CONFIG_VARIABLE = "/etc/tallyman/tallyman.toml", "TALLYMAN_CONFIG"

VERBS = {
    "run": ("agent.cli.run", "collect, until stopped"),
    "status": ("agent.cli.status", "what runs, what is silent, what is unsent"),
    "devices": ("agent.cli.devices", "each device: state, last reading, counters"),
    "read": ("agent.cli.read", "read one device once, now"),
    "journal": ("agent.cli.journal", "the records, in their order"),
    "config": ("agent.cli.config", "check the configuration, or print its schema"),
    "decode": ("agent.cli.decode", "what an EPC, a URI or a barcode says"),
    "commission": ("agent.cli.commission", "write a tag: its EPC, verified, on record"),
    "support": ("agent.cli.support", "pack what helps to find a fault; no keys"),
    "dock": ("agent.cli.dock", "check what comes in against a notice; a signed receipt"),
    "deliver": ("agent.cli.deliver", "hand goods over: driver and receiver sign one receipt"),
    "shipment": ("agent.cli.shipment", "bind goods, vehicle, seals, sensors; where are they?"),
    "shelf": ("agent.cli.shelf", "what is at each read point now"),
    "people": ("agent.cli.people", "who may sign, with a PIN"),
    "notarize": ("agent.cli.notarize", "sign a file's digest and put it on record"),
    "bundle": ("agent.cli.bundle", "pack confirmed records into one file for an auditor"),
    "keys": ("agent.cli.keys", "this gateway's public keys; a new key, a new epoch"),
    "where": ("agent.cli.where", "where records are kept, and who signed for them"),
    "gap": ("agent.cli.gap", "batches that are lost, and declaring so"),
    "salvage": ("agent.cli.salvage", "read a dead gateway's card; keep, send, take over"),
    "enrol": ("agent.cli.enrol", "let a new gateway into the ledger, by the seed on its card"),
    "inherit": ("agent.cli.inherit", "the journal of the gateway before, from its card"),
    "update": ("agent.cli.update", "install a signed update; go back where it does not do"),
    "settle": ("agent.cli.settle", "tags that several gateways had at once: who has them"),
    "verify": ("agent.cli.verify", "check a bundle offline against a pinned policy"),
}
"""Verb → module and one line of help."""

USAGE_ERROR = 2
FAILURE = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells say it


class Verb(Protocol):
    """What the module of a verb offers. `run` returns the exit code."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's arguments."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do it."""
        ...


class UsageError(AgentError):
    """The command line or the configuration cannot be used: exit code 2."""

    advice = "see: tallyman --help"
    exit_code = USAGE_ERROR


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of printing two formats of its own."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, advice=f"see: {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; every foreseeable error is two lines on stderr and an exit code."""
    fill_standard_streams()
    try:
        return dispatch(list(sys.argv[1:] if argv is None else argv))
    except (AgentError, DriverError) as error:
        return report(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output left (`| head`): no news
        forget_output()
        return 0
    except OSError as error:
        if error.errno == errno.ENOSPC and error.filename is None:
            forget_output()
        return report(denied(error))


def fill_standard_streams() -> None:
    """Put /dev/null where a standard stream is closed: the next file opened would become it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def forget_output() -> None:
    """Let the interpreter, when it ends, flush what is left of our output to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def denied(error: OSError) -> AgentError:
    """Return what the system refused, for people; raise the error where it names no file."""
    if error.errno == errno.ENOSPC and error.filename is None:
        return AgentError(
            "the output cannot be written: the disk is full", advice="write it to another one"
        )
    if error.filename is None:
        raise error
    from foundation.durable import advice_for  # noqa: PLC0415  only an error needs it

    what = f"{os.fsdecode(error.filename)}: {error.strerror or error}"
    return AgentError(what, advice=advice_for(error.errno))


def dispatch(argv: list[str]) -> int:
    """Find the verb and run it."""
    parser = Parser(
        prog="tallyman",
        description="Collects, keeps and proves what happened to goods.",
        epilog=table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=True,
    )
    parser.add_argument("--config", metavar="FILE", help="may stand behind the verb, too")
    parser.add_argument("--version", action="version", version=f"tallyman {VERSION}")
    parser.add_argument("verb", metavar="VERB", help="what to do, see below")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    if not argv:
        parser.print_help()
        return USAGE_ERROR
    args = parser.parse_args(argv)
    if args.verb not in VERBS:
        raise UsageError(f"there is no verb {args.verb!r}{hint(args.verb, VERBS)}")
    chosen = ["--config", args.config] if args.config else []
    return run_verb(args.verb, [*chosen, *args.rest])


def spare_openssl() -> None:
    """Let Python do without its own OpenSSL: 8 MB, and `cryptography` brings one anyway.

    `asyncio` then has no `ssl`, which few devices speak: the other links are ZeroMQ with CURVE,
    plain TCP, serial ports and buses. `hashlib` has the hashes that come with Python, which cost
    a record half a hash more. Comes before these are imported, and so before the configuration
    is really read.
    """
    modules = cast("dict[str, object]", sys.modules)
    modules.setdefault("ssl", None)
    if find_spec("_sha2" if sys.version_info >= (3, 12) else "_sha256"):  # not every build has it
        modules.setdefault("_hashlib", None)


def names_tls(argv: Sequence[str]) -> bool:
    """Whether the configuration that `run` will read has the word `tls` in it."""
    words = [part for word in argv for part in word.split("=", 1)]
    given = words[words.index("--config") + 1 :] if "--config" in words else []
    path = given[0] if given else os.environ.get(CONFIG_VARIABLE, SYSTEM_CONFIG)
    try:
        return b"tls" in Path(path).read_bytes()
    except OSError:
        return False  # `run` says what is wrong with it


def run_verb(name: str, argv: Sequence[str]) -> int:
    """Import the verb's module, parse its arguments, run it; return its exit code."""
    if name == "run":
        gc.disable()  # a tenth of a start's time; the agent enables it once it runs
        if not names_tls(argv):
            spare_openssl()
    verb = cast("Verb", import_module(VERBS[name][0]))
    parser = Parser(prog=f"tallyman {name}", description=verb.HELP)
    verb.add_arguments(parser)
    code = verb.run(parser.parse_args(argv))
    sys.stdout.flush()  # here, where a broken pipe is expected, not when the interpreter ends
    return code


def table() -> str:
    """Return the verbs as the help shows them."""
    width = max(map(len, VERBS))
    return "verbs:\n" + "\n".join(f"  {name:{width}}  {text}" for name, (_, text) in VERBS.items())


def report(error: AgentError | DriverError) -> int:
    """Print an error and its next step; return the exit code."""
    from agent.cli.console import told  # noqa: PLC0415  only a mistake needs it

    for line in told(error, fold=sys.stderr.isatty()):
        print(line, file=sys.stderr)
    return error.exit_code if isinstance(error, AgentError) else FAILURE


if __name__ == "__main__":
    sys.exit(main())
