"""The log: a CSV line durable before and after each card, from which a session goes on."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from flashing.errors import FlashError

BEGUN, DONE, FAILED = "begun", "ok", "failed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `time` is UTC, `enrolment` the beginning of the token's SHA-256."""

    time: str
    row: str
    label: str
    site: str
    profile: str
    card: str
    image_sha256: str
    enrolment: str
    result: str
    detail: str = ""


HEADER = [field.name for field in fields(Line)]


class Log:
    """What happened to each label, newest last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = _read(path) if path.exists() else []
        self._newest = {line.label: line for line in self.lines}

    def newest(self, label: str) -> Line | None:
        """Return the last word on a label."""
        return self._newest.get(label)

    def is_done(self, label: str) -> bool:
        """Tell whether a card of this label is finished."""
        line = self._newest.get(label)
        return line is not None and line.result == DONE

    def add(self, line: Line) -> None:
        """Append a line, durably."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not self.lines and not (self.path.exists() and self.path.stat().st_size):
            writer.writerow(HEADER)
        writer.writerow(astuple(line))
        with self.path.open("ab") as file:
            file.write(text.getvalue().encode())
            file.flush()
            os.fsync(file.fileno())
        self.lines.append(line)
        self._newest[line.label] = line


def _read(path: Path) -> list[Line]:
    """Read a log; a last line that a crash cut short is cut off."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        with path.open("r+b") as file:
            file.truncate(len(whole))
    try:
        rows = list(csv.reader(whole.decode().splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error):
        rows = [[]]
    if (rows and rows[0] != HEADER) or any(len(row) != len(HEADER) for row in rows):
        raise FlashError(f"{path} is no log of this program", advice="name another with --log")
    return [Line(*row) for row in rows[1:]]
