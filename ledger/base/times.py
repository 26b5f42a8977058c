"""UTC seconds as the policy and the lists write them: 2026-01-31T12:00:00Z."""

from __future__ import annotations

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def to_text(seconds: int) -> str:
    """Return UTC seconds as text."""
    return datetime.fromtimestamp(seconds, UTC).strftime(_FORM)


def from_text(text: str) -> int:
    """Return the UTC seconds that `text` names; ValueError for any other form."""
    try:
        return int(datetime.strptime(text, _FORM).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise ValueError(f"{text!r} is no time like 2026-01-31T12:00:00Z") from None
