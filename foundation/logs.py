"""How a log line is written: one line a message, whatever strangers' words are in it."""

from __future__ import annotations

import logging
import sys
from types import TracebackType

from foundation.words import one_line

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class OneLine(logging.Formatter):
    """Escapes what is not printed. A traceback's lines are indented: none passes for a message."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """Return the message with what stands before it, as one line.

        systemd takes `<3>` at its beginning for its level (sd-daemon(3)): it is moved on.
        """
        line = one_line(super().formatMessage(record))
        return f" {line}" if line.startswith("<") else line

    def formatException(self, ei: _Raised) -> str:  # noqa: N802
        """Return the traceback, its lines indented."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  {one_line(line)}" for line in lines)


def log_to_stderr(form: str, level: int = logging.INFO) -> None:
    """Send log lines from `level` up to standard error, in the `form` of logging.Formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(form))
    logging.basicConfig(handlers=[handler], level=level)
