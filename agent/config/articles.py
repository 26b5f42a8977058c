"""[[article]], and the table that [dock] names: what articles are called, count in and weigh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.options import Option
from foundation.toml_file import TomlFile

if TYPE_CHECKING:  # a start without articles does without what reads them
    from agent.dock.articles import Articles, Table

ARTICLE = (
    Option("gtin", str, "its GTIN", form=r"[0-9]{8}|[0-9]{12,14}", example="04012345111118"),
    Option("number", str, "your own number of it", default="", example="4711"),
    Option("supplier_number", str, "the supplier's number of it", default="", example="PY993"),
    Option("name", str, "what the screen calls it", default="", example="Apples 1 kg"),
    Option(
        "content",
        int,
        "pieces in a package; 0: not known",
        default=0,
        minimum=0,
        maximum=999_999,
        unit="pieces",
    ),
    Option(
        "unit",
        str,
        "what bears the GTIN, and is counted where a notice does not say it: piece, carton, case, "
        "box, package, pallet, dozen, kg, g, lb",
        default="",
        example="carton",
    ),
    Option(
        "weight",
        float,
        "net weight of one; 0: not known",
        default=0.0,
        minimum=0.0,
        maximum=100_000.0,
        unit="kg",
    ),
)
"""Of a row of `agent.dock.articles.Table`, which knows nothing of files."""


def read_articles(file: TomlFile, csv: str) -> Articles | None:
    """Return what each [[article]] and the CSV file beside `file` say; None where neither is."""
    if not csv and "article" not in file.tree:
        return None
    from agent.dock.articles import BadTable, Table  # noqa: PLC0415  few gateways have any

    table = Table()
    if csv:
        _read_csv(file, csv, table)
    for place, given in file.each("article"):
        before = len(file.problems)
        values = file.table(place, given, ARTICLE, "[[article]]")
        if len(file.problems) > before:
            continue  # what is wrong with the row is said
        try:
            table.take({name: _written(value) for name, value in values.items()})
        except BadTable as error:
            file.problem(place, f"[[article]]: {error}")
    return table.articles


def _written(value: object) -> str:
    """Return a value as a cell of the table; a number of TOML has a point, and parts no thousands.

    What is not known is an empty cell.
    """
    if isinstance(value, float):
        return f"{value:.6f}" if value else ""  # to the milligram, as no thousand has six digits
    return str(value) if value else ""


def _read_csv(file: TomlFile, name: str, table: Table) -> None:
    from agent.dock.articles import MOST_BYTES, BadTable  # noqa: PLC0415  as above

    path = file.path.parent / name
    try:
        with path.open("rb") as opened:
            table.read(opened.read(MOST_BYTES + 1))
    except OSError as error:
        file.problem(("dock", "articles"), f"cannot read {path}: {error.strerror}")
    except BadTable as error:
        file.problem(("dock", "articles"), f"{path}: {error}")
