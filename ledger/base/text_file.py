"""Text files of a node that are not TOML, its policy above all."""

from __future__ import annotations

from pathlib import Path

from foundation.errors import Fatal
from ledger.base.errors import NotPermitted


def read_text(path: Path, *, advice: str) -> str:
    """Return a text file's content; Fatal with `advice` where there is none."""
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors put a mark in front
    except FileNotFoundError:
        raise Fatal(f"{path} is not there", advice=advice) from None
    except UnicodeDecodeError:
        raise Fatal(f"{path} is not a text file", advice=advice) from None
    except PermissionError as error:
        raise NotPermitted(f"{path}: {error.strerror}") from error
    except OSError as error:
        raise Fatal(f"{path} cannot be read: {error.strerror}", advice=advice) from error
