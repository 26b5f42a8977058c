"""What tests need of PostgreSQL: the private clusters of `hil.site.postgres`, or a reason to skip."""

from __future__ import annotations

import os

import pytest

from hil.site.postgres import Servers, missing

__all__ = ["Servers", "require_postgres"]


def require_postgres() -> None:
    """Skip without PostgreSQL; in CI its absence is a failure."""
    if why := missing():
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
