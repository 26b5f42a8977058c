"""[views] and [[city]]: where the vehicle was, as coarsely as may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent.config.forms import PLAIN
from foundation.dataclass import dataclass
from foundation.options import Option, option, options_of
from foundation.toml_file import TomlFile

if TYPE_CHECKING:
    from agent.observe.coarse import City

CITY = (
    Option("name", str, "what people call it", form=PLAIN, example="Novara"),
    Option(
        "lat",
        float,
        "latitude of its middle, north positive",
        minimum=-90.0,
        maximum=90.0,
        unit="°",
    ),
    Option(
        "lon",
        float,
        "longitude of its middle, east positive",
        minimum=-180.0,
        maximum=180.0,
        unit="°",
    ),
    Option(
        "radius_km",
        float,
        "how far it reaches",
        default=10.0,
        minimum=1.0,
        maximum=200.0,
        unit="km",
    ),
)
"""Of `agent.observe.coarse.City`, which knows nothing of files."""


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """[views] and each [[city]]; `grid_km` 0: positions are recorded as they are alone."""

    grid_km: int = option(
        int,
        "also record, each hour, the cell that the vehicle was in, to show instead of positions; "
        "how wide a cell is; 0: off",
        default=0,
        minimum=0,
        maximum=500,
        unit="km",
    )
    cities: tuple[City, ...] = ()


def read_views(file: TomlFile) -> ViewSettings:
    """Return what [views] and the cities say."""
    grid_km = file.section("views", options_of(ViewSettings))["grid_km"]
    cities: list[City] = []
    for place, given in file.each("city"):
        cities.append(_city(file.table(place, given, CITY, "[[city]]")))
        file.twice(place, cities[-1].name, [other.name for other in cities[:-1]])
    if cities and not grid_km:
        file.problem(("city",), "[[city]] needs [views] grid_km, for places in no city")
    return ViewSettings(grid_km, tuple(cities))


def _city(values: Mapping[str, Any]) -> City:
    from agent.observe.coarse import City  # noqa: PLC0415  few gateways name any

    return City(**values)
