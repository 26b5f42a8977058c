"""The files of a new device, from templates: whole enough to be found, empty enough to fail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from string import Template

from foundation.parser import UsageError

TEMPLATES = Path(__file__).parent / "templates"
KIND = re.compile(r"([a-z][a-z0-9]*)\.([a-z][a-z0-9_]*)")
RECORDS = {"barcode": "barcode", "gnss": "position", "rfid": "tag", "sensors": "temperature"}
"""What devices of a family mostly record."""

CATALOG = Path("drivers/catalog.py")
EMULATORS = Path("hil/emulators/catalog.py")
ROWS = Path("tests/conformance/rows.py")
ENTRY = '    "'  # what the lines of a table begin with, unless they go on
HARDWARE = "HARDWARE.md"
NOT_WRITTEN = "(not written yet)"
"""Stands in a new device's page until somebody has written what it is for."""


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """A sort of device that one begins in the same way. `files`: template → where it goes."""

    name: str
    about: str
    files: Mapping[str, str]
    chip: bool  # on an emulated I2C bus, which finds its chips by itself
    family: str = ""  # of which they all are; empty: of any


CLASSES = {
    each.name: each
    for each in (
        DeviceClass(
            "climate",
            "a sensor of the air on I2C",
            {
                "codec.py": "drivers/$family/${name}_codec.py",
                "driver.py": "drivers/$family/$name.py",
                "chip.py": "hil/emulators/chips/${name}_chip.py",
                "test_codec.py": "tests/drivers/$family/test_${name}_codec.py",
                "test_driver.py": "tests/drivers/$family/test_$name.py",
            },
            chip=True,
            family="sensors",
        ),
        DeviceClass(
            "serial",
            "a device that talks on a serial port",
            {
                "frames.py": "drivers/$family/${name}_frames.py",
                "driver.py": "drivers/$family/$name.py",
                "device.py": "hil/emulators/serial/${name}_device.py",
                "test_frames.py": "tests/drivers/$family/test_${name}_frames.py",
            },
            chip=False,
        ),
    )
}


class Scaffold:
    """One new device in a checkout at `root`; UsageError where it cannot be called so."""

    def __init__(self, root: Path, kind: str, of: DeviceClass) -> None:
        found = KIND.fullmatch(kind)
        if found is None or iskeyword(found[2]):
            raise UsageError(
                f"{kind!r} is no name of a device", advice="FAMILY.NAME: sensors.sht4x"
            )
        self._root = root
        self._of = of
        self._kind = kind
        family, name = found.groups()
        title = "".join(part.capitalize() for part in name.split("_"))
        self._words = {
            "kind": kind,
            "family": family,
            "name": name,
            "Name": title,
            "NAME": name.upper(),
            "record": RECORDS.get(family, family),
        }
        if not (root / "drivers" / family / HARDWARE).is_file():
            raise UsageError(f"there is no family {family!r}", advice=self._families())
        if of.family not in ("", family):
            raise UsageError(
                f"{of.about} is none of the family {family!r}",
                advice=f"call it {of.family}.{name}, or choose another --class",
            )

    def _families(self) -> str:
        found = sorted(path.parent.name for path in self._root.glob(f"drivers/*/{HARDWARE}"))
        return (
            f"choose from {', '.join(found)}; a new family begins with its kinds.py and {HARDWARE}"
        )

    def write(self) -> Iterator[Path]:
        """Write the files and the lines in the tables; yield each path. Nothing is overwritten."""
        texts = {Path(path): text for path, text in self._texts()}
        there = [str(path) for path in texts if (self._root / path).exists()]
        if there:
            raise UsageError(f"{there[0]} is there already", advice="choose another name")
        for path, text in texts.items():
            (self._root / path).write_text(text, encoding="utf-8")
            yield path
        yield from self._enter()

    def _texts(self) -> Iterator[tuple[str, str]]:
        for template, path in self._of.files.items():
            text = (TEMPLATES / self._of.name / f"{template}.txt").read_text("utf-8")
            yield self._filled(path), self._filled(text)

    def _filled(self, text: str) -> str:
        return Template(text).substitute(self._words)

    def _enter(self) -> Iterator[Path]:
        """Put the device into the tables that name it."""
        words = self._words
        module = f'    "{self._kind}": "drivers.{words["family"]}.{words["name"]}",\n'
        yield self._among(CATALOG, "DEVICES: dict[str, str] = {\n", module)
        if not self._of.chip:
            place = f"hil.emulators.serial.{words['name']}_device:{words['Name']}Device"
            yield self._among(
                EMULATORS, "EMULATORS: dict[str, str] = {\n", f'    "{self._kind}": "{place}",\n'
            )
            row = f'    "{self._kind}": Row(SerialBench, {{}}),  # what it says of itself first\n'
            yield self._among(ROWS, "ROWS = {\n", row)
        yield self._described()

    def _among(self, path: Path, head: str, line: str) -> Path:
        """Put a line into a table whose lines are in order."""
        text = (self._root / path).read_text("utf-8")
        before, rest = text.split(head)
        lines, end = rest.split("\n}\n", 1)
        rows = f"{lines}\n".splitlines(keepends=True)
        begins = [n for n, row in enumerate(rows) if row.startswith(ENTRY)]
        at = next((n for n in begins if rows[n] > line), len(rows))
        rows.insert(at, line)
        (self._root / path).write_text(f"{before}{head}{''.join(rows)}}}\n{end}", encoding="utf-8")
        return path

    def _described(self) -> Path:
        """Give it an entry and a section in the family's page."""
        path = Path("drivers", self._words["family"], HARDWARE)
        text = (self._root / path).read_text("utf-8")
        entry = f"* `{self._kind}`: {NOT_WRITTEN} Second source: none. Real part: none.\n"
        head, heading, rest = text.partition("\n## ")
        section = f"\n## {self._kind}\n\n* {NOT_WRITTEN}\n"
        (self._root / path).write_text(f"{head}{entry}{heading}{rest}{section}", encoding="utf-8")
        return path
