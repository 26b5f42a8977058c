"""[dock]: how goods at the doors are counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import config_file
from agent.config.articles import read_articles
from agent.dock.belief import Belief
from foundation.catalogue import CATEGORIES
from foundation.dataclass import dataclass
from foundation.options import option, options_of, settings_of
from foundation.toml_file import TomlFile

if TYPE_CHECKING:  # a start without articles does without what reads them
    from agent.dock.articles import Articles


LANGUAGES = tuple(CATEGORIES)
"""Each has its catalogue in agent/cli/languages."""


@dataclass(frozen=True, slots=True)
class DockSettings:
    """[dock]."""

    belief: str = option(
        str,
        "how far the label of a unit stands for contents that nobody saw. units: where no line of "
        "it was read and none is advised by serial number; nothing: not at all",
        default=str(Belief.UNITS),
        choices=tuple(str(each) for each in Belief),
    )
    late_minutes: int = option(
        int,
        "a check that begins after its goods passed may take over what passed so long before",
        default=30,
        minimum=0,
        maximum=1440,
        unit="min",
    )
    articles: str = option(
        str,
        "CSV table of articles beside this file: gtin, number, supplier_number, name, content, "
        "unit, weight; beside it, or without it, [[article]]",
        default="",
        example="articles.csv",
    )
    inbox: str = option(
        str, "folder into which notices of partners are dropped", default="", example="/srv/edi/in"
    )
    outbox: str = option(
        str,
        "folder from which partners pick papers up",
        default="",
        example="/srv/edi/out",
    )
    papers: str = option(
        str,
        "what is made of each receipt for the outbox: recadv, 861, epcis, csv",
        default="recadv",
        form=r"(recadv|861|epcis|csv)( (recadv|861|epcis|csv))*",
        example="recadv epcis",
    )
    language: str = option(
        str,
        "language of the talk at the dock and of its receipts; records stay English",
        default="en",
        choices=LANGUAGES,
    )
    table: Articles | None = None


def load_language(path: Path) -> str:
    """Read the language of the dock alone; ConfigError where [dock] is wrong."""
    file = config_file.read(path)
    found = _settings(file)
    file.finish()
    return found.language


def load_articles(path: Path) -> Articles | None:
    """Read the articles alone, None where there are none; ConfigError where they are wrong."""
    file = config_file.read(path)
    found = read_dock(file)
    file.finish()
    return found.table


def read_dock(file: TomlFile) -> DockSettings:
    """Return what [dock] says, with the table of articles that it names and each [[article]]."""
    found = _settings(file)
    return replace(found, table=read_articles(file, found.articles))


def _settings(file: TomlFile) -> DockSettings:
    return settings_of(DockSettings, file.section("dock", options_of(DockSettings)))
