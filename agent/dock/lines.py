"""A notice's lines and levels of packing while they come in. Pure; `Builder` fills them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from agent.dock.notice import Item, NoticeError

FACTS = ("lot", "expiry", "best_before")
"""What a package may say for all that is in it."""

COUNTED = ("pieces", "packages", "weight_g", "bare")
"""What of a line its parts have a share of."""

NAMES = {
    "pieces": "quantities",
    "bare": "quantities",
    "packages": "numbers of packages",
    "package": "kinds of package",
    "weight_g": "weights",
    "content": "contents",
    "lot": "batches",
    "expiry": "use-by dates",
    "best_before": "best-before dates",
}
"""What two different values of one line are called."""


@dataclass(slots=True)
class Line:
    """An item while its segments come in.

    `told` says which part of it said what (`Builder.begin_part`), `common` what holds for all of
    its parts, and `whole` what was counted before them. `numbers` are those of buyer and supplier;
    `bare` is a quantity without a unit, until the table of articles says what it counts;
    `inner` lines lie in another article, and an `additional` GTIN gives way to one that identifies.
    """

    gtin: str
    place: str
    pieces: int = 0
    packages: int = 0
    package: str = ""
    content: int = 0
    weight_g: int = 0
    bare: Decimal = Decimal(0)
    lot: str = ""
    expiry: str = ""
    best_before: str = ""
    zero: bool = False
    inner: bool = False
    additional: bool = False
    serials: dict[str, None] = field(default_factory=dict)
    numbers: list[tuple[str, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    common: dict[str, str] = field(default_factory=dict)
    whole: dict[str, int | Decimal] = field(default_factory=dict)
    parts: list[Line] = field(default_factory=list)

    def tell(self, what: str, value: str | int | Decimal, part: int) -> None:
        """Set what a part says; NoticeError where the same part said something else before."""
        before = getattr(self, what)
        if before and before != value and self.told.get(what) == part:
            raise NoticeError(f"{NAMES[what]} {before} and {value} of the same goods")
        setattr(self, what, value)
        self.told[what] = part
        if part == 0 and what in COUNTED and not isinstance(value, str):
            self.whole[what] = value
        if part == 0 and what in FACTS:
            self.common[what] = str(value)

    def other_part(self, what: str, part: int) -> bool:
        """Whether another part than this one said it, so that this one needs a line of its own."""
        return self.told.get(what, 0) not in (0, part)

    def split(self, place: str) -> Line:
        """Return a line for another part of the same goods."""
        fresh = Line(self.gtin, place, inner=self.inner, numbers=self.numbers, labels=self.labels)
        fresh.parts = self.parts = self.parts or [self]
        self.parts.append(fresh)
        for name, value in self.common.items():
            fresh.tell(name, value, 0)
        return fresh

    def share(self) -> None:
        """Let a quantity that is of all parts be that of each, where serial numbers tell which."""
        named = sum(len(part.serials) for part in self.parts)
        if named and named == self.parts[0].pieces and all(part.serials for part in self.parts):
            self.parts[0].pieces = len(self.parts[0].serials)

    def check_parts(self) -> None:
        """Refuse parts that are not all of the line: nobody knows what the rest is."""
        parts = self.parts or [self]
        for what, whole in self.whole.items() if parts[0] is self else ():
            told = sum(getattr(part, what) for part in parts)
            if self.told[what] and told != whole:
                raise NoticeError(
                    f"{self.place}: parts of {whole} make {told}: ask the supplier how many are "
                    "of each batch"
                )

    def item(self) -> Item:
        """Return the item; NoticeError where its numbers do not agree."""
        article = f"{self.place}: article {self.gtin}"
        article += f" of batch {self.lot}" if self.lot else ""
        count, package = self.pieces, ""
        if self.packages and (not count or len(self.serials) == self.packages):
            count, package = self.packages, self.package
        count = count or len(self.serials)
        if not count and not self.weight_g:
            each = ": ask the supplier how many are of each batch" if self.parts else ""
            raise NoticeError(f"{article} has no quantity{each}")
        if self.serials and len(self.serials) != count:
            raise NoticeError(f"{article}: {len(self.serials)} serial numbers for {count}")
        return Item(
            self.gtin,
            count,
            self.lot,
            self.expiry,
            tuple(self.serials),
            self.best_before,
            package,
            self._content(package),
            self.weight_g,
        )

    def _content(self, package: str) -> int:
        """Return how many pieces are in each that is counted, where the notice says it."""
        if package and self.pieces and self.pieces % self.packages == 0:
            return self.pieces // self.packages
        return self.content


@dataclass(slots=True)
class Level:
    """One level of packing: its labels, its lines, what it says of all that is in it.

    `ahead` is what a quantity said before the article that it is of.
    """

    outer: Level | None = None
    inside: str = ""
    labels: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    ahead: Line | None = None

    def around(self) -> Iterator[Level]:
        """Yield this level and those around it, from the inside; a circle is gone through once."""
        level: Level | None = self
        seen: list[Level] = []
        while level is not None and not any(level is each for each in seen):
            seen.append(level)
            yield level
            level = level.outer

    @property
    def home(self) -> str:
        """The unit in which its lines lie: that of the nearest level with just one label."""
        return next((each.labels[0] for each in self.around() if len(each.labels) == 1), "")
