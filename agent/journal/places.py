"""Where the journal's files lie."""

from __future__ import annotations

from pathlib import Path

FILE_NAME = "journal.sqlite"
"""The name of the journal's batches in the state folder; the ring lies beside them."""


def ring_path(path: Path) -> Path:
    """Return where the ring of the batches at `path` lies."""
    return path.with_name(path.name.removesuffix(".sqlite") + ".ring")
