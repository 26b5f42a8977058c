"""Writing a card and believing nothing: markers for its size, the image, all of it read back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from flashing.device import GB, MB, Device
from flashing.errors import CardBad
from flashing.image import CHUNK, Image, Progress

BLOCK = 4096
FLUSH_EVERY = 16 * CHUNK
"""Bytes between two flushes: the speed that is shown is the card's, not the memory's."""


def marker_places(size: int, image: int) -> Sequence[int]:
    """Return where a card of `size` bytes is marked: powers of two, each `image` bytes, the end.

    A card that is smaller than it says drops writes behind its end or takes them further ahead.
    The first shows when a marker is not read back. In the second case two places are one: as the
    markers are no further apart than the image is long, one of them falls onto the image,
    wherever the card's true end is, and shows once the image is written.
    """
    last = (size - BLOCK) // BLOCK * BLOCK
    places = {last} | set(range(0, last, max(image, BLOCK) // BLOCK * BLOCK))
    power = BLOCK
    while power < last:
        places.add(power)
        power *= 2
    return sorted(places)


def marker(place: int, nonce: bytes) -> bytes:
    """Return the block that marks a place; no two sessions, and no two places, have the same."""
    seed = hashlib.sha256(nonce + place.to_bytes(8, "big")).digest()
    return seed * (BLOCK // len(seed))


class Card:
    """An open card; `nonce` makes this session's markers its own."""

    def __init__(self, device: Device, nonce: bytes, progress: Progress) -> None:
        self._device = device
        self._size = device.size
        self._nonce = nonce
        self._progress = progress

    def write(self, image: Image) -> None:
        """Write the image and prove that the card holds it; CardBad names the place where not."""
        if image.size > self._size:
            short = f"{(image.size - self._size) / MB:,.1f} MB less than the image"
            raise CardBad(f"the card has {self._size / MB:,.1f} MB, {short}")
        places = marker_places(self._size, image.size)
        self._mark(places)
        self._check(places, "it is smaller than it says")
        self._write(image)
        self._check([place for place in places if place >= image.size], "its end is its beginning")
        self._read_back(image)

    def _mark(self, places: Sequence[int]) -> None:
        for number, place in enumerate(places, 1):
            self._device.write(marker(place, self._nonce), place)
            self._progress("marking", number, len(places))
        self._device.forget()

    def _check(self, places: Sequence[int], fault: str) -> None:
        held = 0
        for number, place in enumerate(places, 1):
            if self._device.read(BLOCK, place) != marker(place, self._nonce):
                claimed = f"it claims {self._size / GB:.1f} GB"
                raise CardBad(
                    f"fake capacity: {claimed}, and what was written at {place / GB:.2f} GB is "
                    f"gone (held to {held / GB:.2f} GB): {fault}; throw it away"
                )
            held = place
            self._progress("checking size", number, len(places))

    def _write(self, image: Image) -> None:
        written, digest = 0, hashlib.sha256()
        for chunk in image.chunks():
            self._device.write(chunk, written)
            digest.update(chunk)
            written += len(chunk)
            if written % FLUSH_EVERY == 0:
                self._device.sync()
            self._progress("writing", written, image.size)
        if digest.hexdigest() != image.sha256:
            raise CardBad("the image file changed while it was written: check it, and start again")
        self._device.forget()

    def _read_back(self, image: Image) -> None:
        at, digest = 0, hashlib.sha256()
        for chunk in image.chunks():
            found = self._device.read(len(chunk), at)
            if found != chunk:
                block = (at + _first_difference(found, chunk)) // BLOCK
                raise CardBad(f"read-back differs at block {block}: throw the card away")
            digest.update(found)
            at += len(chunk)
            self._progress("reading back", at, image.size)
        if digest.hexdigest() != image.sha256:
            raise CardBad("the image file changed while it was read back: start again")


def _first_difference(found: bytes, wanted: bytes) -> int:
    places = range(0, len(wanted), BLOCK)
    return next(at for at in places if found[at : at + BLOCK] != wanted[at : at + BLOCK])
