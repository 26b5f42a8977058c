"""What became of the mutants: a table by folder, and what those change that lived. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from foundation.columns import cut
from foundation.console import folded
from hil.code_mutants.campaign import Fate, Verdict
from hil.code_mutants.mutant import Mutant

MOST_TEXT = 120  # columns of the text that a mutant changes: a statement may be a page long


def change(mutant: Mutant) -> str:
    """Return where a mutant is and what it changes."""
    old, new = cut(mutant.old, MOST_TEXT), cut(mutant.new, MOST_TEXT)
    return f"{mutant.path}:{mutant.line}  {old}  ->  {new}"


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield a line for each folder of the product, and one for all."""
    yield _row("folder", *(fate.value for fate in Fate))
    by_folder: dict[str, Counter[Fate]] = {}
    for verdict in verdicts:
        by_folder.setdefault(_room(verdict.mutant.path), Counter())[verdict.fate] += 1
    for folder, fates in sorted(by_folder.items()):
        yield _row(folder, *(fates[fate] for fate in Fate))
    total = Counter(verdict.fate for verdict in verdicts)
    share = f"{100 * total[Fate.KILLED] / len(verdicts):.0f} %" if verdicts else "none"
    yield _row("all", *(total[fate] for fate in Fate)) + f"   {share} killed"


def _row(folder: str, *cells: object) -> str:
    return f"{folder:24}" + "".join(f"{cell:>11}" for cell in cells)


def _room(path: str) -> str:
    *folders, _ = PurePosixPath(path).parts
    return "/".join(folders[:2])


def lived(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield those that no test noticed, as lines for a console."""
    order = sorted(verdicts, key=lambda verdict: (verdict.mutant.path, verdict.mutant.line))
    for fate, says in ((Fate.SURVIVED, _survived), (Fate.UNCOVERED, _uncovered)):
        for verdict in order:
            if verdict.fate is fate:
                yield ""
                yield from folded(change(verdict.mutant), 4)
                yield f"    {says(verdict)}"


def _survived(verdict: Verdict) -> str:
    return f"survived {verdict.asked} of {verdict.reaching} tests of its folder that may notice"


def _uncovered(_: Verdict) -> str:
    return "uncovered: no test of its folder comes by"
