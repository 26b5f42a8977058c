"""The command `tallyman`: of its verbs, only the one that is asked for is imported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from agent.cli import lean_start
from agent.cli.verbs import VERBS, page, parser_of
from agent.machine.version import VERSION
from drivers.errors import DriverError
from foundation.errors import AgentError
from foundation.hints import hint
from foundation.parser import EXIT_CODES, Parser, PlainFormatter, UsageError
from foundation.printing import complain
from foundation.streams import denied, forget_output, prepare_streams

SEE = "see: tallyman --help"
ABOUT = "Collects, keeps and proves what happened to goods."

FAILURE = 1
USAGE_ERROR = UsageError.exit_code
UNTOLD = (AgentError, DriverError, OSError)
"""What ends a verb; where its exit codes are verdicts, its FAILURE stands for all of them."""
INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; every foreseeable error is two lines on stderr and an exit code."""
    prepare_streams()
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
        return report(denied(error))


class TopParser(Parser):
    """The parser of what stands before the verb's own arguments."""

    def __init__(self) -> None:
        super().__init__("tallyman", ABOUT, PlainFormatter)
        self.usage = "tallyman [--config FILE] VERB …"
        self.epilog = "tallyman VERB --help says more of a verb."
        self.add_argument(
            "--config", metavar="FILE", help="the configuration of the verbs that read one"
        )
        self.add_argument("--version", action="version", version=f"tallyman {VERSION}")
        self.add_argument("verb", nargs="?", help=argparse.SUPPRESS)
        self.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)

    def format_help(self) -> str:
        """Return the help with the list of verbs, which nothing else needs."""
        self.description = f"{ABOUT}\n\n{page()}"
        return super().format_help()


def dispatch(argv: list[str]) -> int:
    """Find the verb and run it."""
    parser = TopParser()
    if not argv:
        parser.print_help()
        return USAGE_ERROR
    args = parser.parse_args(argv)
    if args.verb is None:
        raise UsageError("no verb is given", advice=SEE)
    if args.verb not in VERBS:
        raise UsageError(f"there is no verb {args.verb!r}{hint(args.verb, VERBS)}", advice=SEE)
    chosen = ["--config", args.config] if args.config else []
    return run_verb(args.verb, [*chosen, *args.rest])


def run_verb(name: str, argv: Sequence[str]) -> int:
    """Import the verb's module, parse its arguments, run it; return its exit code."""
    if name == "run":
        lean_start.prepare(argv)
    verb, parser = parser_of(name)
    parser.exit_codes = getattr(verb, "EXIT_CODES", EXIT_CODES)
    try:
        code = verb.run(parser.parse_args(argv))
        sys.stdout.flush()  # here, where a broken pipe is expected, not when the interpreter ends
    except UNTOLD as error:
        failure = getattr(verb, "FAILURE", None)
        if failure is None or isinstance(error, BrokenPipeError):
            raise
        report(denied(error) if isinstance(error, OSError) else error)
        return int(failure)
    return code


def report(error: AgentError | DriverError) -> int:
    """Print an error and its next step; return the exit code."""
    from foundation.console import told  # noqa: PLC0415  only a mistake needs it

    for line in told(error, fold=sys.stderr.isatty()):
        complain(line)
    return error.exit_code if isinstance(error, AgentError) else FAILURE


if __name__ == "__main__":
    sys.exit(main())
