"""A sample of all mutants of the product: the same for the same seed and the same files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from foundation.errors import Fatal
from hil.code_mutants.mutant import Mutant, count_of, mutants_of

PRODUCT = ("agent", "drivers", "evidence", "foundation", "ledger")


def sample(root: Path, seed: int, count: int, where: Sequence[str] = PRODUCT) -> Sequence[Mutant]:
    """Return `count` mutants, in the order of their files; all there are if they are fewer.

    `where` names files and folders of the product, from `root`. Fatal for any other name.
    """
    paths = sorted({path for name in where for path in _files(root, name)})
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


def _files(root: Path, name: str) -> Sequence[Path]:
    path = (root / name).resolve()
    found = [path] if path.suffix == ".py" and path.is_file() else sorted(path.rglob("*.py"))
    if not found or not any(path.is_relative_to(root / folder) for folder in PRODUCT):
        raise Fatal(
            f"{name} is no file or folder of the product",
            advice=f"name one of {', '.join(PRODUCT)}, or what is in it",
        )
    return found
