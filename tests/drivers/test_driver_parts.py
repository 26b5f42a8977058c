"""The small parts that drivers share: notes, the table of devices, kinds of records, rollovers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from drivers import catalog
from drivers.driver import Host
from drivers.errors import EVERYWHERE
from drivers.kind import (
    Durability,
    Field,
    FieldType,
    Kind,
    by_name,
    byte_string,
    count,
    moment,
    number,
    text,
)
from drivers.notebook import FileNotebook, NoNotebook
from drivers.rollover import unfold
from foundation.options import OptionError

KNOWN = date(2026, 11, 29)
ROLLOVER = timedelta(days=7168)
THREE_YEARS = timedelta(days=1095)


async def test_notes_of_each_device_last(tmp_path):
    folder = tmp_path / "notes"
    notebook = FileNotebook(folder)
    assert notebook.kept
    assert await notebook.recall("modem") == {}
    await notebook.keep("modem", {"pin": "refused"})
    await notebook.keep("other", {"n": 1})
    assert await FileNotebook(folder).recall("modem") == {"pin": "refused"}
    assert sorted(each.name for each in folder.iterdir()) == ["modem.json", "other.json"]


@pytest.mark.parametrize("content", ["", "{", "[1]", '"text"', "\udcff"])
async def test_notes_that_cannot_be_read_are_none(tmp_path, content):
    (tmp_path / "modem.json").write_text(content, errors="surrogateescape")
    assert await FileNotebook(tmp_path).recall("modem") == {}


async def test_where_nothing_lasts_nothing_is_recalled():
    notebook = NoNotebook()
    await notebook.keep("modem", {"pin": "refused"})
    assert (notebook.kept, await notebook.recall("modem")) == (False, {})
    assert not Host().notebook.kept


def test_a_device_of_the_table_has_its_own_rows_and_those_of_any_device():
    own = catalog.module("barcode.serial").CAUSES
    assert own
    assert catalog.causes("barcode.serial") == (*own, *EVERYWHERE)
    with pytest.raises(KeyError):
        catalog.module("rfid.none")


def test_options_are_completed_and_the_first_wrong_one_is_named():
    given = catalog.check_options("barcode.serial", {"port": "/dev/x"})
    assert given["baudrate"] == 9600
    for wrong, option in (
        ({"port": "/dev/x", "colour": 1, "baudrate": 1}, "colour"),
        ({"port": "/dev/x", "baudrate": 1}, "baudrate"),
        ({}, "port"),
    ):
        with pytest.raises(OptionError) as caught:
            catalog.check_options("barcode.serial", wrong)
        assert caught.value.option == option
    assert catalog.build("barcode.serial", "gun", {"port": "/dev/x"}, Host()).name == "gun"
    with pytest.raises(OptionError):
        catalog.build("barcode.serial", "gun", {}, Host())


def test_fields_of_a_kind():
    fields = (
        number("weight", "kg", -5, "net"), count("pieces", "how many"), text("name", "of it"),
        byte_string("key", "of it"), moment("at", "when"),
    )  # fmt: skip
    assert fields == (
        Field("weight", FieldType.NUMBER, "net", "kg", -5),
        Field("pieces", FieldType.NUMBER, "how many", "", 0),
        Field("name", FieldType.TEXT, "of it", "", 0),
        Field("key", FieldType.BYTES, "of it", "", 0),
        Field("at", FieldType.TIME, "when", "", 0),
    )
    kind = Kind("box", "a box", fields)
    assert (kind.durability, kind.urgent, kind.reserved) == (Durability.WINDOW, False, False)
    assert kind.field("name") is fields[2]
    assert kind.field("colour") is None


def test_kinds_by_their_names():
    box, bag = Kind("box", "a box", ()), Kind("bag", "a bag", ())
    found = by_name([box, bag, box])
    assert dict(found) == {"box": box, "bag": bag}
    with pytest.raises(TypeError):
        found["box"] = bag
    with pytest.raises(ValueError, match="two makers claim the record kind 'box'"):
        by_name([box, Kind("box", "a box", ())])


@pytest.mark.parametrize("rollovers", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("off", [-THREE_YEARS, timedelta(0), THREE_YEARS])
def test_whole_rollovers_are_undone(rollovers, off):
    """IS-GPS-200: the week has ten bits, so dates repeat after 1024 weeks."""
    assert unfold(KNOWN + off + rollovers * ROLLOVER, KNOWN) == KNOWN + off


@pytest.mark.parametrize("off", [-THREE_YEARS, THREE_YEARS])
def test_a_date_that_is_more_than_three_years_away_is_none(off):
    further = timedelta(days=1 if off > timedelta(0) else -1)
    assert unfold(KNOWN + off + further - ROLLOVER, KNOWN) is None
