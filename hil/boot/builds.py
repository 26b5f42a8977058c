"""The card from the same source again: whoever builds it can compare the hash."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from hil.boot.card_bench import build_card
from hil.boot.drill_bench import DrillBench, DrillFailed, Figures


def built_again(bench: DrillBench) -> Figures:
    """Build packages and card again; every byte must be as before."""
    start = time.monotonic()
    folder = bench.card_bench.folder / "again"
    folder.mkdir(exist_ok=True)
    if digest(build_card(folder, bench.board.arch).image) != digest(bench.built.image):
        raise DrillFailed(f"{folder} holds another card than {bench.built.image}")
    yield "card built again from the same source: the same bytes", time.monotonic() - start


def digest(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
