"""Which tests are asked about a mutant: those of its own folder that reach it, nearest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hil.code_mutants.mutant import Mutant
from hil.code_mutants.probes import mark
from hil.code_mutants.reached import NO_TEST

FORMATS = "evidence"
VECTORS = "tests/vectors"
"""Where cases of formats and proofs stand beside their own tests, as others write verifiers too."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What the tests did while no mistake was in the product."""

    seconds: Mapping[str, float]
    """How long each test took that passed, by its name, in the order of their files."""

    failed: Collection[str] = ()
    reached: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Mark of a probe, and in which phase of which test it spoke: "FILE::NAME (call)"."""


def own_folders(path: str, root: Path) -> Sequence[str]:
    """Return where the tests of a product's file are: the nearest folder that mirrors its own."""
    folder = PurePosixPath("tests", path).parent
    while not (root / folder).is_dir():
        folder = folder.parent
    vectors = [VECTORS] if PurePosixPath(path).parts[0] == FORMATS else []
    return [folder.as_posix(), *vectors]


def folders_of(mutants: Iterable[Mutant], root: Path) -> Sequence[str]:
    """Return the folders whose tests are needed, without those that lie within another."""
    found = {each for mutant in mutants for each in own_folders(mutant.path, root)}
    return sorted(each for each in found if not any(_within(each, other) for other in found))


def _within(inner: str, outer: str) -> bool:
    return inner.startswith(outer + "/")


def asked_about(mutant: Mutant, whole: Whole, root: Path) -> Sequence[str]:
    """Return the tests to ask, file by file; none if no test of its folder reaches it."""
    folders = own_folders(mutant.path, root)
    own = [name for name in whole.seconds if any(_within(name, folder) for folder in folders)]
    if mutant.spots:
        reaching = _reaching(mutant, whole)
        own = [name for name in own if name in reaching]
    spent: defaultdict[str, float] = defaultdict(float)
    for name in own:
        spent[_file(name)] += whole.seconds[name]
    near = {file: _distance(mutant, file, root) for file in spent}
    return sorted(own, key=lambda name: (near[_file(name)], spent[_file(name)], _file(name)))


def _reaching(mutant: Mutant, whole: Whole) -> set[str]:
    """Return the tests that reach it. What one test's setup does, its whole file may stand on."""
    marks = [mark(mutant.path, spot) for spot in mutant.spots]
    notes = [note for each in marks for note in whole.reached.get(each, ())]
    if NO_TEST in notes:
        return set(whole.seconds)
    tests = {name for name, _, phase in (note.rpartition(" ") for note in notes)}
    files = {_file(note) for note in notes if note.endswith("(setup)")}
    return {name for name in whole.seconds if name in tests or _file(name) in files}


def _distance(mutant: Mutant, test_file: str, root: Path) -> int:
    """Return 0 for tests named like the file, 1 for those that import it, 2 for others."""
    stem = PurePosixPath(mutant.path).stem
    if PurePosixPath(test_file).stem == f"test_{stem}":
        return 0
    package, _, module = mutant.path.removesuffix(".py").replace("/", ".").rpartition(".")
    text = (root / test_file).read_text()
    named = f"{package}.{module}" in text or f"from {package} import {module}" in text
    return 1 if named else 2


def _file(name: str) -> str:
    return name.partition("::")[0]


def within(seconds: float, tests: Sequence[str], whole: Whole) -> Sequence[str]:
    """Return the first tests that take no longer together; always one, if there is one."""
    kept: list[str] = []
    for name in tests:
        seconds -= whole.seconds[name]
        if kept and seconds < 0:
            break
        kept.append(name)
    return kept
