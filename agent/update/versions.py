"""The versions of the agent on the data partition, which one runs, and the way back.

    versions/NAME/lib-3.13    agent and libraries, whole, for that Python; NAME: sequence, version
    current                   a link to the one that runs; none: what the package brought
    trial.toml                while one is on trial: its name, what ran before, starts and boots
                              that are left
    last.toml                 how the last trial ended
    floor                     the highest sequence that was ever kept; see `floor`

Each step is one durable change, and `current` is a link that one rename replaces: a power cut
leaves the old version or the new one. A version is on trial from before it is switched to until it
is committed; a trial whose starts or boots run out, or whose switch never came, ends in the old
version.
The package's own version, on the read-only root, judges all this; no update can change that.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO

from agent.update.byte_code import compile_below
from agent.update.floor import keep_sequence, kept_sequence
from agent.update.on_trial import Trial
from agent.update.package import CHUNK, Manifest, UpdateRefused
from foundation.durable import (
    SYSTEM_DISK,
    Disk,
    WriteFailed,
    advice_for,
    sync_folder,
    write_file,
)
from foundation.errors import AgentError
from foundation.progress import Progress, unheard

PYTHON = "{}.{}".format(*sys.version_info[:2])
LIB = f"lib-{PYTHON}"
"""Binary modules fit one Python: under another one the package's own version runs."""

VERSIONS, CURRENT, TRIAL, LAST = "versions", "current", "trial.toml", "last.toml"
PACKAGED = ""
"""The name of what the package brought."""

ENTRY = "agent/cli/main.py"
"""A version without it is none; the launcher looks for it, too."""


class OnTrial(AgentError):
    """Another version is on trial: one thing after the other."""

    advice = "wait until it stays or is rolled back: tallyman update"


