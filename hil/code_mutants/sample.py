"""A sample of all mutants of the product: the same for the same seed and the same files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from hil.code_mutants.mutant import Mutant, count_of, mutants_of

PRODUCT = ("agent", "drivers", "evidence", "foundation", "ledger")


def sample(root: Path, seed: int, count: int) -> Sequence[Mutant]:
    """Return `count` mutants of the files below `root`, in their order; all if there are fewer."""
    paths = sorted(path for folder in PRODUCT for path in (root / folder).rglob("*.py"))
    numbers = [count_of(path.read_bytes()) for path in paths]
    total = sum(numbers)
    drawn = set(random.Random(seed).sample(range(total), min(count, total)))
    found: list[Mutant] = []
    begin = 0
    for path, number in zip(paths, numbers, strict=True):
        here = drawn & set(range(begin, begin + number))
        if here:
            every = list(mutants_of(path.relative_to(root).as_posix(), path.read_bytes()))
            found += [every[place - begin] for place in sorted(here)]
        begin += number
    return found
