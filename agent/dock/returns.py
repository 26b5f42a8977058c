"""What comes back, against what was handed over under the same notice. Pure.

Fewer pieces than went out is no difference: people return some. What never went out, an EPC on
another chip than the one that did, and a piece that is elsewhere at the same time are: a copy of a
genuine article comes back that way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agent.dock.differences import (
    Code,
    Difference,
    Disposition,
    Remark,
    Seen,
    State,
    Verdict,
    remarked,
)
from agent.dock.goods_identity import Identity, of_uri
from agent.dock.notice import Notice
from agent.observe.presence import text
from evidence.leaf import Record


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was seen when the goods were handed over: identities with their chip, if it was read.

    `receipt` is empty where no hand-over of that notice is on record here.
    """

    receipt: str = ""
    tids: Mapping[Identity, str] = field(default_factory=dict)


def delivered(
    receipt: str,
    read_point: str,
    scanners: Mapping[str, Collection[str]],
    records: Iterable[Record],
) -> Delivered:
    """Return what the records of one check, from its beginning to its receipt, tell."""
    tids: dict[Identity, str] = {}
    for record in records:
        if record.kind == "tag-state" and text(record, "read_point") == read_point:
            identity = of_uri(text(record, "uri"), text(record, "epc"))
            tids[identity] = text(record, "tid") or tids.get(identity, "")
        elif record.kind == "barcode" and record.device in scanners.get(read_point, ()):
            named = Identity(sscc=text(record, "sscc"))
            if text(record, "gtin"):
                named = Identity(gtin=text(record, "gtin"), serial=text(record, "serial"))
            tids.setdefault(named, "")
    return Delivered(receipt, tids)


def check_returns(
    notice: Notice,
    before: Delivered,
    seen: Iterable[Seen],
    tids: Mapping[Identity, str],
    remarks: Iterable[Remark] = (),
) -> Verdict:
    """Hold what comes back against what went out; `tids` are the chips read now."""
    things = list(seen)
    classes = {item.gtin for unit in notice.units for item in unit.items if not item.serials}
    known = notice.identities | set(before.tids)
    differences = [*_doubts(things, known, classes, before, tids), *remarked(remarks)]
    strange = sum(each.code is Code.NOT_ADVISED for each in differences)
    return Verdict(
        state=State.DIFFERENT if differences else State.COMPLETE,
        disposition=max(
            (each.disposition for each in differences),
            key=tuple(Disposition).index,
            default=Disposition.VERIFIED,
        ),
        expected=sum(item.quantity for unit in notice.units for item in unit.items),
        found=sum(each.pieces for each in things if each.identity.gtin) - strange,
        unexpected=strange,
        differences=tuple(differences),
    )


def _doubts(
    things: Iterable[Seen],
    known: Collection[Identity],
    classes: Collection[str],
    before: Delivered,
    tids: Mapping[Identity, str],
) -> Iterator[Difference]:
    for each in things:
        identity, tid = each.identity, tids.get(each.identity, "")
        then = before.tids.get(identity, "")
        if identity not in known and not _of_class(identity, classes, before):
            text = "was not handed over under this notice"
            yield Difference(Code.NOT_ADVISED, identity, 1, text, Disposition.INSTANCE)
        elif tid and then and tid != then:
            text = f"SUSPECT: another chip than the one of receipt {before.receipt}"
            yield Difference(Code.NONE, identity, 1, text, Disposition.INSTANCE)
        elif each.elsewhere:
            text = f"SUSPECT: at {each.elsewhere} at the same time"
            yield Difference(Code.NONE, identity, 1, text, Disposition.INSTANCE)


def _of_class(identity: Identity, classes: Collection[str], before: Delivered) -> bool:
    """Whether a piece is of an article advised by quantity, so that nobody knows which pieces.

    Where its pieces were read as they went out, only those can come back.
    """
    named = any(each.gtin == identity.gtin and each.serial for each in before.tids)
    return identity.gtin in classes and not (identity.serial and named)
