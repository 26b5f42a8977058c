"""`tallyman commission DEVICE CONTENT`: write a tag's EPC, read it back, lock it if asked."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

from agent.cli.arguments import add_config, whole
from agent.cli.decode import find
from agent.cli.errors import Mistake
from agent.cli.people import unseen
from agent.cli.place import gateway
from agent.desks.control_client import ask_one
from drivers.gs1.element_strings import GS
from drivers.gs1.epc import PURE, TAG
from drivers.gs1.epc_encode import encode_keys, encode_uri, pure_uri
from drivers.gs1.errors import Gs1Error
from drivers.gs1.pc_word import PcWord
from foundation.printing import say_each, say_json

HELP = "write a tag's EPC, read it back, lock it if asked"
EPILOG = (
    "CONTENT is a scan, (01)…(21)…, a Digital Link, an EPC URI or the EPC itself. A GS1 key "
    "becomes an EPC of a '+' scheme; with --prefix-digits, of a classic one such as SGTIN-96."
)

PASSWORD_VARIABLE = "TALLYMAN_TAG_PASSWORD"  # noqa: S105  its name
PASSWORD_DIGITS = 8  # hexadecimal; an access password has 32 bits
LABEL = 10  # width of the left column


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.epilog = EPILOG
    parser.add_argument("device", metavar="DEVICE", help="the reader's name in the configuration")
    parser.add_argument("content", metavar="CONTENT", nargs="+", help="what to write, see below")
    parser.add_argument(
        "--tag",
        metavar="EPC",
        type=hexadecimal,
        default="",
        help="write this tag, even with others in the field",
    )
    parser.add_argument(
        "--prefix-digits", metavar="N", type=whole, help="length of the company prefix"
    )
    parser.add_argument(
        "--filter", metavar="N", type=whole, default=0, help="GS1's filter value: 1 item, 2 case …"
    )
    parser.add_argument(
        "--lock", action="store_true", help="lock it with an access password, typed or from "
        f"${PASSWORD_VARIABLE}"
    )  # fmt: skip
    parser.add_argument(
        "--password", action="store_true", help="the tag has an access password: ask for it"
    )
    parser.add_argument("--operator", metavar="NAME", default="", help="who writes it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask the running agent, which writes the tag and puts it on record."""
    content = " ".join(args.content).strip()
    if not content:
        raise Mistake(
            "what should be written to the tag?", advice="see: tallyman commission --help"
        )
    request = {
        "verb": "commission",
        "device": args.device,
        "epc": epc_of(content, args.prefix_digits, args.filter),
        "content": content.replace(GS, "<GS>"),
        "tag": args.tag,
        "password": password(twice=args.lock) if args.lock or args.password else 0,
        "lock": args.lock,
        "operator": args.operator,
    }
    done = ask_one(gateway(args).control, request)
    if args.json:
        say_json(done)
    else:
        say_each(page(done))
    return 0


def hexadecimal(text: str) -> str:
    """Return the digits of an EPC; argparse says where they are none."""
    try:
        return bytes.fromhex(text).hex()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not hexadecimal") from None


def epc_of(content: str, prefix_digits: int | None = None, filter_value: int = 0) -> str:
    """Return the EPC for `content` in hexadecimal; Mistake when it names no single thing.

    All of `content` counts: what would not be on the tag is refused.
    """
    found = find(content, prefix_digits).data
    if found.get("problem"):
        raise Mistake(
            f"{content[:40]!r} is doubtful: {found['problem']}",
            advice="scan it again, or type what is printed, with brackets: (01)…(21)…",
        )
    if "not_of_gs1" in found:
        raise Mistake(
            f"{found['not_of_gs1']!r} of this link would not be on the tag",
            advice="leave it out, or write it as %3F or %23 if it belongs to the serial number",
        )
    epc = _encoded(content, found, prefix_digits, filter_value)
    if _has_more_than(epc, content, found):
        raise Mistake(
            "of a tag's memory only the EPC is written, no bits of a PC word",
            advice=f"give the EPC alone: {epc.upper()}",
        )
    return epc


def _encoded(
    content: str, found: dict[str, Any], prefix_digits: int | None, filter_value: int
) -> str:
    if "tag_uri" in found and not content.startswith(PURE):
        return str(found["epc"])  # a tag's own form, which has its filter value
    try:
        if content.startswith(PURE):
            return encode_uri(found["uri"], filter_value=filter_value).hex()
        if prefix_digits is None:
            return encode_keys(found["keys"], filter_value=filter_value).hex()
        uri = pure_uri(found["keys"], prefix_digits)
        return encode_uri(uri, filter_value=filter_value).hex()
    except Gs1Error as error:
        raise Mistake(
            f"no tag can hold {content[:40]!r}: {error}",
            advice="a tag names one thing: an article with its serial number, or an SSCC",
        ) from error


def _has_more_than(epc: str, content: str, found: dict[str, Any]) -> bool:
    """Whether a tag's own form says more than its EPC and its length."""
    plain = PcWord.of(bytes.fromhex(epc)).value
    return found.get("pc", plain) != plain or (content.startswith(TAG) and "[" in content)


def password(*, twice: bool) -> int:
    """Return an access password from the environment or typed unseen; Mistake for none."""
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is None:
        if not sys.stdin.isatty():
            raise Mistake(
                "an access password must be typed at a terminal",
                advice=f"use a terminal, or set ${PASSWORD_VARIABLE}",
            )
        given = unseen("access password of the tag, 8 hexadecimal digits: ")
        if twice and unseen("again: ") != given:
            raise Mistake("the two passwords differ", advice="try again")
    try:
        value = int(given, 16) if len(given) == PASSWORD_DIGITS else 0
    except ValueError:
        value = 0
    if not value:
        raise Mistake(
            f"an access password has {PASSWORD_DIGITS} hexadecimal digits, not all zero",
            advice="keep it safe: without it nobody can unlock the tag",
        )
    return value


def page(done: dict[str, Any]) -> Iterator[str]:
    """Yield what was done, for people."""
    yield f"{done['uri']} is on the tag"
    rows = {
        "EPC": f"{done['epc']}, read back",
        "before": done["before"],
        "chip": done["tid"],
        "lock": "opens only with the access password" if done["locked"] == "yes" else "none",
    }
    for label, value in rows.items():
        yield f"  {label:{LABEL}}{value}"
