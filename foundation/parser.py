"""argparse for commands: it raises its complaints, and a start need not load shutil for it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from foundation.console import folded
from foundation.errors import AgentError
from foundation.hints import hint
from foundation.printing import say_text

STDOUT = 1  # its descriptor
USUAL_COLUMNS = 80
MARGIN = 2  # columns that argparse leaves free


class UsageError(AgentError):
    """The words of a command line are none that the command knows."""

    exit_code = 2


EXIT_CODES = (
    "exit codes: 0 done; 1 not done, another try may help; 2 it must be asked otherwise; "
    "130 interrupted"
)
"""docs/operate/exit-codes.md says which mistake is which."""


class Argument(NamedTuple):
    """What a parser takes. `flags` are empty where it is known by its place; `type` turns its text
    into a value, None where it is text or, without `takes_value`, there or not.
    """

    name: str
    flags: tuple[str, ...]
    help: str
    type: Callable[[str], Any] | None
    choices: tuple[Any, ...]
    takes_value: bool
    required: bool
    many: bool


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
        self.exit_codes = EXIT_CODES

    def format_help(self) -> str:
        """Return the help, which ends with the exit codes."""
        codes = folded(self.exit_codes, 2, columns() - MARGIN)
        return "\n".join([super().format_help(), *codes, ""])

    def print_help(self, file: Any = None) -> None:
        """Print it where everything is printed."""
        if file is None:
            say_text(self.format_help())
        else:
            super().print_help(file)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Name the choice that was perhaps meant; argparse only lists them."""
        choices = [str(choice) for choice in action.choices or ()]
        if action.choices is not None and value not in action.choices:
            known = f"none of {', '.join(choices)}"
            raise argparse.ArgumentError(action, f"{value!r} is {known}{hint(value, choices)}")

    def arguments(self) -> list[Argument]:
        """Return what was declared, in its order, but for --help."""
        return [
            _argument(action, self.prog)
            for action in self._actions
            if action.dest != "help" and action.help != argparse.SUPPRESS
        ]

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, advice=f"see: {self.prog} --help")


def _argument(action: argparse.Action, prog: str) -> Argument:
    name = action.dest if action.option_strings or not action.metavar else str(action.metavar)
    type_ = action.type if callable(action.type) else None
    again = isinstance(action, argparse._AppendAction)  # noqa: SLF001  it has no other name
    return Argument(
        name.lower().replace("_", "-"),
        tuple(action.option_strings),
        (action.help or "") % {**vars(action), "prog": prog},
        type_,
        tuple(action.choices or ()),
        action.nargs != 0,
        action.required,
        again or action.nargs in ("*", "+"),
    )


def columns() -> int:
    """Return the width of the terminal; $COLUMNS comes first, as for other programs."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(STDOUT).columns or USUAL_COLUMNS
    except OSError:  # no terminal, or no standard output at all
        return USUAL_COLUMNS
