"""What was at a place by its tags, in one line for a record."""

from __future__ import annotations

from collections.abc import Iterable

from agent.dock.goods_identity import of_uri
from agent.observe.presence import Present

MOST_NAMED = 4  # a pallet, and some of what is on it: the tags have their own records


def goods_there(tags: Iterable[Present]) -> str:
    """Return the pallets and items present, pallets first; empty where no tag is known."""
    found = sorted(
        (of_uri(tag.uri, tag.epc) for tag in tags), key=lambda each: (not each.sscc, str(each))
    )
    named = ", ".join(map(str, found[:MOST_NAMED]))
    more = len(found) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
