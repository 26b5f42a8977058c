"""The command tallyman-ledger: make a node, run it, and say who may talk to it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from textwrap import wrap

from evidence.errors import EvidenceError
from foundation.errors import AgentError, Fatal
from foundation.streams import forget_output, output_denied, prepare_streams
from ledger.commands.arguments import parser

FAILED = 1
UNUSABLE = 2
"""Exit status where the command or the configuration must be changed."""

WIDTH = 79
"""Of 80 columns: the last one wraps on some consoles."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    prepare_streams()
    try:
        options = parser().parse_args(arguments)
        options.command(options)
        sys.stdout.flush()  # here, where a broken pipe is expected, not when the interpreter ends
    except BaseExceptionGroup as group:
        return _report_group(group)
    except AgentError as error:
        return _report(error)
    except EvidenceError as error:
        _complain("error", str(error))
        return FAILED
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:  # the reader of our output left (`| head`): no news
        forget_output()
    except OSError as error:
        return _report(output_denied(error))
    return 0


def _report(error: AgentError) -> int:
    for line in str(error).splitlines():
        _complain("error", line)
    if error.advice:
        _complain("next", error.advice)
    return UNUSABLE if isinstance(error, Fatal) else error.exit_code


def _complain(label: str, text: str) -> None:
    """Print it in the words of `tallyman`; names, paths and commands stay in one piece."""
    lines = wrap(
        text,
        WIDTH,
        initial_indent=f"{label}: ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    print("\n".join(lines), file=sys.stderr)


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
