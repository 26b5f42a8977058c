"""`tallyman deliver NOTICE --read-point P --driver D --receiver R`: goods change hands.

The check is that of `tallyman dock`; its receipt is signed by both parties over the same bytes,
each with a PIN. Where one of them gives none, the delivery is unilateral, and says so.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.cli.dock import Desk, add_check_arguments, proceed
from agent.cli.people import read_pin
from agent.cli.place import gateway

HELP = "hand goods over: driver and receiver sign one receipt"

DRIVER_PIN, RECEIVER_PIN = "TALLYMAN_DRIVER_PIN", "TALLYMAN_RECEIVER_PIN"


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

    def close(self, decision: str) -> int:
        """Decide, let both sign, and print the receipt."""
        args = self.args
        receipt = self.ask(
            "dock-deliver",
            decision=decision,
            driver=args.driver,
            receiver=args.receiver,
            driver_pin=read_pin(f"PIN of {args.driver}, the driver (empty: none): ", DRIVER_PIN),
            receiver_pin=read_pin(
                f"PIN of {args.receiver}, the receiver (empty: none): ", RECEIVER_PIN
            ),
        )
        self.print_receipt(receipt, SIGNED[receipt["state"]])
        return 0


SIGNED = {
    "signed": "signed by driver and receiver",
    "unilateral": "UNILATERAL: one of the two did not sign",
    "unsigned": "UNSIGNED: neither of the two signed",
}
