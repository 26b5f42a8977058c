"""What is recorded of goods that come and go, as it was published."""

from __future__ import annotations

import pytest

from agent.dock.kinds import DOCK
from tests.drivers.promised import as_published, published


@pytest.mark.parametrize("kind", DOCK, ids=lambda kind: kind.name)
def test_records_of_goods_are_those_that_were_published(kind):
    assert as_published(kind) == published(kind.name)
