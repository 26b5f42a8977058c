"""Observations at the door → pieces: each box once, however often it was seen. Pure.

The rule for one article: boxes with a serial number count once each. A barcode without one may be
that of a box whose tag was read, so such scans stand for boxes that were seen already as far as
there are any, and count as more boxes beyond. A label that a person typed in without serial number
is always one more box.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from operator import attrgetter

from agent.dock.differences import HAND, TAG, Code, Difference, Disposition, Seen
from agent.dock.goods_identity import Identity
from agent.dock.notice import NO_BATCH, Batch
from foundation.dataclass import dataclass

_IN_ORDER = attrgetter("sscc", "gtin", "serial", "epc")
"""How identities sort: a key made in C, as a truck has 20,000."""

Serials = Mapping[Identity, Batch]
"""What a notice says of pieces that it names one by one."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """Alike pieces of one article: one with a serial number, or `count` without.

    `weight_g` is their net weight as far as labels say it, `weighed` how many of them have one.
    """

    gtin: str
    serial: str
    batch: Batch
    by_hand: bool
    seen: Seen
    count: int = 1
    weight_g: int = 0
    weighed: int = 0

    @property
    def identity(self) -> Identity:
        """What names them."""
        return Identity(gtin=self.gtin, serial=self.serial)


@dataclass(slots=True)
class Counted:
    """What is at the door: `pieces` by article, logistic units, and tags that are neither.

    `doubled`: scans by article that were taken for boxes with a serial number.
    """

    pieces: dict[str, list[Pieces]] = field(default_factory=dict)
    units: dict[str, list[Seen]] = field(default_factory=dict)
    others: list[Seen] = field(default_factory=list)
    doubled: dict[str, int] = field(default_factory=dict)
    contradictions: list[Difference] = field(default_factory=list)

    @property
    def totals(self) -> dict[str, int]:
        """How many pieces of each article there are."""
        return {gtin: sum(each.count for each in found) for gtin, found in self.pieces.items()}


def counted(seen: Iterable[Seen], serials: Serials) -> Counted:
    """Return what the observations name; their order does not matter."""
    things: defaultdict[Identity, list[Seen]] = defaultdict(list)
    for each in seen:
        things[each.identity].append(each)
    found = Counted()
    for identity in sorted(things, key=_IN_ORDER):
        if identity.sscc:
            found.units[identity.sscc] = things[identity]
        elif not identity.gtin:
            found.others.append(clearest(things[identity]))
        elif identity.serial:
            several = things[identity]
            if len(several) > 1:
                found.contradictions += _contradictions(identity, several)
            found.pieces.setdefault(identity.gtin, []).append(_one(identity, several))
        else:
            found.pieces.setdefault(identity.gtin, [])
    for gtin, pieces in found.pieces.items():
        unnamed = things.get(Identity(gtin=gtin), [])
        pieces[:], found.doubled[gtin] = _joined(gtin, pieces, unnamed, serials)
    return found


def clearest(seen: Collection[Seen]) -> Seen:
    """Return the observation that says most of how a thing was seen: a tag's, with most reads."""
    return max(seen, key=lambda each: (each.source == TAG, each.source != HAND, each.reads))


def _alone(identity: Identity, seen: Seen) -> Pieces:
    by_hand, weight = seen.source == HAND, seen.weight_g
    weighed = int(weight > 0)
    return Pieces(identity.gtin, identity.serial, seen.batch, by_hand, seen, 1, weight, weighed)


def _one(identity: Identity, seen: Sequence[Seen]) -> Pieces:
    """Return the one piece that all these observations name."""
    if len(seen) == 1:
        return _alone(identity, seen[0])
    weights = [each.weight_g for each in seen if each.weight_g]
    return Pieces(
        identity.gtin,
        identity.serial,
        Batch(*(_only(values) for values in zip(*(each.batch for each in seen), strict=True))),
        all(each.source == HAND for each in seen),
        clearest(seen),
        weight_g=max(weights, default=0),
        weighed=bool(weights),
    )


def _only(values: Iterable[str]) -> str:
    """Return the one value that is said; nothing where none is, or labels say different ones."""
    said = {value for value in values if value}
    return said.pop() if len(said) == 1 else ""


