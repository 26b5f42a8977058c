"""[[device]]: each is checked against what its kind takes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from agent.records.convert import OWN_DEVICE
from drivers.driver import DriverModule
from foundation.dataclass import dataclass
from foundation.hints import hint
from foundation.names import NAME
from foundation.options import OptionError, OptionValue, option, options_of
from foundation.toml_file import Place, TomlFile, WrongFile

if TYPE_CHECKING:
    from agent.rules.profile import Profile


class Catalog(Protocol):
    """What is needed of `drivers.catalog` (the module itself fits); injected."""

    @property
    def DEVICES(self) -> Mapping[str, str]:  # noqa: N802  the module's constant
        """Every kind of device there is."""
        ...

    @property
    def module(self) -> Callable[[str], DriverModule]:
        """Return the module of a kind, importing it; ImportError where a part is missing."""
        ...


@dataclass(frozen=True, slots=True)
class Device:
    """One [[device]]; `options` are complete; `interval` None means that silence says nothing.

    `rules` are the profile's, None where there is none.
    """

    name: str = option(str, "what people call this device", form=NAME, example="cold-1")
    kind: str = option(str, "which driver: see tallyman devices --kinds")
    read_point: str = option(str, "where it looks (door 2, shelf A4), in EPCIS terms", default="")
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    interval: float | None = None
    profile: str = option(
        str,
        "rules for the goods there: a name of tallyman profile list, or a file",
        default="",
        example="2-8",
    )
    rules: Profile | None = None


DEVICE = options_of(Device)
PROFILES = {"battery": "battery"}
"""The profile of what tells of itself, by the kind of its records, where the file names none."""

PLACES = (
    ("chip", "line"),
    ("radio", "ieee"),
    ("bus", "address"),
    ("bus",),
    ("port",),
    ("address",),
)
"""Options that together say where a device is, the first of these that a kind has."""


def read_devices(file: TomlFile, catalog: Catalog, limit: int) -> tuple[Device, ...]:
    """Return every [[device]]; none may be silent for longer than `limit` seconds."""
    found: list[Device] = []
    for place, given in file.each("device"):
        device = _device(file, catalog, place, given, limit)
        file.twice(place, device.name, [other.name for other in found])
        _check_free(file, catalog, place, device, found)
        found.append(device)
    return tuple(found)


def _check_free(
    file: TomlFile, catalog: Catalog, place: Place, device: Device, others: Sequence[Device]
) -> None:
    """Complain where another device is at the same place: only one of them could have it."""
    where = _where(catalog, device)
    for other in others:
        twice = device.name == other.name  # pasted: that is said
        if where and _where(catalog, other) == where and not twice:
            options = [each for each in catalog.module(device.kind).OPTIONS if each.name in where]
            values = ((each, device.options[each.name]) for each in options)
            told = ", ".join(f"{each.name} {each.written(value)}" for each, value in values)
            file.problem((*place, options[-1].name), f"{told}: that is where {other.name!r} is")
            return


def _where(catalog: Catalog, device: Device) -> dict[str, object]:
    """Return the options that say where a device is; none where they are wrong, or not there.

    Two spellings of a path, or of an address, are one place.
    """
    names = next((each for each in PLACES if set(each) <= device.options.keys()), ())
    options = catalog.module(device.kind).OPTIONS if names else ()
    try:
        found = {
            each.name: _spelled(each.parsed(device.options[each.name]))
            for each in options
            if each.name in names
        }
    except OptionError:
        return {}  # that is said
    return {} if "" in found.values() else found


def _spelled(value: object) -> object:
    if isinstance(value, str) and value.startswith("/"):
        return posixpath.normpath(value)
    return value


def _device(
    file: TomlFile, catalog: Catalog, place: Place, given: Mapping[str, Any], limit: int
) -> Device:
    common = file.values(place, given, DEVICE, "[[device]]")
    name, kind = common["name"], common["kind"]
    if name == OWN_DEVICE:
        file.problem(
            (*place, "name"), f"the name {name!r} is taken: the gateway's own records bear it"
        )
    options: dict[str, OptionValue] = {}
    interval = None
    module = _module(file, catalog, place, kind) if isinstance(given.get("kind"), str) else None
    if module is not None:
        where = f"device {name!r} ({kind})"
        file.unknown(place, given, [key.name for key in (*DEVICE, *module.OPTIONS)], where)
        before = len(file.problems)
        options = file.values(place, given, module.OPTIONS, where)
        if len(file.problems) == before:
            try:
                interval = module.interval(options)
            except OptionError as error:
                file.problem((*place, error.option), f"{error} (in {where})")
            _check_interval(file, place, where, interval, limit)
    profile = common["profile"] or _of_itself(module)
    rules = _rules(file, place, profile, module)
    return Device(name, kind, common["read_point"], options, interval, profile, rules)


def _of_itself(module: DriverModule | None) -> str:
    """Return the profile that holds for a device without its being named; empty for most."""
    kinds = () if module is None else module.KINDS
    return next((PROFILES[kind] for kind in kinds if kind in PROFILES), "")


def _rules(
    file: TomlFile, place: Place, profile: str, module: DriverModule | None
) -> Profile | None:
    """Return the profile that a device names; it must be about what the device measures."""
    if not profile or module is None:
        return None
    from agent.rules.shipped import find  # noqa: PLC0415  few devices have a profile
    from agent.rules.sources import SOURCES  # noqa: PLC0415  not every gateway has profiles

    key = (*place, "profile")
    try:
        found = find(profile, file.path.parent)
    except WrongFile as error:
        for line in str(error).splitlines():
            file.problem(key, line)
        return None
    measured = {name for kind in module.KINDS for name in SOURCES.get(kind, ())}
    if not measured & set(found.fields):
        what = ", ".join(found.fields)
        file.problem(key, f"the profile {found.name} is about {what}: this device measures none")
    return found


def _check_interval(
    file: TomlFile, place: Place, where: str, interval: float | None, limit: int
) -> None:
    if interval is not None and interval > limit:
        file.problem(
            (*place, "interval"),
            f"interval {interval:g} s of {where} is longer than [silence] limit_minutes allows "
            f"({limit:g} s): shorten it, or set the limit of this journey",
        )


def _module(file: TomlFile, catalog: Catalog, place: Place, kind: str) -> DriverModule | None:
    kinds = catalog.DEVICES
    if kind not in kinds:
        file.problem(
            (*place, "kind"),
            f"unknown kind {kind!r}{hint(kind, kinds) or ': choose from ' + ', '.join(kinds)}",
        )
        return None
    try:
        return catalog.module(kind)
    except ImportError as error:
        file.problem(
            (*place, "kind"), f"kind {kind!r} needs a package that is not installed: {error}"
        )
        return None
