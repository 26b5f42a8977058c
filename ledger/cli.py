"""The command tallyman-ledger: make a node, run it, and say who may talk to it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from evidence.errors import EvidenceError
from foundation.console import told
from foundation.errors import AgentError
from foundation.printing import complain
from foundation.streams import denied, forget_output, prepare_streams
from ledger.commands.arguments import parser

FAILED = AgentError.exit_code
INTERRUPTED = 130  # 128 + SIGINT, as shells say it

_DAMAGED = "put back the file that the text is about, from the node's backup"


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
        return _report(AgentError(str(error), advice=_DAMAGED))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output left (`| head`): no news
        forget_output()
    except OSError as error:
        return _report(denied(error))
    return 0


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
