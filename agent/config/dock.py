"""[dock]: how goods at the doors are counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import config_file
from agent.dock.belief import Belief
from foundation.catalogue import CATEGORIES
from foundation.dataclass import dataclass
from foundation.options import option, options_of, settings_of
from foundation.toml_file import TomlFile

if TYPE_CHECKING:  # a start without a table does without what reads one
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
        "CSV table of articles beside this file: gtin, number, supplier_number, name, content",
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
    found = settings_of(DockSettings, file.section("dock", options_of(DockSettings)))
    file.finish()
    return found.language


def read_dock(file: TomlFile) -> DockSettings:
    """Return what [dock] says, with the table of articles that it names."""
    found = settings_of(DockSettings, file.section("dock", options_of(DockSettings)))
    return _with_table(file, found) if found.articles else found


def _with_table(file: TomlFile, found: DockSettings) -> DockSettings:
    from agent.dock.articles import MOST_BYTES, BadTable, read_articles  # noqa: PLC0415

    path = file.path.parent / found.articles
    try:
        with path.open("rb") as table:
            return replace(found, table=read_articles(table.read(MOST_BYTES + 1)))
    except OSError as error:
        file.problem(("dock", "articles"), f"cannot read {path}: {error.strerror}")
    except BadTable as error:
        file.problem(("dock", "articles"), f"{path}: {error}")
    return found