def _contradictions(identity: Identity, seen: Iterable[Seen]) -> Iterator[Difference]:
    """Yield what labels of one piece do not agree in."""
    batches = [each.batch for each in seen]
    for index, (code, name) in enumerate(
        (
            (Code.OTHER_BATCH, "batch"),
            (Code.OTHER_EXPIRY, "use by"),
            (Code.OTHER_EXPIRY, "best before"),
        )
    ):
        said = sorted({batch[index] for batch in batches if batch[index]})
        if len(said) > 1:
            text = f"its labels say {name} {' and '.join(said)}"
            yield Difference(code, identity, 1, text, Disposition.NON_CONFORMANT)


@dataclass(frozen=True, slots=True, order=True)
class _Label:
    """One label without serial number."""

    batch: Batch
    weight_g: int


def _labels(seen: Iterable[Seen]) -> list[_Label]:
    return sorted(_Label(each.batch, each.weight_g) for each in seen for _ in range(each.pieces))


def _joined(
    gtin: str, named: list[Pieces], unnamed: Collection[Seen], serials: Serials
) -> tuple[list[Pieces], int]:
    """Return all pieces of an article, and how many scans were taken for boxes seen already."""
    scans = [each for each in unnamed if each.source != HAND]
    labels = _labels(scans)
    pieces, rest = _taken_for(named, labels, serials)
    if rest:
        pieces += _grouped(gtin, rest, scans[0], by_hand=False)
    typed = [each for each in unnamed if each.source == HAND]
    if typed:
        pieces += _grouped(gtin, _labels(typed), typed[0], by_hand=True)
    return pieces, len(labels) - len(rest)


def _grouped(gtin: str, labels: Iterable[_Label], seen: Seen, *, by_hand: bool) -> Iterator[Pieces]:
    groups: defaultdict[Batch, list[int]] = defaultdict(list)
    for label in labels:
        groups[label.batch].append(label.weight_g)
    for batch, weights in groups.items():
        weighed = sum(map(bool, weights))
        yield Pieces(gtin, "", batch, by_hand, seen, len(weights), sum(weights), weighed)


def _taken_for(
    named: Iterable[Pieces], labels: list[_Label], serials: Serials
) -> tuple[list[Pieces], list[_Label]]:
    """Take scans for the boxes whose serial number is known; return the boxes, and other scans.

    A box of which a batch is known takes a scan of that batch, or of none; any other box takes any,
    first that of the batch in which the notice has it, and is of that batch then.
    """
    pieces = sorted(named, key=lambda each: each.serial)
    own = Counter(each.batch for each in pieces if each.batch != NO_BATCH)
    of_others = []
    for label in labels:
        if own[label.batch] > 0:
            own[label.batch] -= 1
        else:
            of_others.append(label)
    spare = own.total()
    blank = [each for each in of_others if each.batch == NO_BATCH]
    rest = [each for each in of_others if each.batch != NO_BATCH] + blank[spare:]
    return _labelled(pieces, rest, serials), rest


def _labelled(pieces: Iterable[Pieces], labels: list[_Label], serials: Serials) -> list[Pieces]:
    """Return the pieces with the batches of their labels, which are taken from `labels`."""
    waiting: defaultdict[Batch, list[_Label]] = defaultdict(list)
    for label in reversed(labels):
        waiting[label.batch].append(label)
    found, second = [], []
    for piece in pieces:
        advised = serials.get(piece.identity, NO_BATCH)
        if piece.batch != NO_BATCH:
            found.append(piece)
        elif advised != NO_BATCH and waiting[advised]:
            found.append(_with(piece, waiting[advised].pop()))
        else:
            second.append(piece)
    left = sorted((label for each in waiting.values() for label in each), reverse=True)
    found += [_with(piece, left.pop()) if left else piece for piece in second]
    labels[:] = sorted(left)
    return found


def _with(piece: Pieces, label: _Label) -> Pieces:
    if not label.weight_g:
        return replace(piece, batch=label.batch)
    return replace(piece, batch=label.batch, weight_g=label.weight_g, weighed=1)
