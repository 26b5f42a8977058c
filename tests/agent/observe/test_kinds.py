"""What is recorded of goods, places and calibrations is what docs/protocol publishes of it."""

from __future__ import annotations

import pytest

from agent.observe.kinds import CALIBRATION, GOODS, PLACE
from agent.records.published import document
from tests.agent.records.pages import KINDS_FILE, kinds_in


@pytest.mark.parametrize("kind", [*GOODS, PLACE, CALIBRATION], ids=lambda kind: kind.name)
def test_a_record_of_this_kind_is_as_published(kind):
    published = kinds_in(KINDS_FILE.read_text(encoding="utf-8"))
    assert kinds_in(document())[kind.name] == published[kind.name]
