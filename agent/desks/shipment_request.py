"""What a request says of a shipment: short texts, lists of names, who asks."""

from __future__ import annotations

from collections.abc import Collection

from agent.desks.control import BadRequest, Request, printable
from agent.shipments.shipment import SEPARATOR
from evidence.leaf import RecordValue
from foundation.hints import hint

MOST_TEXT = 64  # characters of a name, vehicle, seal or place; a GIAI has 30
MOST_LISTED = 12  # seals or devices; together they stay within a record's text


def operator(request: Request) -> dict[str, RecordValue]:
    """Return who asks, as they say, as a field of a record; nothing where they do not say."""
    return {"operator": printable(request, "operator", MOST_TEXT)} if "operator" in request else {}


def check_known(name: str, names: Collection[str], what: str, advice: str) -> None:
    """Refuse a name that is not among `names`."""
    if name not in names:
        short_name = name[:MOST_TEXT]
        raise BadRequest(
            f"there is no {what} {short_name!r}{hint(short_name, names)}",
            advice=f"see the names: {advice}",
        )


def short(value: str, what: str) -> str:
    """Return a short printable text; BadRequest otherwise."""
    if len(value) > MOST_TEXT or not value.isprintable() or SEPARATOR.strip() in value:
        raise BadRequest(
            f"{what} {value[:20]!r} is too long, not printable, or holds a comma",
            advice=f"use up to {MOST_TEXT} characters",
        )
    return value


def joined(values: object, what: str) -> str:
    """Return a list as one text; BadRequest where it is none, or too long."""
    if not isinstance(values, list) or len(values) > MOST_LISTED:
        raise BadRequest(f"{what} must be a list of up to {MOST_LISTED}")
    return SEPARATOR.join(short(str(value), what) for value in values)
