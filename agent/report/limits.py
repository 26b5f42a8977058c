"""Which limits held for a sensor: by its profile, else by what the rules found. Pure.

A profile stands in the records by name, version and digest. Its file is one of those that come with
Tallyman, or is attached to the bundle; else only the limits are known that something went beyond.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.renderer.catalogue import Words
from agent.renderer.markup import Html, said
from agent.renderer.plot import Limit
from agent.report.case import Case
from agent.rules import shipped
from agent.rules.profile import COLDEST, FIELDS, LARGEST, Profile, ProfileError, profile_of
from agent.rules.rule import Rule, Side
from agent.rules.words import unit_of
from evidence.leaf import Record
from foundation.toml_file import TomlFile

KIND = "profile"
_WORDS = re.compile(
    rf"({'|'.join(FIELDS)}) ({'|'.join(side.words for side in Side)}) "
    r"((-?\d+(?:\.\d+)?(?:e[+-]?\d+)?).*)"
)
"""What a rule looks for, as `agent.rules.words.limit_words` writes it into records: the value, the
side of the limit, and the limit with its unit."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A profile from the moment of its record on; `profile` None where its file is not known."""

    device: str
    name: str
    version: int | None
    digest: bytes
    since: Record
    profile: Profile | None


def in_force(case: Case) -> list[InForce]:
    """Return the profiles that were in force, in the order of their records."""
    return [_of(record, case) for record in case.records if record.kind == KIND]


def _of(record: Record, case: Case) -> InForce:
    name, version, digest = (record.values.get(key) for key in ("profile", "version", "digest"))
    digest = digest if isinstance(digest, bytes) else b""
    return InForce(
        record.device,
        str(name or ""),
        version if isinstance(version, int) else None,
        digest,
        record,
        _found(str(name), digest, case.report.files.values()),
    )


def _found(name: str, digest: bytes, files: Iterable[bytes]) -> Profile | None:
    """Return the profile with a digest: attached, or one of ours."""
    for data in files:
        if hashlib.sha256(data).digest() == digest:
            try:
                return profile_of(TomlFile(Path(name), data, ProfileError))
            except ProfileError:
                return None
    if name not in shipped.names():
        return None
    ours = shipped.find(name, Path())
    return ours if ours.digest == digest else None


def limits_of(case: Case, profiles: Iterable[InForce], device: str, field: str) -> list[Limit]:
    """Return the limits of one value of a device, from the smallest up, each once."""
    rules = [
        rule
        for each in profiles
        if each.device == device and each.profile is not None
        for rule in each.profile.about(field)
    ]
    found = dict(_named(rules, field)) or dict(_told(case, device, field))
    return [Limit(value, name) for value, name in sorted(found.items())]


def _named(rules: Iterable[Rule], field: str) -> Iterator[tuple[float, str]]:
    for rule in rules:
        yield rule.limit, f"{rule.limit:g} {unit_of(field)}"


def _told(case: Case, device: str, field: str) -> Iterator[tuple[float, str]]:
    """Yield the limits that records of excursions and alarms name."""
    for each in case.stretches:
        match = _WORDS.fullmatch(each.limit) if each.device == device else None
        if match is not None and match[1] == field and COLDEST <= float(match[4]) <= LARGEST:
            yield float(match[4]), f"{float(match[4]):g} {unit_of(field)}"


def told_limit(words: Words, limit: str) -> Html:
    """Return what a record says that a rule looked for, in the page's language where it can be."""
    match = _WORDS.fullmatch(limit)
    if match is None:
        return said(limit)
    field, side = words.known("field", match[1]), match[2].replace(" ", "_")
    return words("rules.limit", field=field, side=words.known("side", side), limit=said(match[3]))
