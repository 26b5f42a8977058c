from __future__ import annotations

import pytest

from tests.agent.enrolment.door import make_door


@pytest.fixture
def door(tmp_path):
    return make_door(tmp_path)
