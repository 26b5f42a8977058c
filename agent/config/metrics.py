"""[metrics]: the gateway's numbers for Prometheus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from foundation.dataclass import dataclass
from foundation.options import option, options_of, or_none, settings_of
from foundation.toml_file import TomlFile

MOST_WATTS = 100.0


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """[metrics]; `folder` None: no file is written, and only `tallyman metrics` tells."""

    folder: Path | None = option(
        str,
        "node_exporter's textfile folder, in which tallyman.prom is written every 30 s; "
        "in /run it wears no card; empty: none",
        default="",
        parse=or_none(Path),
    )
    watts: float = option(
        float,
        "what the board draws while it works, measured or from its maker, for the joules of a "
        "signed batch; 0: unknown, and no joules are told",
        default=0.0,
        minimum=0.0,
        maximum=MOST_WATTS,
        unit="W",
    )


def read_metrics(file: TomlFile) -> MetricsSettings:
    """Return what [metrics] says; a relative folder begins at the file's."""
    given = file.section("metrics", options_of(MetricsSettings))
    found = settings_of(MetricsSettings, given)
    if found.folder is None:
        return found
    return replace(found, folder=file.path.parent / found.folder)
