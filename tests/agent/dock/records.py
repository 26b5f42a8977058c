"""Records of a check for tests: as a door, a scanner and a keeper make them."""

from __future__ import annotations

import itertools

from agent.dock.check import check
from agent.dock.differences import Known
from agent.dock.history import Opened
from agent.dock.notice import Notice
from agent.dock.session import Session
from evidence.leaf import Record

DOOR = "door 2"


class Check:
    """One open check that takes what is noted, and tells how it stands."""

    def __init__(self, notice: Notice, number: int = 0) -> None:
        self._numbers = itertools.count(number)
        opened = Opened("R-1", notice.number, "00", DOOR, number)
        self.session = Session(opened, notice, ["scanner"], ())

    def note(self, kind: str, device: str = "gateway", quality: str = "ok", **values) -> int:
        number = next(self._numbers)
        self.session.apply(
            Record(number, device, kind, 1, number, number, "ntp", 20, quality, values)
        )
        return number

    def scan(self, **values) -> int:
        return self.note("barcode", "scanner", **values)

    def type(self, **values) -> int:
        return self.note("dock-entry", quality="manual", check="R-1", what="label", **values)

    def undo(self, entry: int) -> int:
        return self.note("dock-entry", quality="manual", check="R-1", what="undo", entry=entry)

    def tag(self, uri: str, state: str = "enter", **values) -> int:
        values = {"read_point": DOOR, "epc": uri[-12:], "uri": uri, "state": state} | values
        return self.note("tag-state", "r2", **values)

    @property
    def verdict(self):
        return self.session.verdict(Known({}, {}), {})


__all__ = ["DOOR", "Check", "check"]
