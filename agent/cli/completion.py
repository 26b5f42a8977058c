"""`tallyman completion SHELL`: what bash, zsh or fish offers behind `tallyman`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from agent.cli.completion_scripts import Words, bash, fish, zsh
from agent.cli.verbs import VERBS, parser_of
from foundation.printing import say_text
from foundation.verbs import help_line

HELP = "print the completion of these verbs for a shell"

SHELLS: Mapping[str, Callable[[Mapping[str, Words]], str]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("shell", metavar="SHELL", choices=tuple(SHELLS), help="bash, zsh or fish")
    parser.epilog = (
        "bash: source <(tallyman completion bash). zsh: tallyman completion zsh > "
        "${fpath[1]}/_tallyman. fish: tallyman completion fish > "
        "~/.config/fish/completions/tallyman.fish"
    )


def run(args: argparse.Namespace) -> int:
    """Print the script, made from the parsers of all verbs."""
    say_text(SHELLS[args.shell](words()))
    return 0


def words() -> dict[str, Words]:
    """Return each verb with its help and arguments."""
    return {
        verb: Words(help_line(module), parser_of(verb)[1].arguments())
        for verb, module in VERBS.items()
    }
