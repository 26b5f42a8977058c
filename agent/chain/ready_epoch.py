"""A new epoch that `epochs` has made ready goes into place; every start looks whether there is one.

A power cut may come between any two steps: what is left of it is done at the next start.
"""

from __future__ import annotations

from pathlib import Path

from agent.chain.conflict import CONFLICT_FILE
from agent.journal.lost_records import lost_path
from agent.journal.places import FILE_NAME, ring_path
from agent.signing.identity import IDENTITY_FILE, load
from foundation.durable import move_file, write_file

EPOCHS, READY = "epochs", "ready"


def finish(state_dir: Path) -> None:
    """Move a new epoch that is ready into place; does nothing where none is. Holds the lock."""
    ready = state_dir / EPOCHS / READY
    if not ready.exists():
        return
    new = ready / IDENTITY_FILE
    if new.exists():
        archive = state_dir / EPOCHS / load(state_dir / IDENTITY_FILE).epoch.hex()
        archive.mkdir(mode=0o700, exist_ok=True)
        journal = Path(FILE_NAME)
        # A log of the old database is of no use to the new one: it goes first.
        for name in (f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"):
            if (ready / FILE_NAME).exists():
                _put_away(state_dir / name, archive)
        _put_away(state_dir / lost_path(ring_path(journal)), archive)
        for name in (ring_path(journal).name, FILE_NAME):
            if (ready / name).exists():
                _put_away(state_dir / name, archive)
                move_file(ready / name, state_dir / name)
        _put_away(state_dir / CONFLICT_FILE, archive)
        write_file(archive / IDENTITY_FILE, (state_dir / IDENTITY_FILE).read_bytes())
        move_file(new, state_dir / IDENTITY_FILE)
    remove(ready)


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it."""
    import shutil  # noqa: PLC0415  brings bz2 and lzma, and every start looks here first

    shutil.rmtree(folder)


def _put_away(path: Path, archive: Path) -> None:
    if path.exists():
        move_file(path, archive / path.name)
