"""`python -m hil bench-peers`: other gateways beside Tallyman, in turn, in the same minutes.

Rates of two machines, or of two hours, say nothing of each other. So each round runs every gateway
once; the ratio is taken within a round, and its median over the rounds is printed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from foundation.printing import complain, say_each
from hil.budgets.pipeline import run_feed
from hil.budgets.row import COLUMNS
from hil.side_by_side import bridge, node_red, thingsboard
from hil.side_by_side.stage import Cost, Peer, run_peer
from hil.site.processes import ProcessFailed, ends_orderly

HELP = "run other gateways beside Tallyman; build/bench-peers.json"

FOLDER = Path("build/bench-side")
RESULT = Path("build/bench-peers.json")
PAIRS, READINGS = 5, 50_000
"""As many as ThingsBoard's gateway takes at once: of 100,000 it idled for minutes with some kept
back. The second or so that a ledger takes to confirm is in ours."""

BATCH = 256
OURS = "Tallyman"
OURS_SETUP = (
    "readings from a trace within the process; every one flushed, in a signed Merkle batch, and"
    " confirmed by a quorum; one sequencer and three witnesses share the cores"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"rounds ({PAIRS})")
    parser.add_argument("--readings", type=int, default=READINGS, help=f"a run ({READINGS})")


def run(args: argparse.Namespace) -> int:
    """Print the table and write its figures; 1 where a gateway did not do its work."""
    peers: list[Peer] = [thingsboard, node_red, bridge]
    for why in filter(None, (peer.missing() for peer in peers)):
        complain(why)
        return 1
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        with ends_orderly():
            rounds = [one_round(peers, args.readings, number) for number in range(args.pairs)]
    except ProcessFailed as error:
        complain(f"bench-peers failed: {error}")
        return 1
    say_each(table(peers, rounds))
    RESULT.write_text(json.dumps([[asdict(cost) for cost in costs] for costs in rounds]) + "\n")
    return 0


def one_round(peers: Sequence[Peer], readings: int, number: int) -> list[Cost]:
    """Run Tallyman, then each of the others; return their costs in this order."""
    fed = run_feed(FOLDER.absolute() / f"{number}-ours", readings, BATCH)
    costs = [Cost(fed.records, fed.seconds, fed.cpu_s, fed.up_bytes, 0)]
    for at, peer in enumerate(peers):
        costs.append(run_peer(peer, FOLDER.absolute() / f"{number}-{at}", readings))
        complain(f"round {number + 1}: {peer.NAME} {costs[-1].per_s:.0f}/s")
    return costs


def table(peers: Sequence[Peer], rounds: Sequence[Sequence[Cost]]) -> list[str]:
    """Return a line a gateway, and how each was set up."""
    names = [OURS, *(peer.NAME for peer in peers)]
    lines = [f"{'':28}{'readings/s':>11}{'CPU µs':>9}{'bytes up':>10}{'doubled':>9}{'ratio':>8}"]
    for at, name in enumerate(names):
        costs = [each[at] for each in rounds]
        ratio = median(each[0].per_s / each[at].per_s for each in rounds)
        lines.append(
            f"{name:28}{median(cost.per_s for cost in costs):11.0f}"
            f"{median(1e6 * cost.cpu_s / cost.readings for cost in costs):9.0f}"
            f"{median(cost.up_bytes / cost.readings for cost in costs):10.1f}"
            f"{max(cost.doubled for cost in costs):9}{ratio:8.1f}"
        )
    lines.append(f"ratio: {OURS}'s readings/s over theirs, the median of {len(rounds)} rounds")
    setups = [OURS_SETUP, *(peer.SETUP for peer in peers)]
    for name, setup in zip(names, setups, strict=True):
        lines += textwrap.wrap(f"{name}: {setup}.", COLUMNS, subsequent_indent="  ")
    return lines
