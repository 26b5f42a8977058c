"""A token or password in a file of its own."""

from __future__ import annotations

import os
from pathlib import Path

from agent.desks.notify_causes import SECRET
from agent.notify.channel import Undelivered

LONGEST = 4096  # bytes; a JSON Web Token has a few hundred


def secret(path: Path) -> str:
    """Return what stands in the file's first line; Undelivered where there is none."""
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST).decode("ascii")
    except OSError as error:
        raise Undelivered(f"{path}: {os.strerror(error.errno or 0)}", cause=SECRET) from error
    except UnicodeDecodeError as error:
        raise Undelivered(f"{path}: it is not ASCII", cause=SECRET) from error
    lines = text.split("\n")
    if not lines[0].strip():
        raise Undelivered(f"{path}: its first line is empty", cause=SECRET)
    return lines[0].strip()
