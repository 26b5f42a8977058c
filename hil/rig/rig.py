"""A rig: the devices on a bench, as one TOML file describes them, and what an agent needs of them.

Each `[[device]]` has a `name`, a `kind` of `hil/emulators/catalog.py` and the emulator's settings;
its table `driver` holds the options with which an agent should configure it. An `i2c.bus` has a
`path` (`/dev/i2c-N`) and `[[device.chips]]`, each with a `name`, a `kind` of `chips/catalog.py`,
perhaps an `address`, its settings and `driver`; a device on SPI or GPIO has its `path`
(`/dev/spidevB.D`, `/dev/gpiochipN`), one of NETWORK says where it listens: `listen`. An `[[event]]`
has a `command` of the control socket and the second `at` which it is given, and may come again
`every` so many seconds. A `[[read_point]]` is one of an agent's configuration. A `zigbee.znp` or
`zigbee.ezsp` is a stick with `nodes`, each of which an agent reads if it has a table `driver` with
a `name`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.emulators.chips.catalog import chip_kind
from hil.rig import shims

BUS = "i2c.bus"
INPUT = "barcode.hid"  # a keyboard, which a pty becomes with its shim
FILES = {"/dev/spidev": "bus", "/dev/gpiochip": "chip"}
"""What a device's `path` may begin with, and the driver's option that is to name it."""
LONGEST_SOCKET_PATH = 107  # bytes: sun_path of sockaddr_un, less its terminating zero
NETWORK = ("rfid.llrp",)  # kinds that are found by an address, not by a path
STACKS = ("zigbee.node", "zigbee.radio")  # kinds that another process speaks for, on a socket
STICKS = {"zigbee.znp": "znp", "zigbee.ezsp": "ezsp"}  # emulated ones, and a radio's option `type`
RADIO = "zigbee.radio"  # the device that reads a stick
STACK_SOCKET = "zigbee.sock"  # beside the sticks: of the process that an agent's devices follow
FILE_SETTINGS = ("route", "capture", "scenario")  # of emulators; relative to the rig's own folder


class RigError(Exception):
    """The rig's file or folder cannot be used; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Event:
    """A command given `at` seconds after the start, and again `every` so many seconds."""

    at: float
    command: str
    every: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Something that can be plugged: its name, its emulator's kind and where an agent finds it."""

    name: str
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Rig:
    """What a rig's file says."""

    name: str
    tables: tuple[Mapping[str, Any], ...]
    events: tuple[Event, ...] = ()
    read_points: tuple[Mapping[str, Any], ...] = ()

    def devices(self, folder: Path) -> list[dict[str, Any]]:
        """Return the `[[device]]` tables of an agent's configuration, for a rig up in `folder`."""
        found = []
        for table in self.tables:
            if table["kind"] == BUS:
                found += [_chip_device(table["path"], chip) for chip in table["chips"]]
            elif table["kind"] in STICKS:
                found += self._network(table, folder)
            else:
                head = {"name": table["name"], "kind": table["kind"]}
                where = self._found_at(table, folder)
                found.append(head | where | _told_to_both(table) | table.get("driver", {}))
        return found

    def _network(self, table: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
        """Yield the radio that a stick is, and those of its nodes that have a `driver` table."""
        stack = {"stack": str(folder.absolute() / STACK_SOCKET)}
        where = self._found_at(table, folder) | {"type": STICKS[table["kind"]]}
        yield {"name": table["name"], "kind": RADIO} | where | stack | table.get("driver", {})
        for node in table.get("nodes", []):
            if "driver" in node:
                named = {"radio": table["name"], "ieee": node["ieee"]}
                yield {"name": "", "kind": "zigbee.node"} | named | stack | node["driver"]

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the variables with which an agent's process sees buses and input devices."""
        on_bus = [table for table in self.tables if table["kind"] == BUS or file_option(table)]
        keyboards = [table for table in self.tables if table["kind"] == INPUT]
        return shims.environment(
            {table["path"]: self.link(table, folder) for table in on_bus},
            {table["name"]: self.link(table, folder) for table in keyboards},
        )

    def check_shims(self, folder: Path) -> None:
        """Raise RigError when a shim that the rig's programs need cannot serve them."""
        if trouble := shims.trouble(self.environment(folder)):
            raise RigError(trouble)

    def link(self, table: Mapping[str, Any], folder: Path) -> Path:
        """Return the stable path under which a device's emulator is found."""
        return folder.absolute() / str(table["name"])

    def _found_at(self, table: Mapping[str, Any], folder: Path) -> dict[str, str]:
        """Return the driver's option that leads to the device."""
        if table["kind"] in NETWORK:
            return {"address": str(table["listen"])}
        if option := file_option(table):
            return {option: str(table["path"])}
        if table["kind"] in STACKS:
            return {"stack": str(self.link(table, folder))}
        return {"port": str(self.link(table, folder))}

    def settings(self, table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """Return the keyword arguments of a device's emulator."""
        kept = {key: table[key] for key in table if key not in {"name", "kind", "path", "driver"}}
        for parts in ("chips", "nodes"):
            if parts in kept:
                kept[parts] = [
                    {key: part[key] for key in part if key != "driver"} for part in kept[parts]
                ]
        if table["kind"] in NETWORK:
            return kept
        return kept | {"link": self.link(table, folder)}

    def parts(self, folder: Path) -> Iterator[Part]:
        """Yield everything that has a name: devices, buses and the chips on them."""
        for table in self.tables:
            if table["kind"] != BUS:
                [place] = self._found_at(table, folder).values()
                yield Part(table["name"], table["kind"], place)
                continue
            yield Part(table["name"], BUS, table["path"])
            for chip in table["chips"]:
                place = f"{table['path']} {chip['address']:#04x}"
                yield Part(chip["name"], chip["kind"], place)


def file_option(table: Mapping[str, Any]) -> str:
    """Return the driver's option for a device's file; empty where it has none to itself."""
    path = str(table.get("path", ""))
    return next((option for start, option in FILES.items() if path.startswith(start)), "")


def load_rig(path: Path) -> Rig:
    """Read a rig's file; RigError says what is wrong with it."""
    try:
        text = tomllib.loads(path.read_text())
        tables = tuple(_completed(table, path.parent) for table in text.get("device", []))
        events = tuple(Event(**event) for event in text.get("event", []))
        points = tuple(text.get("read_point", []))
        rig = Rig(str(text.get("name", path.stem)), tables, events, points)
        names = [part.name for part in rig.parts(Path())]
    except OSError as error:
        raise RigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RigError(f"{path}: it is not text") from error
    except (ValueError, TypeError) as error:
        raise RigError(f"{path}: {error}") from error
    except KeyError as error:
        raise RigError(f"{path}: a device lacks {error}") from error
    if not names or len(names) != len(set(names)):
        raise RigError(f"{path}: a rig needs devices, each with a name of its own")
    return rig


def _completed(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a device's table with paths that hold anywhere, and with its chips' addresses."""
    files = {
        key: str(folder / table[key]) for key in FILE_SETTINGS if isinstance(table.get(key), str)
    }
    if table["kind"] != BUS:
        return {**table, **files}
    chips = [{"address": chip_kind(chip["kind"]).address, **chip} for chip in table["chips"]]
    return {**table, **files, "chips": chips}


TOLD_TO_BOTH = ("baudrate", "layout", "radio", "ieee", "port", "line")


def _told_to_both(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a driver needs because its emulator was set so."""
    told = {key: table[key] for key in TOLD_TO_BOTH if key in table}
    return told | ({"suffix": "none"} if table.get("suffix") == "none" else {})


def _chip_device(bus: str, chip: Mapping[str, Any]) -> dict[str, Any]:
    kind = chip_kind(chip["kind"])
    return {
        "name": chip["name"],
        "kind": kind.driver,
        "bus": bus,
        "address": chip["address"],
        **kind.options,
        **chip.get("driver", {}),
    }
