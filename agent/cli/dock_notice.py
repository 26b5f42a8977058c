"""A notice's file, on its way to the agent."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

from agent.cli.given_files import contents
from agent.desks.control_client import Refused, ask_one
from agent.dock.notice import MOST_BYTES

PART = 32 * 1024  # bytes of a notice in one request: as base64 it stays below the socket's limit


def send(control: Path, path: Path, number: str = "") -> str:
    """Hand the notice's bytes to the agent; return their SHA-256 in hexadecimal.

    `number` says which notice is meant where the file holds several.
    """
    data = contents(path, MOST_BYTES, "name the notice's file, or a number that the agent knows")
    digest = hashlib.sha256(data).hexdigest()
    for offset, part, last in parts(data):
        request = {
            "verb": "dock-notice",
            "digest": digest,
            "offset": offset,
            "part": base64.b64encode(part).decode(),
            "last": last,
            "number": number,
        }
        try:
            ask_one(control, request)
        except Refused as error:
            raise Refused(
                f"{path}: {error}", advice=error.advice, exit_code=error.exit_code
            ) from error
    return digest


def parts(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the parts of a notice: offset, bytes, whether it is the last."""
    for offset in range(0, max(1, len(data)), PART):
        yield offset, data[offset : offset + PART], offset + PART >= len(data)
