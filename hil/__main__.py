"""`python -m hil VERB …`: the bench's commands. Only the verb's own module is imported."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import Protocol, cast

VERBS = {
    "up": ("hil.rig.up", "bring up all emulated devices of a rig until Ctrl-C"),
    "emulate": ("hil.rig.emulate", "emulate one device of any kind until Ctrl-C"),
    "replay": ("hil.rig.replay", "run a capture through the real driver and print its readings"),
    "campaign": ("hil.campaign.verb", "power cuts and kills -9 by the hundred"),
    "noise": ("hil.noise.verb", "bad lines and mutants against the GNSS driver"),
    "device-bytes": ("hil.budgets.device_bytes", "what the journal writes to a real ext4 (root)"),
    "demo": ("hil.demo.verb", "a truck's day, or a pallet at a door, in less than a minute"),
    "bench": ("hil.budgets.bench", "measure the budgets; build/bench.json"),
    "bench-peers": ("hil.side_by_side.verb", "other gateways beside Tallyman, in turn"),
    "boot-test": ("hil.boot.campaign", "the card in a virtual machine, and what may happen to it"),
}


class Verb(Protocol):
    """What the module of a verb offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's arguments."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do it; return the exit code."""
        ...


def main(argv: list[str]) -> int:
    """Run the verb that `argv` names and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m hil", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    chosen = next((word for word in argv if not word.startswith("-")), None)
    module: Verb | None = None
    for name, (path, text) in VERBS.items():
        verb_parser = verbs.add_parser(name, help=text, description=text)
        if name == chosen:
            module = cast("Verb", importlib.import_module(path))
            module.add_arguments(verb_parser)
    args = parser.parse_args(argv)
    assert module is not None
    try:
        code = module.run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output left (`| head`): the interpreter must not flush again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
