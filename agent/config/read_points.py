"""[[read_point]]: which antennas look where, and what it takes to believe a tag there."""

from __future__ import annotations

from collections.abc import Collection

from agent.config.forms import BEAM, PLAIN
from agent.observe.points import (
    ANTENNAS,
    STOCK,
    PointKind,
    ReadPoint,
    antennas,
    read_point,
    shared,
)
from foundation.hints import hint
from foundation.options import Option
from foundation.toml_file import Place, TomlFile

READ_POINT = (
    Option("name", str, "where it is, as in a device's read_point", form=PLAIN, example="door 2"),
    Option(
        "kind",
        str,
        "gate: goods pass; shelf: goods rest",
        default=str(PointKind.GATE),
        choices=tuple(str(kind) for kind in PointKind),
    ),
    Option(
        "antennas",
        str,
        "antennas that look here; default: those of the devices with this read_point",
        default="",
        form=ANTENNAS,
        example="gate-1:1-4, gate-2:1",
    ),
    Option(
        "outer", str, "antennas outside a portal", default="", form=ANTENNAS, example="gate-1:1"
    ),
    Option("inner", str, "antennas inside a portal", default="", form=ANTENNAS, example="gate-1:2"),
    Option(
        "beam_outer",
        str,
        "light beam outside: a device, or device:port",
        default="",
        form=BEAM,
        example="gate-1:1",
    ),
    Option(
        "beam_inner",
        str,
        "light beam inside: a device, or device:port",
        default="",
        form=BEAM,
        example="gate-1:2",
    ),
    Option(
        "round",
        float,
        "time between two reports of a tag that stays; 0: 0.25 at a gate, 60 on a shelf",
        default=0.0,
        minimum=0.0,
        maximum=3600.0,
        unit="s",
    ),
    Option(
        "missed_rounds",
        int,
        "missed rounds after which a tag is gone: its departure is told that much later. 0: as "
        "many as keep false departures below 1 in 1,000 tag-hours at 65 % reads: 16 at a gate "
        "(4 s of delay), 11 on a shelf read once a minute (11 min)",
        default=0,
        minimum=0,
        maximum=1000,
        unit="rounds",
    ),
    Option(
        "reads",
        int,
        "reads that make a tag present; 0: 2 at a gate, 1 on a shelf",
        default=0,
        minimum=0,
        maximum=100,
    ),
    Option(
        "rssi_floor",
        float,
        "a weaker read counts as a stray",
        default=-80.0,
        minimum=-120.0,
        maximum=0.0,
        unit="dBm",
    ),
    Option(
        "apart",
        float,
        "least time that goods need to any other read point; sooner is suspect; 0: not checked",
        default=0.0,
        minimum=0.0,
        maximum=604800.0,
        unit="s",
    ),
    Option(
        "raw",
        bool,
        "also record every read, to set up a door: 400 reads/s fill a card",
        default=False,
    ),
    Option(
        "stock",
        str,
        "GTINs, or their beginnings, of what belongs on this shelf: for hints where to put it",
        default="",
        form=STOCK,
        example="04012345111118, 0401234522*",
    ),
    Option(
        "single",
        bool,
        "boxes pass one by one: the barcode of each is compared with its tag",
        default=False,
    ),
)
"""Of `agent.observe.points.read_point`, which knows nothing of files."""


def read_read_points(file: TomlFile, names: Collection[str]) -> tuple[ReadPoint, ...]:
    """Return every [[read_point]]; `names` are those of the devices there are."""
    found: list[ReadPoint] = []
    for place, given in file.each("read_point"):
        values = file.table(place, given, READ_POINT, "[[read_point]]")
        for key in ("antennas", "outer", "inner", "beam_outer", "beam_inner"):
            _check_names(file, (*place, key), values[key], names)
        for device, port in set(antennas(values["outer"])) & set(antennas(values["inner"])):
            file.problem((*place, "inner"), f"antenna {device}:{port} is also outside")
        found.append(read_point(values))
        file.twice(place, found[-1].name, [other.name for other in found[:-1]])
    for (device, port), first, second in shared(found):
        file.problem(
            ("read_point",), f"antenna {device}:{port} belongs to both {first!r} and {second!r}"
        )
    return tuple(found)


def _check_names(file: TomlFile, place: Place, text: str, names: Collection[str]) -> None:
    meant = {device for device, _ in antennas(text)} or (
        {text.partition(":")[0]} if text else set()
    )
    for name in sorted(meant - set(names)):
        file.problem(place, f"no device {name!r}{hint(name, names)}")
