"""What a check at a door says: its codes, its differences, its outcome. Pure.

The codes are those of EANCOM's receiving advice (RECADV, data element 4221 and 7007 in GS1's
subset); a difference that the standard has no code for bears none. The gateway advises: people
accept or refuse, and may overrule it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from enum import StrEnum

from agent.dock.belief import Belief
from agent.dock.goods_identity import Identity
from agent.dock.notice import NO_BATCH, Batch
from foundation.dataclass import dataclass


class Code(StrEnum):
    """RECADV discrepancy codes."""

    OVER = "AC"  # over-shipped
    NOT_ADVISED = "AE"  # delivered but not advised
    DAMAGED = "AF"
    LATE = "AG"
    OTHER_BATCH = "BH"
    OTHER_EXPIRY = "BI"
    UNREADABLE = "BN"  # bar code unreadable
    TEMPERATURE = "X32"  # receipt temperature out of range
    MISSING = "X34"
    NONE = ""


CODE_TEXTS: Mapping[Code, str] = {
    Code.OVER: "more than advised",
    Code.NOT_ADVISED: "delivered, not advised",
    Code.DAMAGED: "damaged",
    Code.LATE: "late",
    Code.OTHER_BATCH: "another batch",
    Code.OTHER_EXPIRY: "another expiry date",
    Code.UNREADABLE: "label unreadable or not there",
    Code.TEMPERATURE: "temperature on receipt out of range",
    Code.MISSING: "missing",
}

REMARKS = (Code.DAMAGED, Code.TEMPERATURE, Code.UNREADABLE, Code.LATE)
"""What a person may say of goods; the other codes follow from reading."""


class State(StrEnum):
    """What the check says as a whole."""

    COMPLETE = "complete"
    DIFFERENT = "different"
    ALREADY_RECEIVED = "already-received"
    NOTHING = "nothing"  # of returns: nothing came back yet


class Disposition(StrEnum):
    """The same in the words of GS1 CBV 2.0, from the best to the worst."""

    UNKNOWN = "unknown"  # nothing was seen
    VERIFIED = "completeness_verified"  # each item was read
    INFERRED = "completeness_inferred"  # units were read, their contents are believed
    NON_CONFORMANT = "non_conformant"
    DAMAGED = "damaged"
    QUANTITY = "mismatch_quantity"
    INSTANCE = "mismatch_instance"
    CLASS = "mismatch_class"

    @property
    def badness(self) -> int:
        """Its place in that order."""
        return tuple(Disposition).index(self)


TAG, BARCODE, HAND = "tag", "barcode", "manual"
"""Sources of an observation."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation at the door, by a tag, a barcode or a hand (`source`).

    `pieces` counts the labels of one article without serial number; everything else is one.
    `lot`, `expiry`, `best_before` and `weight_g` (net) come from a label. `rssi` and `reads` say
    how well a tag was read; `elsewhere` where else it is read now. `number` is the record that
    holds the observation, -1 for none; `by` the device or person who made it, `at_ms` when.
    """

    identity: Identity
    source: str = TAG
    lot: str = ""
    expiry: str = ""
    rssi: float | None = None
    reads: int = 0
    elsewhere: str = ""
    pieces: int = 1
    best_before: str = ""
    weight_g: int = 0
    number: int = -1
    by: str = ""
    at_ms: int = 0

    @property
    def batch(self) -> Batch:
        """What the label says besides what it names."""
        return Batch(self.lot, self.expiry, self.best_before)


@dataclass(frozen=True, slots=True)
class Mixed:
    """A box whose barcode and tag do not name the same thing; `text` says what each says."""

    identity: Identity
    text: str
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person says of some goods; `rejected` ones are not accepted.

    `photo` is the SHA-256 of a picture of them, empty without one.
    """

    code: Code
    identity: Identity
    quantity: int = 1
    rejected: bool = False
    text: str = ""
    number: int = -1
    photo: bytes = b""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as advised; `quantity` pieces are missing, too many or affected.

    `batch` is theirs, where one is known; `weight_g` is what is missing or too much of goods that
    are advised by weight alone. `number` is the record of the remark that says it, -1 for none;
    `photo` is the SHA-256 of the picture that came with that, empty without one.
    """

    code: Code
    identity: Identity
    quantity: int
    text: str
    disposition: Disposition
    hint: str = ""
    rejected: bool = False
    batch: Batch = NO_BATCH
    weight_g: int = 0
    number: int = -1
    photo: bytes = b""


@dataclass(frozen=True, slots=True)
class Tally:
    """Some of what was advised, by how it is known: the three numbers of every count.

    `read` by a device; `by_hand` typed in; `believed` because a label of their unit was read.
    """

    read: int = 0
    by_hand: int = 0
    believed: int = 0

    @property
    def found(self) -> int:
        """All of it."""
        return self.read + self.by_hand + self.believed

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.read + other.read, self.by_hand + other.by_hand, self.believed + other.believed
        )


@dataclass(frozen=True, slots=True)
class Came:
    """How much of one line, an article of one batch, came; grams where it is advised by weight.

    `about` is how many pieces that weight makes by the table of articles, 0 where nobody knows.
    """

    gtin: str
    batch: Batch
    advised: int
    tally: Tally
    package: str = ""
    content: int = 0
    weight_g: int = 0
    weighed: Tally = field(default_factory=Tally)
    about: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The check's outcome; `found` of `expected` pieces, `unexpected` things besides.

    `tally` parts what was found by how it is known, `came` by article and batch; `believed` are the
    units whose label stands for what is in them. `doubled` counts
    labels without serial number, by article, that were taken for those of boxes whose tag was read.
    """

    state: State
    disposition: Disposition
    expected: int
    found: int
    unexpected: int
    differences: tuple[Difference, ...]
    receipt_before: str = ""
    tally: Tally = field(default_factory=Tally)
    came: tuple[Came, ...] = ()
    believed: tuple[str, ...] = ()
    pieces: Mapping[str, int] = field(default_factory=dict)
    doubled: Mapping[str, int] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[str, ...]:
        """The RECADV codes, each once, sorted."""
        return tuple(sorted({str(each.code) for each in self.differences if each.code}))

    def of(self, code: Code) -> list[Difference]:
        """Return the differences of one code."""
        return [each for each in self.differences if each.code is code]


@dataclass(frozen=True, slots=True)
class Known:
    """What the gateway knows besides: receipts by notice number or SSCC, and other open notices.

    `seen_before` has the receipts on which single pieces of the same notice came, `believed` the
    units that another check of it believes.

    `today` is the day of the check, ISO 8601; empty while no clock is trusted. `belief` is how far
    the label of a unit stands for what is in it.
    """

    received: Mapping[str, str]
    advised_elsewhere: Mapping[Identity, str]
    today: str = ""
    belief: Belief = Belief.UNITS
    seen_before: Mapping[Identity, str] = field(default_factory=dict)
    believed: Collection[str] = ()


NOTHING_KNOWN = Known({}, {})


def remarked(remarks: Iterable[Remark]) -> Iterator[Difference]:
    """Yield what people say of goods as differences."""
    for remark in remarks:
        damaged = remark.code is Code.DAMAGED
        yield Difference(
            remark.code,
            remark.identity,
            remark.quantity,
            remark.text or CODE_TEXTS[remark.code],
            Disposition.DAMAGED if damaged else Disposition.NON_CONFORMANT,
            rejected=remark.rejected,
            number=remark.number,
            photo=remark.photo,
        )
