"""Text files of a node that are not TOML, its policy above all."""

from __future__ import annotations

from pathlib import Path

from foundation.errors import Fatal
from ledger.base.errors import unreadable


def read_text(path: Path, *, advice: str) -> str:
    """Return a text file's content; Fatal with `advice` where there is none."""
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors put a mark in front
    except FileNotFoundError:
        raise Fatal(f"{path} is not there", advice=advice) from None
    except UnicodeDecodeError:
        raise Fatal(f"{path} is not a text file", advice=advice) from None
    except OSError as error:
        raise unreadable(str(path), error, advice) from error
