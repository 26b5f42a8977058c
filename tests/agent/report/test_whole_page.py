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
from tests.agent.report import odd_trip, trip
from tests.agent.report.page_text import lines_of
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
