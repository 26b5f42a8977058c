"""A place where updates are built."""

from __future__ import annotations

import pytest

from tests.agent.update.releases import Release


@pytest.fixture
def release(tmp_path):
    folder = tmp_path / "release"
    folder.mkdir()
    return Release(folder)
