"""`tallyman deliver NOTICE --read-point P --driver D --receiver R`: goods change hands.

The check is that of `tallyman dock`; its receipt is signed by both parties over the same bytes,
each with a PIN. Where one of them gives none, the delivery is unilateral, and says so.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from agent.cli.dock import proceed
from agent.cli.dock_arguments import add_check_arguments
from agent.cli.dock_receipt import signature
from agent.cli.dock_talk import Desk
from agent.cli.errors import Mistake
from agent.cli.people import read_pin
from agent.cli.place import gateway
from agent.desks.control_client import ask, ask_one
from foundation.hints import hint
from foundation.printing import say

HELP = "hand goods over: driver and receiver sign one receipt"

PIN_VARIABLES = {"driver": "TALLYMAN_DRIVER_PIN", "receiver": "TALLYMAN_RECEIVER_PIN"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("notice", metavar="NOTICE", type=Path, help="file of the notice")
    add_check_arguments(parser)
    parser.add_argument("--driver", metavar="NAME", required=True, help="who hands the goods over")
    parser.add_argument("--receiver", metavar="NAME", required=True, help="who receives them")


def run(args: argparse.Namespace) -> int:
    """Check the goods and have both parties sign."""
    args.operator = args.receiver
    return proceed(gateway(args).control, args, Handover)


class Handover(Desk):
    """A check that ends with two signatures over the same bytes."""

    def begin(self) -> None:
        """Refuse names that cannot sign, before a check is opened or a PIN typed."""
        for role, known in self._known().items():
            if not known:
                say(self._cannot_sign(role))

    def _known(self) -> dict[str, bool]:
        """Return of each role whether its name has a key here."""
        names = {role: getattr(self.args, role) for role in PIN_VARIABLES}
        found = ask_one(self.control, {"verb": "dock-signers", **names})
        return {role: bool(found.get(name)) for role, name in names.items()}

    def _cannot_sign(self, role: str) -> str:
        """Say that a party has no key here; Mistake where the name looks like a slip."""
        name = getattr(self.args, role)
        people = [str(each["name"]) for each in ask(self.control, {"verb": "people"})]
        if (like := hint(name, people)) or os.environ.get(PIN_VARIABLES[role]):
            raise Mistake(
                f"{name} has no key here{like}", advice=f"tallyman people add {name} --role {role}"
            )
        return self.words("talk.will-not-sign", name=name, role=self.words(f"talk.{role}"))

    def obey(self, line: str) -> int | None:
        """Also take another name for one of the parties: `driver NAME`, `receiver NAME`."""
        role, _, name = line.partition(" ")
        if role in PIN_VARIABLES and name.strip():
            setattr(self.args, role, name.strip())
            self.args.operator = self.args.receiver
            self.begin()
            say(f"{self.words(f'talk.{role}')}: {name.strip()}")
            return None
        return super().obey(line)

    def close(self, decision: str) -> int:
        """Decide, let both sign, and print the receipt."""
        args = self.args
        known = self._known()
        pins = {
            f"{role}_pin": read_pin(self._pin_of(role), variable) if known[role] else ""
            for role, variable in PIN_VARIABLES.items()
        }
        receipt = self.ask(
            "dock-deliver", decision=decision, driver=args.driver, receiver=args.receiver, **pins
        )
        self.print_receipt(receipt, signature(receipt, receipt, self.words))
        return 0

    def _pin_of(self, role: str) -> str:
        name = getattr(self.args, role)
        return self.words("talk.pin-or-none", name=name, role=self.words(f"talk.{role}"))
