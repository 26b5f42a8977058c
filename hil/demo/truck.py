"""A truck's day: in the middle the cargo sensor is unplugged and plugged in again.

The better of its ways to the ledger is not there, so that the next one is taken.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

from hil.demo.story import WIDTH, Story
from hil.demo.table import Status

UNPLUGGED = "cargo"
GONE, NEXT = "wwan9", "lo"
UNPLUG_AT, PLUG_AT = 0.4, 0.55  # parts of the demo's time


@dataclass(slots=True)
class Truck(Story):
    """A position, the tags of a load, a climate and shocks."""

    unplugged: bool = False
    went_missing: bool = False
    came_back: bool = False
    moved: bool = False

    rig: ClassVar[str] = "truck"
    place: ClassVar[str] = "truck"
    interfaces: ClassVar[str] = f"{GONE}:metered, {NEXT}"

    def watch(self) -> int:
        """Show what goes on for `seconds`, unplug and plug; return the number of records."""
        started = time.monotonic()
        script = [
            (self.seconds * UNPLUG_AT, "unplug", f"-> {UNPLUGGED} is unplugged"),
            (self.seconds * PLUG_AT, "plug", f"-> {UNPLUGGED} is plugged in again"),
        ]
        while (passed := time.monotonic() - started) < self.seconds:
            while script and passed >= script[0][0]:
                _, verb, text = script.pop(0)
                self.tell_rig(f"{verb} {UNPLUGGED}")
                self.screen.say(text)
                self.unplugged = True
            self.follow(self.look(self.seconds - passed))
            time.sleep(1.0)
        return int(self.look(0)["journal"]["records"])

    def follow(self, status: Status) -> None:
        """Notice how the unplugged device fares, and which way leads to the ledger."""
        self.notice_way(status)
        (device,) = [each for each in status["devices"] if each["name"] == UNPLUGGED]
        away = device["state"] != "running"
        if away and self.unplugged and not self.went_missing:
            self.went_missing = True
            self.screen.say(f"   {UNPLUGGED}: {device['state']}: {device['detail']}"[:WIDTH])
        elif not away and self.went_missing and not self.came_back:
            self.came_back = True
            self.screen.say(f"   {UNPLUGGED}: running again")

    def notice_way(self, status: Status) -> None:
        """Notice that the way to the ledger is another one now."""
        gone, used = status["ways"]
        if used["used"] and not self.moved:
            self.moved = True
            self.screen.say(f"   uplink: {gone['interface']}: {gone['trouble']}; {NEXT} is used")

    def failures(self, page: str) -> list[str]:
        """See `Story`."""
        del page
        found = []
        if not (self.went_missing and self.came_back):
            found.append(f"the unplugged {UNPLUGGED} was not seen to go and come back")
        if not self.moved:
            found.append(f"the ledger was not reached through {NEXT}")
        return found
