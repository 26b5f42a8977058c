"""Notices as they came: taken in parts through the control socket, kept by their SHA-256."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.control import BadRequest, Request, number, text
from agent.dock.notice import MOST_BYTES, Notice, NoticeError
from agent.durable import write_file
from agent.journal.thread import JournalThread

FOLDER = "notices"


@dataclass(slots=True)
class _Upload:
    digest: str
    data: bytearray


class NoticeStore:
    """The notices of one gateway; the originals are evidence and are kept as they are."""

    def __init__(self, folder: Path, thread: JournalThread) -> None:
        self._folder = folder
        self._thread = thread
        self._upload: _Upload | None = None

    async def take(self, request: Request) -> AsyncGenerator[Any, None]:
        """Take one part of a notice's bytes; the last one is checked and kept."""
        digest, offset = text(request, "digest"), number(request, "offset", 0)
        try:
            part = base64.b64decode(text(request, "part"), validate=True)
        except binascii.Error as error:
            raise BadRequest("part must be base64") from error
        if offset == 0:
            self._upload = _Upload(digest, bytearray())
        upload = self._upload
        if upload is None or upload.digest != digest or len(upload.data) != offset:
            raise BadRequest("the parts of the notice do not follow each other", advice="try again")
        if offset + len(part) > MOST_BYTES:
            raise BadRequest("the notice is too long", advice="split it")
        upload.data += part
        if not request.get("last"):
            yield {"taken": len(upload.data)}
            return
        self._upload = None
        notice = checked(bytes(upload.data))
        if notice.digest.hex() != digest:
            raise BadRequest("the notice's bytes do not match their digest", advice="try again")
        path = self._folder / digest
        path.parent.mkdir(mode=0o700, exist_ok=True)
        await self._thread.run(write_file, path, bytes(upload.data), mode=0o600)
        yield {"notice": notice.number, "form": notice.form, "units": len(notice.units)}

    async def load(self, digest: str) -> Notice:
        """Return the notice with this SHA-256; BadRequest where it is not here."""
        try:
            bytes.fromhex(digest)
            data = await self._thread.run((self._folder / digest).read_bytes)
        except (OSError, ValueError):
            raise BadRequest("that notice is not here", advice="send it first") from None
        return checked(data)


def checked(data: bytes) -> Notice:
    """Return the notice that these bytes are; BadRequest says why they are none."""
    from agent.dock.forms import read_notice  # noqa: PLC0415  a third of a megabyte until the first

    try:
        return read_notice(data)
    except NoticeError as error:
        raise BadRequest(str(error), advice="correct it, or ask the supplier") from error
