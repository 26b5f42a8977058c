"""A command's standard streams: one may be closed, be read no further, or lack room."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from foundation.errors import AgentError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def prepare_streams() -> None:
    """Make the standard streams take whatever is written to them.

    Where one is closed, /dev/null is put: the next file opened would become it. A character that
    the terminal's encoding lacks, or a file's name that is no text, is written as an escape.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def forget_output() -> None:
    """Let the interpreter, when it ends, flush what is left of our output to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def whoever_reads() -> Iterator[None]:
    """Print within it where the exit code says something: a reader that leaves changes nothing."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()


def denied(error: OSError) -> AgentError:
    """Return what the system refused, for people; raise what names no file and is no output."""
    if error.filename is None:
        return _output_denied(error)
    from foundation.durable import advice_for  # noqa: PLC0415  only an error needs it

    what = f"{os.fsdecode(error.filename)}: {error.strerror or error}"
    return AgentError(what, advice=advice_for(error.errno))


def _output_denied(error: OSError) -> AgentError:
    """Return that our output has no room, and forget the rest; raise any other error again."""
    if error.errno not in _FULL:
        raise error
    forget_output()
    return AgentError(
        "the output cannot be written: the disk is full", advice="write it to another disk"
    )
