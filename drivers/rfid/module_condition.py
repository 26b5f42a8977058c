"""What a serial UHF module's health says: what it is, and what was lost of its reports."""

from __future__ import annotations

from typing import Any

from drivers.driver import Health, State
from drivers.rfid.causes import LOST_REPORTS
from drivers.rfid.discards import Discards
from drivers.rfid.module_port import ModulePort
from drivers.rfid.sightings import Heard
from foundation.counting import counted


class ModuleCondition:
    """Writes `health` of the module on `port`; times are monotonic seconds."""

    def __init__(self, health: Health, port: ModulePort[Any]) -> None:
        self.discards = Discards()
        self._health = health
        self._port = port
        self._title = ""
        self._tags: int | None = None  # of the last report

    def begin(self, title: str, now: float) -> None:
        """Say what the module is, now that it is set up."""
        self._title, self._tags = title, None
        self.say(now)

    def read(self, heard: Heard, now: float) -> None:
        """Note a tag. One whose own CRC is wrong is reported, but says nothing."""
        self._health.count("reads" if heard.intact else "corrupt reads", heard.count)
        if heard.intact:
            self.discards.read()
        else:
            self.discards.lose("a tag whose own CRC is wrong", now)

    def lose(self, what: str, now: float) -> None:
        """Note a report that could not be read."""
        self._health.count("bad frames")
        self.discards.lose(what, now)

    def reported(self, tags: int) -> None:
        """Note how many tags the last report had."""
        self._tags = tags

    def say(self, now: float) -> None:
        """Put what is known into the health."""
        finding, cause = self._port.finding
        if fault := self.discards.fault(now):
            self._health.enter(State.FAULTY, now, fault, LOST_REPORTS)
            return
        skipped = self.discards.remark(now)
        tags = self._tags
        last = "" if tags is None else f"{counted(tags, 'tag')} in the last report"
        detail = ", ".join(filter(None, (self._title, last, finding, skipped)))
        self._health.enter(State.RUNNING, now, detail, cause)
