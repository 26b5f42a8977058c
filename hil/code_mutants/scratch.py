"""A copy of the checkout, with a Python environment of its own, in which the product is broken."""

from __future__ import annotations

import os
import shutil
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from hil.code_mutants.mutant import Mutant

MARK = "TALLYMAN_SCRATCH"
"""The variable by which a process of a copy's tests is known, whoever started it."""

_OF_CALLER = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTEST_")

_LEFT_OUT = (".git", ".venv", "build", "__pycache__", ".*_cache", ".hypothesis")
_BUILT_ENVIRONMENTS = ("nfc-peers", "notify", "zigbee")


class Scratch:
    """The copy at `folder` of the checkout at `root`. Its Python imports the copy, nothing else."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.tree = folder / "tree"
        self._root = root
        self._own: dict[str, tuple[bytes, float]] = {}
        self._written = 0
        shutil.copytree(root, self.tree, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)
        self._bring_what_is_built()
        self._make_environment()

    @property
    def python(self) -> Path:
        """The interpreter to ask tests with."""
        return self.tree / ".venv" / "bin" / "python"

    def environment(self, **more: str) -> Mapping[str, str]:
        """Return the variables for a process in the copy, with the mark by which it is known."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(_OF_CALLER)
        }
        return kept | {MARK: str(self.folder)} | more

    def write(self, path: str, text: bytes) -> None:
        """Put a text in the place of a file.

        Compiled files are known by seconds and size: each text gets a second of its own.
        """
        self._written += 1
        moment = self._owned(path)[1] + self._written
        (self.tree / path).write_bytes(text)
        os.utime(self.tree / path, (moment, moment))

    def own(self, path: str) -> bytes:
        """Return a file's text as it was copied; the checkout may have changed since."""
        return self._owned(path)[0]

    def break_by(self, mutant: Mutant) -> None:
        """Put the mutant into the copy."""
        self.write(mutant.path, mutant.of(self.own(mutant.path)))

    def mend(self, path: str) -> None:
        """Put the file there again that was copied."""
        self.write(path, self.own(path))

    def _owned(self, path: str) -> tuple[bytes, float]:
        if path not in self._own:
            file = self.tree / path
            self._own[path] = file.read_bytes(), file.stat().st_mtime
        return self._own[path]

    def _bring_what_is_built(self) -> None:
        (self.tree / "build").mkdir()
        for shim in (self._root / "build").glob("*.so"):
            shutil.copy2(shim, self.tree / "build")
        for name in _BUILT_ENVIRONMENTS:
            if (made := self._root / "build" / name).is_dir():
                (self.tree / "build" / name).symlink_to(made)

    def _make_environment(self) -> None:
        made = self.tree / ".venv"
        venv.EnvBuilder(symlinks=True).create(made)
        (packages,) = made.glob("lib/python*/site-packages")
        theirs = Path(sys.prefix) / packages.relative_to(made)
        (packages / "copy.pth").write_text(f"{self.tree}\n{theirs}\n")
        for script in (Path(sys.prefix) / "bin").iterdir():
            copy = made / "bin" / script.name
            if script.is_file() and not copy.exists() and (text := _script(script)):
                copy.write_text(text.replace(sys.prefix, str(made)))
                copy.chmod(0o755)


def _script(path: Path) -> str:
    """Return the text of a script for our Python, or nothing."""
    with path.open("rb") as file:
        if file.read(2) != b"#!":
            return ""
    return path.read_text()
