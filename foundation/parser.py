"""argparse for commands: it raises its complaints, and a start need not load shutil for it."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn

from foundation.errors import AgentError

STDOUT = 1  # its descriptor
USUAL_COLUMNS = 80
MARGIN = 2  # columns that argparse leaves free


class UsageError(AgentError):
    """The words of a command line are none that the command knows."""

    exit_code = 2


class Formatter(argparse.HelpFormatter):
    """Measures the terminal by itself.

    argparse makes a formatter for every argument that is declared, and without a width each asks
    shutil for it, which brings bz2, lzma and zlib into every start.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns() - MARGIN)


class PlainFormatter(argparse.RawDescriptionHelpFormatter, Formatter):
    """Leaves the lines of description and epilog as they are."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of printing two formats of its own."""

    def __init__(
        self,
        prog: str,
        description: str,
        formatter_class: type[argparse.HelpFormatter] = Formatter,
        **others: Any,  # argparse's own, for the parser of a subcommand
    ) -> None:
        super().__init__(prog, description=description, formatter_class=formatter_class, **others)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, advice=f"see: {self.prog} --help")


def columns() -> int:
    """Return the width of the terminal; $COLUMNS comes first, as for other programs."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(STDOUT).columns or USUAL_COLUMNS
    except OSError:  # no terminal, or no standard output at all
        return USUAL_COLUMNS