class Versions:
    """The folder of versions; `packaged` is the sequence of what the package brought.

    `disk` makes the changes, so that a test can cut the power.
    """

    def __init__(self, folder: Path, disk: Disk = SYSTEM_DISK, packaged: int = 0) -> None:
        self.folder = folder
        self._disk = disk
        self._packaged = packaged

    @property
    def current(self) -> str:
        """The name of the version that the next start runs."""
        link = self.folder / CURRENT
        whole = (link / LIB / ENTRY).exists()
        return link.readlink().name if link.is_symlink() and whole else PACKAGED

    @property
    def trial(self) -> Trial | None:
        """The version on trial; one whose file cannot be read has no starts left."""
        try:
            return Trial.from_text((self.folder / TRIAL).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            return Trial(self.current, PACKAGED, before="", starts=0, boots=0, damaged=True)

    @property
    def sequence(self) -> int:
        """The sequence of what runs: an update must be newer."""
        return _sequence_of(self.current) or self._packaged

    @property
    def floor(self) -> int:
        """The lowest sequence that may be installed: whatever runs, older ones may not come back.

        What was kept before this was noted shows in the link, even if it does not fit this Python.
        """
        link = self.folder / CURRENT
        linked = _sequence_of(link.readlink().name) if link.is_symlink() else 0
        return max(kept_sequence(self.folder), linked, self._packaged)

    def last(self) -> dict[str, str]:
        """Return how the last trial ended: name, result, reason, by these names."""
        try:
            tree = tomllib.loads((self.folder / LAST).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {key: str(value) for key, value in tree.items()}

    def install(
        self,
        manifest: Manifest,
        package: Path,
        start: int,
        before: str,
        progress: Progress = unheard,
    ) -> None:
        """Unpack a checked package and switch to it, on trial. Restarting the agent is next.

        `progress` counts the archive's bytes.

        UpdateRefused where it is not newer, WriteFailed where the disk does not take it: then what
        runs has not changed.
        """
        if self.trial is not None:
            raise OnTrial("a version is already on trial")
        if manifest.sequence <= self.sequence:
            raise UpdateRefused(
                f"sequence {manifest.sequence} is not newer than {self.sequence}, which runs",
                advice="an older release is never installed over a newer one: release it again, "
                "under a higher number",
            )
        if manifest.sequence < self.floor:
            raise UpdateRefused(
                f"sequence {manifest.sequence} is older than {self.floor}, which was kept here",
                advice=f"take release {self.floor} or a newer one: what is older may have a hole "
                "that was closed since",
            )
        previous = self.current
        try:
            self._unpack(manifest, package, start, progress)
            trial = Trial(manifest.name, previous, before)
            write_file(self.folder / TRIAL, trial.to_text().encode(), disk=self._disk)
            self._switch(manifest.name)
        except (OSError, tarfile.TarError, EOFError) as error:
            number = error.errno if isinstance(error, OSError) else None
            raise WriteFailed(f"cannot install: {error}", advice=advice_for(number)) from error

    def starting(self, boot: str = "") -> str:
        """Count a start of the agent; return why the version on trial was given up, if it was.

        `boot` is the id of the machine's boot, empty where that is unknown.
        """
        trial = self.trial
        if trial is None:
            return ""
        if self.current != trial.name:
            self._end(trial, "returned", "power was cut before the switch")
            return "power was cut before the switch"
        if reason := trial.spent(boot):
            self.give_back(reason)
            return reason
        write_file(self.folder / TRIAL, trial.started(boot).to_text().encode(), disk=self._disk)
        return ""

    def commit(self) -> None:
        """Keep the version on trial."""
        trial = self.trial
        if trial is None or self.current != trial.name:
            return
        keep_sequence(self.folder, _sequence_of(trial.name), self._disk)
        self._end(trial, "committed", "the gateway did as well as before")
        self._prune({trial.name, trial.previous})

    def give_back(self, reason: str) -> None:
        """Go back to what ran before the trial; the caller restarts the agent."""
        trial = self.trial
        if trial is None:
            return
        self._switch(trial.previous)
        self._end(trial, "returned", reason)
        self._prune({trial.previous})

    def _unpack(self, manifest: Manifest, package: Path, start: int, progress: Progress) -> None:
        versions, name = self.folder / VERSIONS, manifest.name
        versions.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = versions / f".{name}"
        shutil.rmtree(draft, ignore_errors=True)
        with package.open("rb") as file:
            file.seek(start)
            archive = _Hashed(file, lambda done: progress(done, manifest.length))
            _extract(archive, draft / LIB)
            same = archive.digest() == manifest.digest
        if not same:
            raise UpdateRefused(f"{package} changed while it was read: try another stick")
        if not (draft / LIB / ENTRY).exists():
            raise UpdateRefused("the archive holds no agent")
        compile_below(draft / LIB, versions / name / LIB)
        for folder, _, files in os.walk(draft):
            for each in files:
                _sync(Path(folder, each), self._disk)
            sync_folder(Path(folder), disk=self._disk)
        shutil.rmtree(versions / name, ignore_errors=True)
        self._disk.replace(draft, versions / name)
        sync_folder(versions, disk=self._disk)

    def _switch(self, name: str) -> None:
        """Have the next start run another version: one rename, or one removal."""
        link = self.folder / CURRENT
        if name == PACKAGED or not (self.folder / VERSIONS / name / LIB / ENTRY).exists():
            link.unlink(missing_ok=True)
        else:
            fresh = self.folder / f".{CURRENT}"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(Path(VERSIONS, name))
            self._disk.replace(fresh, link)
        sync_folder(self.folder, disk=self._disk)

    def _end(self, trial: Trial, result: str, reason: str) -> None:
        said = {"name": trial.name, "result": result, "reason": reason}
        text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())
        write_file(self.folder / LAST, text.encode(), 0o644, disk=self._disk)
        (self.folder / TRIAL).unlink(missing_ok=True)
        sync_folder(self.folder, disk=self._disk)

    def _prune(self, kept: set[str]) -> None:
        """Remove versions that nothing goes back to."""
        for path in (self.folder / VERSIONS).glob("*"):
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _sequence_of(name: str) -> int:
    """Return the sequence that a version's name begins with; 0 for what the package brought."""
    head = name.split("-", 1)[0]
    return int(head) if head.isdigit() else 0


class _Hashed(io.RawIOBase):
    """An archive as it is unpacked, hashed: a stick may say something else the second time."""

    def __init__(self, file: IO[bytes], heard: Callable[[int], None]) -> None:
        super().__init__()
        self._file = file
        self._heard = heard
        self._read = 0
        self._hash = hashlib.sha256()

    def read(self, count: int = -1, /) -> bytes:
        """Return some bytes."""
        data = self._file.read(count)
        self._hash.update(data)
        self._read += len(data)
        self._heard(self._read)
        return data

    def digest(self) -> bytes:
        """Return the hash of the whole archive."""
        while self.read(CHUNK):
            pass
        return self._hash.digest()


def _extract(file: _Hashed, target: Path) -> None:
    """Unpack an archive of plain files and folders; anything else in it is refused.

    Not by `TarFile.extract`: the Python of Debian 12 has no filter for it that keeps what is told
    within `target`.
    """
    with tarfile.open(fileobj=file, mode="r|xz") as tar:
        for member in tar:
            path = _place(target, member.name)
            data = tar.extractfile(member) if member.isreg() else None
            if data is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as copy:
                    shutil.copyfileobj(data, copy)
                path.chmod(0o644)
            elif member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                raise UpdateRefused(f"the archive holds {member.name!r}, which is not a plain file")
    for folder, _, _ in os.walk(target):
        Path(folder).chmod(0o755)


def _place(target: Path, name: str) -> Path:
    """Return where a member of the archive goes, which is never outside of `target`."""
    told = PurePosixPath(name)
    if told.is_absolute() or ".." in told.parts:
        raise UpdateRefused(f"the archive holds {name!r}, which leads out of it")
    return target / told


def _sync(path: Path, disk: Disk) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        disk.fsync(fd)
    finally:
        os.close(fd)
