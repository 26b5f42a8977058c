"""`python -m hil mutants`: damaged streams through codecs and drivers of readers and modems."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from foundation.printing import say, say_text
from hil.mutants.campaign import MODULES, Try, campaign, llrp, llrp_codec, modem, module

HELP = "send damaged streams through codecs and drivers of UHF readers and modems"

SEED = 20261130
LLRP_CODEC, LLRP, MODEM = "llrp-codec", "rfid.llrp", "modem.at"
STREAMS = {LLRP_CODEC: 40_000, LLRP: 2000, MODEM: 200_000, **dict.fromkeys(MODULES, 20_000)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("what", nargs="*", choices=[[], *STREAMS], help="default: all of them")
    parser.add_argument("--streams", type=int, metavar="N", help="of each, instead of its own many")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")
    parser.add_argument(
        "--bodies", type=Path, metavar="FOLDER", help="bodies of real LLRP messages, *.bytes"
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 when nothing broke, hung, grew or was invented; else 1."""
    say(f"seed {args.seed}", flush=True)
    failures: list[str] = []
    for what in args.what or STREAMS:
        streams = STREAMS[what] if args.streams is None else args.streams
        begin = time.monotonic()
        outcome = campaign(attempt_of(what, args.bodies), streams, args.seed)
        say(
            f"{what:12} {outcome.streams} streams in {time.monotonic() - begin:.0f} s: "
            f"{outcome.read} were read in part or whole, the slowest took "
            f"{outcome.worst_s * 1000:.0f} ms, grown by {outcome.grown_bytes // 1000} kB, "
            f"{len(outcome.failures)} failures",
            flush=True,
        )
        failures += outcome.failures
    for failure in failures:
        say_text(f"FAILED  {failure}")
    return 1 if failures else 0


def attempt_of(what: str, bodies: Path | None = None) -> Try:
    """Return what sends one damaged stream through."""
    if what == LLRP_CODEC:
        return llrp_codec(bodies)
    if what == MODEM:
        return modem()
    return llrp(bodies) if what == LLRP else module(what, MODULES[what])
