"""CHANGELOG.md as a Debian changelog (Debian Policy 4.4, deb-changelog(5)). Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

SUITE = "trixie"
_HEADING = re.compile(r"^## (\S+)(?:.*?(\d{4}-\d{2}-\d{2}))?.*$", re.MULTILINE)
_ITEM = re.compile(r"^\* ", re.MULTILINE)
UNRELEASED = "Unreleased"
COLUMNS = 79


def debian_changelog(text: str, package: str, version: str, maintainer: str, epoch: int) -> str:
    """Return the changes of each release; what is unreleased is of `version`, at `epoch`.

    A section of CHANGELOG.md is headed by its version and its date, YYYY-MM-DD.
    """
    found = list(_HEADING.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    parts = []
    for heading, end in zip(found, ends, strict=True):
        name = version if heading[1] == UNRELEASED else heading[1]
        lines = [f"{package} ({name}) {SUITE}; urgency=medium", ""]
        lines += _items(text[heading.end() : end])
        lines += ["", f" -- {maintainer}  {_date(heading[2], epoch)}", ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def _items(section: str) -> Iterator[str]:
    for item in _ITEM.split(section)[1:]:
        yield from textwrap.wrap(
            " ".join(item.split()), COLUMNS, initial_indent="  * ", subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip


def _date(day: str | None, epoch: int) -> str:
    """Return when a release was made, in the form of RFC 5322."""
    moment = datetime.fromtimestamp(epoch, UTC)
    if day is not None:
        moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return format_datetime(moment)
