"""Whole pages, word for word: whoever changes what one says sees it here, and reads it again.

The numbers of the first are worked out by other code in test_page.py; those of the second are the
few of `odd_trip`, and can be followed by hand.
"""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path

import pytest

from agent.renderer.zone import Zone
from agent.report.page import page
from tests.agent.report import odd_trip, trip
from tests.agent.report.page_text import lines_of
from tests.agent.report.parts import case
from tests.agent.report.test_page import ROME, made

PAGES = Path(__file__).parent / "pages"
DIGEST = re.compile(r"\b[0-9a-f]{16}(?:[0-9a-f]{48})?\b")


@pytest.mark.parametrize(
    ("name", "records", "zone"),
    [("trip", trip.records, ROME), ("odd_trip", odd_trip.records, Zone(UTC))],
)
def test_a_page_says_this_and_nothing_else(name, records, zone):
    world = trip.sealed(records())
    told = lines_of(made(trip.bundled(world), world.policy(), zone=zone))
    wanted = (PAGES / f"{name}.txt").read_text().splitlines()
    assert [DIGEST.sub("(digest)", line) for line in told] == wanted


@pytest.mark.parametrize(("count", "more"), [(200, 0), (201, 1), (203, 3)])
def test_a_table_has_200_rows_and_says_how_many_there_are_more(count, more):
    """Excursions, shocks, gaps, places, changes of hands, and what speaks against it."""
    told = lines_of(page(case(odd_trip.crowd(count))))
    said = [each.rstrip(".") for each in told if re.match(r"and -?\d+ ", each)]
    assert len(said) == (6 if more else 0)
    assert {each.split(" ")[1] for each in said} == ({str(more)} if more else set())
