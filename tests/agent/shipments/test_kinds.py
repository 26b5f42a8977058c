"""What is recorded of shipments, as it was published."""

from __future__ import annotations

import pytest

from agent.shipments import kinds
from tests.drivers.promised import as_published, kinds_of, published


@pytest.mark.parametrize("kind", kinds_of(kinds), ids=lambda kind: kind.name)
def test_records_of_shipments_are_those_that_were_published(kind):
    assert as_published(kind) == published(kind.name)


def test_who_has_the_goods_is_sealed_at_once():
    urgent = {kind.name for kind in kinds_of(kinds) if kind.urgent}
    assert urgent == {"shipment", "custody"}
