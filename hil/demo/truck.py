"""A truck's day: an open door, a forklift's hit, and a cargo sensor that is unplugged.

The better of its ways to the ledger is not there, so that the next one is taken.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import ClassVar

from hil.demo.story import WIDTH, Story
from hil.demo.table import Status

UNPLUGGED, PALLET = "cargo", "pallet"
HIT = f"shock {PALLET} 48 20 x"
SCRIPT = (
    (0.1, f"warm {UNPLUGGED} 7 3", "-> a door lets warm air in"),
    (0.25, HIT, f"-> a forklift hits the {PALLET}"),
    (0.4, f"unplug {UNPLUGGED}", f"-> {UNPLUGGED} is unplugged"),
    (0.55, f"plug {UNPLUGGED}", f"-> {UNPLUGGED} is plugged in again"),
)
"""Parts of the demo's time, with what the rig is told and what people are."""

TOLD_S = 2.0
"""Within which a hit is an alarm in the status: its own second, and the one between two looks."""

FOUND = {
    "the door's excursion": f"Excursion {UNPLUGGED}: too warm: excursion",
    "the forklift's alarm": f"Alarm {PALLET}: ALARM hit or dropped",
}
"""What the page of the bundle must tell of it."""

GONE, NEXT = "wwan9", "lo"


@dataclass(slots=True)
class Truck(Story):
    """A position, the tags of a load, a climate and shocks."""

    hit: float | None = None  # monotonic
    unplugged: bool = False
    went_missing: bool = False
    came_back: bool = False
    told: set[tuple[str, str, str]] = field(default_factory=set)
    moved: bool = False

    rig: ClassVar[str] = "truck"
    place: ClassVar[str] = "truck"
    interfaces: ClassVar[str] = f"{GONE}:metered, {NEXT}"

    def watch(self) -> int:
        """Show what goes on for `seconds`, unplug and plug; return the number of records."""
        started = time.monotonic()
        script = list(SCRIPT)
        while (passed := time.monotonic() - started) < self.seconds:
            while script and passed >= script[0][0] * self.seconds:
                _, command, text = script.pop(0)
                self.tell_rig(command)
                self.screen.say(text)
                self.unplugged |= command.startswith("unplug")
                self.hit = started + passed if command == HIT else self.hit
            status = self.look(self.seconds - passed)
            self.follow(status)
            self.tell_goods(status)
            self.hit_again(started + passed)
            time.sleep(1.0)
        return int(self.look(0)["journal"]["records"])

    def hit_again(self, now: float) -> None:
        """Hit once more where no alarm came of it.

        The rig's own knocks go on: a chip is blind for 155 ms behind each, and sees what falls into
        that in part or not at all.
        """
        alarmed = any(device == PALLET and state == "alarm" for device, _, state in self.told)
        if self.hit is not None and now - self.hit > TOLD_S and not alarmed:
            self.hit = now
            self.tell_rig(HIT)
            self.screen.say(f"-> no alarm came of it: the forklift hits the {PALLET} again")

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

    def tell_goods(self, status: Status) -> None:
        """Say once what each rule finds."""
        for each in status["conditions"]:
            found = each["device"], each["rule"], each["state"]
            if each["state"] in {"excursion", "alarm"} and found not in self.told:
                self.told.add(found)
                device, rule, state = found
                self.screen.say(f"   {device}: {state}: {rule}: {each['text']}"[:WIDTH])

    def notice_way(self, status: Status) -> None:
        """Notice that the way to the ledger is another one now."""
        gone, used = status["ways"]
        if used["used"] and not self.moved:
            self.moved = True
            self.screen.say(f"   uplink: {gone['interface']}: {gone['trouble']}; {NEXT} is used")

    def failures(self, page: str) -> list[str]:
        """See `Story`."""
        words = " ".join(page.split())
        missing = [
            f"the page of the bundle does not show {what}"
            for what, wanted in FOUND.items()
            if wanted not in words
        ]
        if not (self.went_missing and self.came_back):
            missing.append(f"the unplugged {UNPLUGGED} was not seen to go and come back")
        if not self.moved:
            missing.append(f"the ledger was not reached through {NEXT}")
        return missing
