"""A pallet through a warehouse door: checked against its notice, decided and signed.

One carton is missing, one was not advised, one has a dead tag and is typed in, one has no tag and
is scanned. The keeper accepts, and the receipt is part of the bundle.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hil.demo.story import RIGS, Story
from hil.demo.zigbee_hall import PROCESS, ZigbeeHall, is_set_up
from hil.site.control import ask_agent
from hil.site.ports import free_ports
from hil.site.processes import ProcessFailed

DOOR, KEEPER, PIN = "door 2", "keeper-2", "4711"
PALLET = "106141412345678908"
CARTON, BOX, UNTAGGED = "80614141123458", "80614141123465", "09506000134352"
NOTICE: dict[str, Any] = {
    "notice": "ASN1099",
    "supplier": "0614141000012",
    "units": [
        {
            "sscc": PALLET,
            "items": [
                {"gtin": CARTON, "quantity": 4, "serials": ["41", "42", "43", "44"]},
                {"gtin": BOX, "quantity": 2},
                {"gtin": UNTAGGED, "quantity": 1, "lot": "ABC123", "expiry": "2027-12-31"},
            ],
        }
    ],
}
SCANNED = f"]d201{UNTAGGED}1727123110ABC123"
TYPED = f"(01){CARTON}(21)42"
MISSING = f"X34 missing: (01){CARTON}(21)44"
UNEXPECTED = "AE  delivered, not advised: (01)70614141123475(21)55"

PAPERS = ("recadv", "861", "epcis", "csv")
READ = 5
"""Pieces of the notice that devices see: two cartons, two boxes, and the one that is scanned."""

SEEN_WITHIN = 20.0
"""Seconds for the readers to connect, or for what happened to show; two do on a free machine."""

_PORT = re.compile(r"127\.0\.0\.1:[0-9]+")


@dataclass(slots=True)
class Warehouse(Story):
    """Two doors, two shelves and a scanner."""

    receipt: str = ""
    ways: Counter[str] = field(default_factory=Counter)

    rig: ClassVar[str] = "warehouse"
    place: ClassVar[str] = "warehouse"

    def rig_file(self) -> Path:
        """Return a copy of the rig's file with ports that are free."""
        text = Story.rig_file(self).read_text()
        if is_set_up():
            text += (RIGS / "warehouse-zigbee.toml").read_text()
            self.beside.append(PROCESS)
        ports = iter(free_ports(len(_PORT.findall(text))))
        file = self.folder / "warehouse.toml"
        file.write_text(_PORT.sub(lambda _: f"127.0.0.1:{next(ports)}", text))
        return file

    def watch(self) -> int:
        """Let the pallet come in, check it, and have the receipt signed; return the records."""
        started = time.monotonic()
        self.gateway.tallyman("people", "add", KEEPER, TALLYMAN_PIN=PIN)
        hall = ZigbeeHall(self.folder, self.processes, self.gateway, self.screen, self.tell_rig)
        if self.beside:
            hall.bring_up()
        else:
            self.screen.say("-> no Zigbee: `make zigbee` sets it up")
        self.await_devices()
        if self.beside:
            hall.fill_shelf()
        notice = self.folder / "ASN1099.json"
        notice.write_text(json.dumps(NOTICE))
        self.dock()
        for command, text in self.arrival():
            if text:
                self.screen.say(text)
            self.tell_rig(command)
            self.pass_time(self.seconds / 20)
        self.await_view(lambda view: view["found"] == READ)
        self.tell_rig("take door-2 pallet")
        self.screen.say("-> carton 42 has a dead tag: its label is typed in")
        self.screen.say(self.dock("--label", TYPED, "--reason", "dead tag").rstrip())
        self.screen.say("-> the keeper accepts, and signs with a PIN")
        told = self.dock("--decide", "accepted", "--sign", "--qr").rstrip()
        self.receipt = told.split()[1].rstrip(":")
        self.screen.say(told)
        self.write_papers()
        shelves = self.gateway.tallyman("shelf", "shelf B", "--utc").rstrip()
        self.screen.say(f"-> what lies on shelf B\n{shelves}")
        self.await_departure()
        if self.beside:
            hall.lose_router()
        while (left := self.seconds - (time.monotonic() - started)) > 0:
            self.look(left)
            time.sleep(1.0)
        return int(self.look(0)["journal"]["records"])

    def arrival(self) -> list[tuple[str, str]]:
        """Return what happens at the door, as commands of the rig and words."""
        return [
            ("fault door-2 input 1 1", "-> a pallet breaks the outer beam of door 2"),
            ("bring door-2 pallet 1 2", ""),
            ("bring door-3 pallet 1", ""),
            ("fault door-2 input 2 1", "-> and the inner one; door 3 hears it, too"),
            ("bring door-2 pallet 3 4", ""),
            (f"scan scanner {SCANNED}", "-> a carton without a tag is scanned"),
            ("take door-3 pallet", ""),
        ]

    def dock(self, *more: str) -> str:
        """Run `tallyman dock` for the pallet."""
        return self.gateway.tallyman(
            "dock", str(self.folder / "ASN1099.json"), "--read-point", DOOR, "--operator", KEEPER,
            *more, TALLYMAN_PIN=PIN,
        )  # fmt: skip

    def write_papers(self) -> None:
        """Make what goes back to the supplier out of the receipt."""
        for name in PAPERS:
            file = self.folder / f"receipt.{name}"
            told = self.gateway.tallyman("dock", self.receipt, "--as", name, "-o", str(file))
            self.screen.say(f"-> {told.rstrip().removeprefix(str(self.folder)).lstrip('/')}")

    def pass_time(self, seconds: float) -> None:
        """Look on for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.look(0)
            time.sleep(min(0.5, seconds))

    def await_departure(self) -> None:
        """Return once the pallet has left the door, and say which way."""
        deadline = time.monotonic() + SEEN_WITHIN
        while len(ask_agent(self.gateway.control, {"verb": "shelf", "read_point": DOOR})) > 1:
            if time.monotonic() > deadline:
                raise ProcessFailed(f"the pallet did not leave within {SEEN_WITHIN:g} s")
            self.pass_time(0.5)
        self.ways = Counter(
            str(each["direction"])
            for each in map(json.loads, self.gateway.tallyman("journal", "--json").splitlines())
            if each["kind"] == "tag-state" and each["read_point"] == DOOR and "direction" in each
        )
        told = ", ".join(f"{count} tags {way}" for way, count in self.ways.items())
        self.screen.say(f"-> the pallet has left {DOOR}: {told}")

    def await_devices(self) -> None:
        """Return once every device runs."""
        deadline = time.monotonic() + SEEN_WITHIN
        while any(each["state"] != "running" for each in self.look(0)["devices"]):
            if time.monotonic() > deadline:
                raise ProcessFailed(f"not every device ran within {SEEN_WITHIN:g} s")
            time.sleep(0.3)

    def await_view(self, enough: Callable[[dict[str, Any]], bool]) -> None:
        """Return once the check stands as it should."""
        deadline = time.monotonic() + SEEN_WITHIN
        (opened,) = ask_agent(self.gateway.control, {"verb": "dock-list"})
        look = {"verb": "dock-look", "check": opened["check"]}
        while not enough(*ask_agent(self.gateway.control, look)):
            if time.monotonic() > deadline:
                raise ProcessFailed(f"the pallet was not seen within {SEEN_WITHIN:g} s")
            time.sleep(0.3)

    def failures(self, page: str) -> list[str]:
        """See `Story`."""
        words = " ".join(page.split())
        wanted = f"receipt {self.receipt} of notice ASN1099 at {DOOR}: accepted, different, 6 of 7"
        failures = []
        if wanted not in words:
            failures.append("the page of the bundle does not show the dock check")
        if self.ways["out"]:
            failures.append("tags that went in are told to have gone out")
        return failures
