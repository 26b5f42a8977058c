"""What a check at a door says: its codes, its differences, its outcome. Pure.

The codes are those of EANCOM's receiving advice (RECADV, data element 4221 and 7007 in GS1's
subset); a difference that the standard has no code for bears none. The gateway advises: people
accept or refuse, and may overrule it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from agent.dock.goods_identity import Identity


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


class Disposition(StrEnum):
    """The same in the words of GS1 CBV 2.0, from the best to the worst."""

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


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing at the door. `lot` and `expiry` come from its barcode or a hand.

    `pieces` counts the labels of one article without serial number; everything else is one.
    `rssi` and `reads` say how well its tag was read; `elsewhere` where else it is read now.
    """

    identity: Identity
    source: str = "tag"
    lot: str = ""
    expiry: str = ""
    rssi: float | None = None
    reads: int = 0
    elsewhere: str = ""
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class Mixed:
    """A box whose barcode and tag do not name the same thing; `text` says what each says."""

    identity: Identity
    text: str
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person says of some goods; `rejected` ones are not accepted."""

    code: Code
    identity: Identity
    quantity: int = 1
    rejected: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as advised; `quantity` pieces are missing, too many or affected."""

    code: Code
    identity: Identity
    quantity: int
    text: str
    disposition: Disposition
    hint: str = ""
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The check's outcome; `found` of `expected` pieces, `unexpected` things besides."""

    state: State
    disposition: Disposition
    expected: int
    found: int
    unexpected: int
    differences: tuple[Difference, ...]
    receipt_before: str = ""

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

    `today` is the day of the check, ISO 8601; empty while no clock is trusted.
    """

    received: Mapping[str, str]
    advised_elsewhere: Mapping[Identity, str]
    today: str = ""


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
        )
