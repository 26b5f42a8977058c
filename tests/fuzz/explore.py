"""Coverage-guided fuzzing of one target, by atheris in a venv of its own.

    build/fuzzer/bin/python -m tests.fuzz.explore TARGET SECONDS

starts from the vectors and tests/fuzz/corpus/TARGET, works in build/fuzz/work/TARGET, ends with code 0 when nothing
was found, and then keeps the smallest inputs that reach what the vectors do not. What breaks a target
is written to build/fuzz/found/TARGET; `python -m tests.fuzz.minute FILE...` runs it again.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["evidence"]):
    from evidence.errors import EvidenceError
    from tests.fuzz import targets

from tests.fuzz.corpus import FOLDER, folders, guard, hangs_are_found, keep, kept
from tests.fuzz.mutations import mutate

BUILD = Path("build/fuzz")
MAX_BYTES = 8192
"""Longer than any honest object but bundles and bodies of size: short inputs are tried often."""

KEPT_BYTES = 64 * 1024
"""What is kept of one target at most: fourteen of them stay below a megabyte."""


def fuzz(name: str, arguments: list[str]) -> None:
    """Hand the target to libFuzzer; it ends the process."""
    check = targets.TARGETS[name]
    seeds = kept(name)

    def one(data: bytes) -> None:
        with guard():
            try:
                check(data)
            except EvidenceError:
                return

    def mutator(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3:  # libFuzzer's own, which knows what was compared
            return bytes(atheris.Mutate(data, max_size))
        return mutate(data, seeds, chance)[:max_size]

    with targets.signatures_hold(), hangs_are_found():
        atheris.Setup([" ".join(_command(name)), *arguments], one, custom_mutator=mutator)
        atheris.Fuzz()


def explore(name: str, seconds: int) -> int:
    """Fuzz in a child for `seconds`, then keep what reaches most; return the exit code."""
    work, found = BUILD / "work" / name, BUILD / "found" / name
    for folder in (work, found):
        folder.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_len={MAX_BYTES}", "-rss_limit_mb=1024", "-verbosity=0", "-print_final_stats=1"]
    limits += [f"-max_total_time={seconds}", f"-artifact_prefix={found}/", "-timeout=20"]
    code = _child(name, [*limits, str(work), *_existing(folders(name))])
    if code == 0:
        _keep(name, work)
    return code


def _keep(name: str, work: Path) -> None:
    """Put the inputs that add to what the vectors reach into the corpus, within its size."""
    merged = BUILD / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    *vectors, _ = folders(name)
    given = {keep(merged, path.read_bytes()) for each in vectors for path in each.glob("*")}
    sources = _existing([FOLDER / name, work])
    if _child(name, ["-merge=1", "-verbosity=0", str(merged), *sources]):
        return
    for path in given:
        path.unlink()
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    (FOLDER / name).mkdir(parents=True)
    total = 0
    for path in sorted(merged.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        total += path.stat().st_size
        if total > KEPT_BYTES:
            break
        shutil.copy(path, FOLDER / name / path.name)


def _existing(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths if path.is_dir()]


def _command(name: str) -> list[str]:
    """Return what starts a child; libFuzzer starts its own by it, through a shell."""
    return [sys.executable, "-m", "tests.fuzz.explore", "--child", name]


def _child(name: str, arguments: list[str]) -> int:
    return subprocess.run([*_command(name), *arguments], check=False).returncode


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        fuzz(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(explore(sys.argv[1], int(sys.argv[2])))
