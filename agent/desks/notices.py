"""Notices as they came: taken in parts through the control socket, kept by their SHA-256."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

from agent.desks.causes import NOTICE_REFUSED
from agent.desks.control import BadRequest, Request
from agent.desks.kept_files import KeptFiles
from agent.desks.uploads import Uploads
from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.notice import MOST_BYTES, Notice, NoticeError

FOLDER = "notices"


class NoticeStore:
    """The notices of one gateway; the originals are evidence and are kept as they are.

    `refused` is why the newest one was refused that was, and when (monotonic seconds): a good one
    takes it back. `articles` is the table by which suppliers' own numbers are looked up.
    """

    def __init__(
        self,
        state_dir: Path,
        monotonic: Callable[[], float] = time.monotonic,
        articles: Articles = NO_ARTICLES,
    ) -> None:
        self._monotonic = monotonic
        self.articles = articles
        self.refused: tuple[str, float | None] = "", None
        self._files = KeptFiles(state_dir / FOLDER)
        self._uploads = Uploads("notice", MOST_BYTES, "split it")

    async def take(self, request: Request) -> AsyncGenerator[Any, None]:
        """Take one part of a notice's bytes; the last one is checked and kept."""
        taken = self._uploads.take(request)
        if taken.whole is None:
            yield {"taken": taken.length}
            return
        notice = self._checked(taken.whole, str(request.get("number", "")))
        await self._files.keep(taken.whole)
        yield {"notice": notice.number, "form": notice.form, "units": len(notice.units)}

    def _checked(self, data: bytes, number: str) -> Notice:
        try:
            notice = checked(data, number, self.articles)
        except BadRequest as error:
            self.refused = str(error), self._monotonic()
            raise
        self.refused = "", None
        return notice

    def read_all(self, data: bytes) -> list[Notice]:
        """Return all notices of a file; NoticeError where one cannot be used."""
        from agent.dock.forms import read_notices  # noqa: PLC0415  as in `checked`

        return read_notices(data, self.articles)

    async def keep(self, data: bytes) -> None:
        """Keep the bytes of a notice."""
        await self._files.keep(data)

    async def load(self, digest: str, number: str = "") -> Notice:
        """Return the notice with this SHA-256, of several the one with this number.

        BadRequest where it is not here.
        """
        try:
            data = await self._files.read(bytes.fromhex(digest))
        except (OSError, ValueError):
            raise BadRequest("that notice is not here", advice="send it first") from None
        return checked(data, number, self.articles)


def checked(data: bytes, number: str = "", articles: Articles = NO_ARTICLES) -> Notice:
    """Return the notice that these bytes are; BadRequest says why they are none."""
    from agent.dock.forms import read_notice  # noqa: PLC0415  a third of a megabyte until the first

    try:
        return read_notice(data, number, articles)
    except NoticeError as error:
        raise BadRequest(str(error), cause=NOTICE_REFUSED) from error
