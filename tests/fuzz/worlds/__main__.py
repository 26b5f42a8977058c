"""Many random worlds through our verifier, the second one and a node: do they say the same?

    python -m tests.fuzz.worlds [--worlds 100000] [--first 0] [--processes 2]

A world that they do not agree on is written to build/fuzz/found/worlds, and ends with code 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.worlds.compare import Differs, compare
from tests.fuzz.worlds.quirks import Chance
from tests.fuzz.worlds.shown import world

FOUND = Path("build/fuzz/found/worlds")
AT_A_TIME = 250  # worlds


@dataclass
class Tally:
    """How many worlds ended how, what was found in them, and which they do not agree on."""

    codes: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    quirks: Counter[str] = field(default_factory=Counter)
    differing: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take another one's numbers in."""
        self.codes += other.codes
        self.reasons += other.reasons
        self.quirks += other.quirks
        self.differing += other.differing


def tally(numbers: Iterable[int]) -> Tally:
    """Make and compare the worlds of these numbers."""
    result = Tally()
    for number in numbers:
        chance = Chance(b"%d" % number)
        made = world(chance)
        try:
            said = compare(made)
        except Differs as error:
            FOUND.mkdir(parents=True, exist_ok=True)
            (FOUND / f"{number}.bundle").write_bytes(made.bundle)
            (FOUND / f"{number}.policy").write_text(made.policy, encoding="utf-8")
            odd = ", ".join(sorted(chance.shown)) or "nothing odd"
            result.differing.append(f"world {number} ({odd}): {error}")
            continue
        result.codes[said.code] += 1
        result.reasons.update(said.reasons)
        result.quirks.update(chance.shown)
    return result


def main() -> int:
    """Compare as many worlds as asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.worlds")
    parser.add_argument("--worlds", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first world")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    started, whole = time.monotonic(), Tally()
    end = asked.first + asked.worlds
    parts = [range(at, min(at + AT_A_TIME, end)) for at in range(asked.first, end, AT_A_TIME)]
    with ProcessPoolExecutor(asked.processes) as pool:
        for part in pool.map(tally, parts):
            whole.add(part)
    for text in whole.differing:
        print(text, file=sys.stderr)
    codes = ", ".join(f"{many:,} with code {code}" for code, many in sorted(whole.codes.items()))
    seconds = time.monotonic() - started
    print(f"{asked.worlds:,} worlds in {seconds:.0f} s: {codes}")
    print(f"{len(whole.reasons)} reasons and {len(whole.quirks)} quirks were seen")
    print(f"{len(whole.differing)} worlds differ")
    return 1 if whole.differing else 0


if __name__ == "__main__":
    sys.exit(main())
