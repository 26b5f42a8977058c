"""[[device]] and [[read_point]] of the configuration, checked against the kinds there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agent.config.keys import DEVICE, READ_POINT
from agent.config.tables import Place, Tables
from agent.observe.points import ReadPoint, antennas, read_point, shared
from agent.records.convert import OWN_DEVICE
from drivers.driver import DriverModule
from drivers.options import OptionValue
from foundation.hints import hint


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
    """One [[device]]; `options` are complete; `interval` None means that silence says nothing."""

    name: str
    kind: str
    read_point: str
    options: Mapping[str, OptionValue]
    interval: float | None


def devices(tables: Tables, catalog: Catalog, limit: int) -> tuple[Device, ...]:
    """Return every [[device]]; none may be silent for longer than `limit` seconds."""
    found: list[Device] = []
    for place, given in tables.each("device"):
        device = _device(tables, catalog, place, given, limit)
        tables.twice(place, device.name, [other.name for other in found])
        found.append(device)
    return tuple(found)


def _device(
    tables: Tables, catalog: Catalog, place: Place, given: Mapping[str, Any], limit: int
) -> Device:
    common = tables.values(place, given, DEVICE, "[[device]]")
    name, kind = common["name"], common["kind"]
    if name == OWN_DEVICE:
        tables.problem(
            (*place, "name"), f"the name {name!r} is taken: the gateway's own records bear it"
        )
    options: dict[str, OptionValue] = {}
    interval = None
    module = _module(tables, catalog, place, kind) if isinstance(given.get("kind"), str) else None
    if module is not None:
        where = f"device {name!r} ({kind})"
        tables.unknown(place, given, [key.name for key in (*DEVICE, *module.OPTIONS)], where)
        before = len(tables.problems)
        options = tables.values(place, given, module.OPTIONS, where)
        if len(tables.problems) == before:
            interval = module.interval(options)
            _check_interval(tables, place, where, interval, limit)
    return Device(name, kind, common["read_point"], options, interval)


def _check_interval(
    tables: Tables, place: Place, where: str, interval: float | None, limit: int
) -> None:
    if interval is not None and interval > limit:
        tables.problem(
            (*place, "interval"),
            f"interval {interval:g} s of {where} is longer than [silence] limit_minutes allows "
            f"({limit:g} s): shorten it, or set the limit of this journey",
        )


def _module(tables: Tables, catalog: Catalog, place: Place, kind: str) -> DriverModule | None:
    kinds = catalog.DEVICES
    if kind not in kinds:
        tables.problem(
            (*place, "kind"),
            f"unknown kind {kind!r}{hint(kind, kinds) or ': there are ' + ', '.join(kinds)}",
        )
        return None
    try:
        return catalog.module(kind)
    except ImportError as error:
        tables.problem(
            (*place, "kind"), f"kind {kind!r} needs a package that is not installed: {error}"
        )
        return None


def read_points(tables: Tables, names: Collection[str]) -> tuple[ReadPoint, ...]:
    """Return every [[read_point]]; `names` are those of the devices there are."""
    found: list[ReadPoint] = []
    for place, given in tables.each("read_point"):
        tables.unknown(place, given, [key.name for key in READ_POINT], "[[read_point]]")
        values = tables.values(place, given, READ_POINT, "[[read_point]]")
        for key in ("antennas", "outer", "inner", "beam_outer", "beam_inner"):
            _check_names(tables, (*place, key), values[key], names)
        for device, port in set(antennas(values["outer"])) & set(antennas(values["inner"])):
            tables.problem((*place, "inner"), f"antenna {device}:{port} is outside as well")
        found.append(read_point(values))
        tables.twice(place, found[-1].name, [other.name for other in found[:-1]])
    for (device, port), first, second in shared(found):
        tables.problem(
            ("read_point",), f"antenna {device}:{port} is of both {first!r} and {second!r}"
        )
    return tuple(found)


def _check_names(tables: Tables, place: Place, text: str, names: Collection[str]) -> None:
    meant = {device for device, _ in antennas(text)} or (
        {text.partition(":")[0]} if text else set()
    )
    for name in sorted(meant - set(names)):
        tables.problem(place, f"no device {name!r}{hint(name, names)}")
