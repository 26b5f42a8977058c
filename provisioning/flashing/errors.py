"""What can be wrong with a plan, an image, a card or a seed; the text says what to do."""

from __future__ import annotations


class FlashError(Exception):
    """Nothing more was written because of it."""


class TargetRefused(FlashError):
    """This is no card that may be overwritten."""


class ImageWrong(FlashError):
    """The image is not the one that was released, or must not be released."""


class CardBad(FlashError):
    """The card does not hold what was written to it."""


class SeedWrong(FlashError):
    """There is no seed for this row, or not one that fits it."""


class GivenWrong(FlashError):
    """A file that was given for the card is not what it should be."""
