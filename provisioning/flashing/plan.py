"""The plan: a CSV file with a row for each card, checked as a whole before a card is touched."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flashing.errors import FlashError
from saying import counted

NEEDED = ("label", "site", "profile")
OPTIONAL = ("apn", "note")
COLUMNS = NEEDED + OPTIONAL

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
"""A label, site or profile, as a seed takes them (docs/operate/cards.md, "Seed")."""

APN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")
"""An access point name: labels of a host name (3GPP TS 23.003 §9)."""

NOTE_CHARACTERS = 60
"""What fits on the line of a label."""

MOBILE = "truck"
"""Profiles of this name, or truck-SOMETHING, reach the ledger by a SIM card: they need an APN."""

MAX_ROWS = 10_000
HEADER_ROW = 1


@dataclass(frozen=True, slots=True)
class Row:
    """What one card is to become. `number` is the row as a spreadsheet counts, from the header."""

    number: int
    label: str
    site: str
    profile: str
    apn: str = ""
    note: str = ""

    @property
    def host(self) -> str:
        """The label as a host name (RFC 1123): letters of one case, digits, dashes."""
        return re.sub(r"[._]", "-", self.label.lower())


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, and what to do."""

    row: int
    text: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.text}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of a plan and everything that is wrong with it; it may be used without faults."""

    rows: Sequence[Row]
    faults: Sequence[Fault]


def read_plan(path: Path, profiles: Mapping[str, Path]) -> Plan:
    """Read and check a plan; OSError where it cannot be read.

    As spreadsheets write it: UTF-8 with or without a mark, commas or semicolons.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return Plan((), [Fault(HEADER_ROW, "not UTF-8: save it as CSV UTF-8")])
    head = text.split("\n", 1)[0]
    comma = ";" if ";" in head and "," not in head else ","
    try:
        lines = list(csv.reader(text.splitlines(), delimiter=comma, strict=True))
    except csv.Error as error:
        return Plan((), [Fault(HEADER_ROW, f"not CSV: {error}")])
    faults = list(_head_faults(lines))
    if faults:
        return Plan((), faults)
    names = [name.strip().lower() for name in lines[0]]
    rows: list[Row] = []
    for number, cells in enumerate(lines[1:], HEADER_ROW + 1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            faults.append(Fault(number, f"{len(cells)} cells where the header has {len(names)}"))
            continue
        values = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
        row = Row(number, **values)
        faults += row_faults(row, profiles)
        rows.append(row)
    faults += _twins(rows)
    if not rows and not faults:
        faults.append(Fault(HEADER_ROW, "the plan has no rows"))
    return Plan(rows, sorted(faults, key=lambda fault: fault.row))


def sound_plan(path: Path, profiles: Sequence[Path]) -> Plan:
    """Return a plan without faults, by the profiles in these folders; FlashError names them all."""
    plan = read_plan(path, known_profiles(profiles))
    if plan.faults:
        problems = counted(len(plan.faults), "problem")
        faults = [f"{path}: {problems}, nothing was written", *plan.faults]
        raise FlashError("\n".join(map(str, faults)), advice="correct these rows, then try again")
    return plan


def known_profiles(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the profiles by name; an earlier folder's come first."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            found.setdefault(path.stem, path)
    return found


def _head_faults(lines: Sequence[Sequence[str]]) -> Iterator[Fault]:
    names = [name.strip().lower() for name in lines[0]] if lines else []
    for name in NEEDED:
        if name not in names:
            yield Fault(HEADER_ROW, f"there is no column {name}; columns: {', '.join(COLUMNS)}")
    for name in names:
        if name not in COLUMNS:
            yield Fault(HEADER_ROW, f"unknown column {name!r}; columns: {', '.join(COLUMNS)}")
        if names.count(name) > 1:
            yield Fault(HEADER_ROW, f"column {name!r} stands there twice")
    if len(lines) > MAX_ROWS:
        yield Fault(HEADER_ROW, f"more than {MAX_ROWS} rows: split the plan")


def row_faults(row: Row, profiles: Mapping[str, Path]) -> Iterator[Fault]:
    """Yield what is wrong with one row, whatever the others say."""
    for what, value in (("label", row.label), ("site", row.site), ("profile", row.profile)):
        if not NAME.fullmatch(value):
            rule = "letters, digits, dots and dashes, 63 at most"
            yield Fault(row.number, f"{what} {value!r} is not usable: {rule}" if value else
                        f"{what} is empty")  # fmt: skip
    if row.host.endswith("-"):
        yield Fault(row.number, f"label {row.label!r} is no host name: it ends in a dash or dot")
    if NAME.fullmatch(row.profile) and row.profile not in profiles:
        known = ", ".join(profiles) or "none"
        yield Fault(row.number, f"unknown profile {row.profile!r}; known: {known}")
    if row.apn and not APN.fullmatch(row.apn):
        yield Fault(row.number, f"APN {row.apn!r} is not usable: letters, digits, dots and dashes")
    if not row.apn and (row.profile == MOBILE or row.profile.startswith(f"{MOBILE}-")):
        yield Fault(row.number, f"{row.label} is a {row.profile} and has no APN: see its SIM card")
    if len(row.note) > NOTE_CHARACTERS or not row.note.isprintable():
        yield Fault(row.number, f"note: {NOTE_CHARACTERS} characters at most, on one line")


def _twins(rows: Sequence[Row]) -> Iterator[Fault]:
    """Find labels that make one host name: two gateways of one name are told apart by nobody."""
    first: dict[str, Row] = {}
    for row in rows:
        twin = first.setdefault(row.host, row)
        if twin is not row:
            text = f"host name {row.host!r} stands in row {twin.number} already ({twin.label})"
            yield Fault(row.number, text)
