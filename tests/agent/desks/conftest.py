"""What the tests of desks share."""

from __future__ import annotations

import pytest

from tests.agent.desks.office import Office


@pytest.fixture
async def office(tmp_path):
    office = Office(tmp_path)
    await office.start()
    yield office
    await office.close()
