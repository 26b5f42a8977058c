"""A command's standard streams: one may be closed, be read no further, or lack room."""

from __future__ import annotations

import errno
import io
import os
import sys

from foundation.errors import AgentError


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


def output_denied(error: OSError) -> AgentError:
    """Return that our output has no room, and forget the rest; raise any other error again."""
    if error.errno != errno.ENOSPC or error.filename is not None:
        raise error
    forget_output()
    return AgentError(
        "the output cannot be written: the disk is full", advice="write it to another disk"
    )
