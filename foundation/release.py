"""The age of this source: what a clock cannot lie before."""

from __future__ import annotations

from datetime import UTC, datetime

RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""No right clock shows an earlier time. Renew it with each release: it bounds what is believed
where nothing else tells the time."""
