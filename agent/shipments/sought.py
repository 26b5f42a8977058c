"""What somebody looks for: a thing by its EPC, SSCC or GTIN and serial, an article, a lot. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.dock.goods_identity import Identity, IdentityError, of_text, of_uri

_HEX = re.compile(r"([0-9A-Fa-f]{4}){4,}")  # an EPC comes in words of 16 bits, from 64 bits on


@dataclass(frozen=True, slots=True)
class Sought:
    """A text may be a thing's name and a lot's at once; then either is found.

    With `narrow`, a label gave article and lot, and both must be there.
    """

    text: str
    identity: Identity | None
    lot: str
    narrow: bool = False

    def names(self, identity: Identity, lot: str) -> bool:
        """Tell whether something of that name and lot is what is looked for."""
        thing = self.identity is not None and _covers(self.identity, identity)
        of_lot = bool(self.lot) and lot == self.lot
        return thing and of_lot if self.narrow else thing or of_lot


def sought(text: str) -> Sought:
    """Return what a text may mean: what names no thing is a lot."""
    text = text.strip()
    try:
        label = of_text(text)
    except IdentityError:
        return Sought(text, _of_hex(text), text)
    if label.lot:
        return Sought(text, label.identity, label.lot, narrow=True)
    bare = text.isalnum()  # a lot may look like a number of GS1's
    return Sought(text, label.identity, text if bare else "")


def _covers(wanted: Identity, found: Identity) -> bool:
    """Tell whether a thing has the name that is wanted: an article's covers all its pieces."""
    if wanted.gtin and not wanted.serial:
        return found.gtin == wanted.gtin
    return found == wanted


def _of_hex(text: str) -> Identity | None:
    """Return what the memory of a tag names; None where it is none."""
    if not _HEX.fullmatch(text):
        return None
    from drivers.gs1.epc import EpcError, decode  # noqa: PLC0415  few look for one so

    try:
        return of_uri(decode(bytes.fromhex(text)).uri, text.upper())
    except EpcError:
        return Identity(epc=text.upper())
