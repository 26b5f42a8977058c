"""[neighbours]: what gateways of one site tell each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agent.config.forms import HOST_PORT, HOST_PORTS
from foundation.dataclass import dataclass
from foundation.options import option, options_of, or_none, settings_of
from foundation.toml_file import TomlFile


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class NeighbourSettings:
    """[neighbours]; `key` None: nothing is told or heard."""

    listen: str = option(
        str,
        "UDP address to hear the other gateways of the site; empty: do not listen",
        default="",
        form=HOST_PORT,
        example="0.0.0.0:7421",
    )
    tell: tuple[str, ...] = option(
        str,
        "the other gateways of the site, separated by commas",
        default="",
        form=HOST_PORTS,
        example="10.0.0.12:7421, 10.0.0.13:7421",
        parse=_addresses,
    )
    key: Path | None = option(
        str,
        "file with the site's key, 64 hexadecimal digits, the same on all",
        default="",
        parse=or_none(Path),
    )


def read_neighbours(file: TomlFile) -> NeighbourSettings:
    """Return what [neighbours] says; the key's path begins at the file's folder."""
    given = file.section("neighbours", options_of(NeighbourSettings))
    found = settings_of(NeighbourSettings, given)
    if found.key is not None:
        return replace(found, key=file.path.parent / found.key)
    if found.tell or found.listen:
        text = "[neighbours] needs a key: strangers may listen and lie"
        file.problem(("neighbours",), text)
    return found
