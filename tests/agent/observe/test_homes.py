"""Shelves and the articles that belong there."""

from __future__ import annotations

import pytest

from agent.observe.homes import Homes, put_away
from tests.agent.observe.points import point

PEAR, APPLE, PLUM = "04012345000016", "04012345000023", "09506000134352"
FRUIT = point(name="fruit", kind="shelf", stock=f"{PEAR}, {APPLE}")
REST = point(name="rest", kind="shelf", stock=f"950600*, 0950*, {APPLE}")
DOOR = point(name="door")
HOMES = Homes([FRUIT, REST, DOOR])


@pytest.mark.parametrize(
    ("gtin", "shelves"),
    [
        (PEAR, ["fruit"]),
        (APPLE, ["fruit", "rest"]),
        (PLUM, ["rest"]),
        ("04012345000030", []),
    ],
)
def test_an_article_belongs_where_any_entry_of_a_shelf_means_it(gtin, shelves):
    assert HOMES.of(gtin) == shelves


def test_what_lies_on_a_wrong_shelf_is_astray_and_what_passes_a_door_is_not():
    assert HOMES.astray(PEAR, REST) == ["fruit"]
    assert HOMES.astray(APPLE, REST) == []
    assert HOMES.astray(PEAR, DOOR) == []
    assert HOMES.astray("04012345000030", REST) == []


def test_where_to_put_what_came_in():
    assert put_away(HOMES, {PLUM: 3, PEAR: 2, "04012345000030": 9}) == [
        (PEAR, 2, ["fruit"]),
        (PLUM, 3, ["rest"]),
    ]
