"""`tallyman decode HEX`: what an EPC says."""

from __future__ import annotations

import argparse

from agent.cli.common import Mistake, print_json
from agent.errors import AgentError
from drivers.gs1.epc import EpcError, decode

HELP = "an EPC in hexadecimal to its URI (GS1 TDS)"


class NoEpc(AgentError):
    """The bytes are no EPC known here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("epc", metavar="HEX", nargs="+", help="EPC memory as a reader shows it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the pure identity URI."""
    text = "".join(args.epc).replace(" ", "").replace("-", "").removeprefix("0x")
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise Mistake(
            f"{text[:64]!r} is not hexadecimal", advice="give an even number of digits 0-9, a-f"
        ) from None
    try:
        epc = decode(data)
    except EpcError as error:
        raise NoEpc(str(error), advice=f"without a scheme it is {error.raw}") from error
    if args.json:
        print_json({"epc": data.hex(), "uri": epc.uri, "tag_uri": epc.tag_uri})
    else:
        print(epc.uri)
    return 0
