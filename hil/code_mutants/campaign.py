"""Mutant after mutant, in several copies at once: do the tests of its folder notice?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hil.code_mutants.asking import Exit, last_words, pytest_in
from hil.code_mutants.mutant import Mutant
from hil.code_mutants.own_tests import Whole, asked_about, folders_of, within
from hil.code_mutants.probes import probed, spots_by_file
from hil.code_mutants.pytest_plugin import CHOSEN, TAKEN
from hil.code_mutants.reached import FOLDER
from hil.code_mutants.scratch import Scratch

PER_COPY = 3  # processes that run all tests, as many tests wait for others; see WORKERS in Makefile

LEAST_LIMIT_S = 60.0
TIMES_SLOWER = 5.0  # than without the mistake, and it hangs


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    UNCOVERED = "uncovered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A mutant's fate, and how many tests reach it, of which how many were asked."""

    mutant: Mutant
    fate: Fate
    reaching: int = 0
    asked: int = 0


class Campaign:
    """`mutants` of the checkout at `root`, tried in copies below `folder`."""

    def __init__(self, root: Path, folder: Path, mutants: Sequence[Mutant], seconds: float) -> None:
        self._root = root
        self._folder = folder
        self._mutants = mutants
        self._seconds = seconds
        self._copies: list[Scratch] = []

    async def whole(self, workers: int) -> Whole:
        """Run the tests once without a mistake; return how long they took and what they reach."""
        self._copies = [
            Scratch(self._folder / str(number), self._root) for number in range(workers)
        ]
        copy, notes, taken = self._copies[0], self._folder / "reached", self._folder / "taken"
        notes.mkdir()
        probes = spots_by_file(self._mutants)
        for path, spots in probes.items():
            copy.write(path, probed(copy.own(path), path, spots))
        at_once = ["-n", str(PER_COPY * workers), "--dist", "loadfile"] if workers > 1 else []
        folders = folders_of(self._mutants, self._root)
        code = await pytest_in(
            copy, [*at_once, *folders], None, **{FOLDER: str(notes), TAKEN: str(taken)}
        )
        if code not in {Exit.PASSED, Exit.FAILED}:
            raise last_words(copy, code)
        for path in probes:
            copy.mend(path)
        told = json.loads(taken.read_text())
        return Whole(told["took"], told["failed"], _notes(notes))

    async def verdicts(self, whole: Whole) -> AsyncIterator[Verdict]:
        """Yield what becomes of each mutant, as it becomes known."""
        free: asyncio.Queue[Scratch] = asyncio.Queue()
        for copy in self._copies:
            free.put_nowait(copy)
        tries = [asyncio.ensure_future(self._try(mutant, whole, free)) for mutant in self._mutants]
        try:
            for each in asyncio.as_completed(tries):
                yield await each
        finally:
            for each in tries:
                each.cancel()
            await asyncio.gather(*tries, return_exceptions=True)

    async def _try(self, mutant: Mutant, whole: Whole, free: asyncio.Queue[Scratch]) -> Verdict:
        reaching = asked_about(mutant, whole, self._copies[0].tree)
        if not reaching:
            return Verdict(mutant, Fate.UNCOVERED)
        asked = within(self._seconds, reaching, whole)
        copy = await free.get()
        try:
            copy.break_by(mutant)
            killed = await self._ask(copy, asked, whole)
            copy.mend(mutant.path)
        finally:
            free.put_nowait(copy)
        return Verdict(mutant, Fate.KILLED if killed else Fate.SURVIVED, len(reaching), len(asked))

    async def _ask(self, copy: Scratch, tests: Sequence[str], whole: Whole) -> bool:
        """Return whether the tests notice: one fails, none can be loaded, or they hang.

        Where the mistake gives them other names, nothing is asked, and nothing noticed.
        """
        chosen = copy.folder / "chosen"
        chosen.write_text(json.dumps(tests))
        files = list(dict.fromkeys(name.partition("::")[0] for name in tests))
        limit = LEAST_LIMIT_S + TIMES_SLOWER * sum(whole.seconds[name] for name in tests)
        code = await pytest_in(copy, ["-x", *files], limit, **{CHOSEN: str(chosen)})
        return code not in {Exit.PASSED, Exit.NOTHING_ASKED}


def _notes(folder: Path) -> Mapping[str, set[str]]:
    reached: dict[str, set[str]] = {}
    for mark, test in _lines(folder):
        reached.setdefault(mark, set()).add(test)
    return reached


def _lines(folder: Path) -> Iterator[tuple[str, str]]:
    for file in folder.iterdir():
        for line in file.read_text().splitlines():
            mark, _, test = line.partition("\t")
            yield mark, test
