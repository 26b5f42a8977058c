"""What can be wrong with a plan, an image, a card or a seed; the text says what to do."""

from __future__ import annotations

from saying import Trouble


class FlashError(Trouble):
    """Nothing more was written because of it."""

    advice = "see: provisioning/flash --help"


class TargetRefused(FlashError):
    """This is no card that may be overwritten."""

    advice = "put a card in, and name its device as lsblk shows it"


class ImageWrong(FlashError):
    """The image is not the one that was released, or must not be released."""

    advice = "fetch the image and its .sha256 anew"


class CardBad(FlashError):
    """The card does not hold what was written to it."""

    advice = "put in another card, and run the same command again"


class SeedWrong(FlashError):
    """There is no seed for this row, or not one that fits it."""

    advice = "make it on the node: provisioning/flash seeds PLAN --node DIR --out SEEDS"


class GivenWrong(FlashError):
    """A file that was given for the card is not what it should be."""

    advice = "see: provisioning/personalise --help"
