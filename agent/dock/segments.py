"""Text of UN/EDIFACT (ISO 9735) and ANSI X12 → segments of elements of components. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from agent.dock.builder import Builder
from agent.dock.notice import NoticeError
from agent.dock.several import Reading

MOST_SEGMENTS = 200_000
AS_A_TEST = "the interchange is marked as a test: ask the supplier whether goods come with it"
ISA_ELEMENTS = 16
"""An X12 interchange header has as many, most of fixed length; behind the last, the component
separator itself, stands what ends a segment."""

_ELEMENT_AT = 3
_AGAIN_EDIFACT = re.compile(r"(?<=.)UNA[^A-Za-z0-9]{5,6}\s*(?=UN[BG])", re.DOTALL)
_AGAIN_X12 = re.compile(
    r"(?<=.)ISA([^A-Za-z0-9\s])..\1.{10}\1..\1.{10}\1..\1.{15}\1..\1.{15}\1.{6}\1.{4}\1", re.DOTALL
)
"""Where another interchange begins, which may have other separators."""

_BREAKS = ("\r", "\n")
_PADDING = " \t\x00\x1a"  # what old systems and modems leave behind the last segment


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; `place` names it for people."""

    tag: str
    elements: tuple[tuple[str, ...], ...]
    place: str

    def get(self, element: int, component: int = 0) -> str:
        """Return one component, counted from 0 behind the tag; "" where it is not there."""
        if element >= len(self.elements) or component >= len(self.elements[element]):
            return ""
        return self.elements[element][component]


Step = Callable[[Builder, Segment], None]


@dataclass(frozen=True, slots=True)
class Syntax:
    """How messages begin and end, what of them is goods, and where they count their own parts.

    `total` is the segment that counts lines, `counts` those that it may mean.
    """

    head: str
    tail: str
    steps: Mapping[str, Step]
    total: str
    counts: tuple[str, ...]
    counted: Callable[[Segment], str]


def messages(
    segments: Iterable[Segment], make: Callable[[], Builder], syntax: Syntax
) -> list[Reading]:
    """Take each message of an interchange through its steps; what they do not name is no goods."""
    found: list[Reading] = []
    message: _Message | None = None
    for segment in segments:
        if segment.tag == syntax.head:
            if message is not None:
                raise NoticeError(f"{segment.place}: a second message, and the first has no end")
            message = _Message(make(), syntax, segment)
        if message is not None:
            message.take(segment)
            if segment.tag == syntax.tail:
                found.append(message.reading())
                message = None
    if message is not None and found:
        raise NoticeError(f"{message.place}: a second message, which has no end: the file is cut")
    if not found:
        raise NoticeError(
            f"no message from {syntax.head} to {syntax.tail}: the file is cut short, "
            "or of another kind",
        )
    return found


class _Message:
    """One message while its segments come in; its first fault ends the reading of it."""

    def __init__(self, builder: Builder, syntax: Syntax, head: Segment) -> None:
        self.place = head.place
        self._builder = builder
        self._syntax = syntax
        self._tags: Counter[str] = Counter()
        self._error: NoticeError | None = None

    def take(self, segment: Segment) -> None:
        self._tags[segment.tag] += 1
        step = self._syntax.steps.get(segment.tag)
        if self._error is None:
            try:
                if step is not None:
                    step(self._builder, segment)
                self._check(segment)
            except NoticeError as error:
                self._error = error

    def _check(self, segment: Segment) -> None:
        """Remark totals that are not those of the message: a part may be lost on the way."""
        if segment.tag == self._syntax.total:
            said = self._syntax.counted(segment)
            counts = {str(self._tags[tag]) for tag in self._syntax.counts}
            if said and said.lstrip("0") not in counts:
                lines = self._tags[self._syntax.counts[0]]
                self._builder.remark(_counted_otherwise(segment.place, said, lines, "lines"))
        elif segment.tag == self._syntax.tail:
            said, came = segment.get(0), self._tags.total()
            if said.lstrip("0") != str(came):
                self._builder.remark(_counted_otherwise(segment.place, said, came, "segments"))

    def reading(self) -> Reading:
        number = self._builder.number
        if self._error is not None:
            return Reading(self.place, number, error=self._error)
        return Reading.of(self.place, number, self._builder.notice)


def _counted_otherwise(place: str, said: str, came: int, what: str) -> str:
    more = said.isascii() and said.isdigit() and int(said[:9]) > came
    lost = ": a part may be lost on the way" if more else ""
    return f"{place} counts {said[:10]} {what}, {came} came{lost}"


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that divide; `release` takes the meaning from the next one, "" for none."""

    component: str = ":"
    element: str = "+"
    release: str = "?"
    segment: str = "'"


def edifact(text: str) -> Iterator[Segment]:
    """Yield the segments of all interchanges, each with the separators that its UNA names."""
    yield from _segments(each for part in _parted(text, _AGAIN_EDIFACT) for each in _edifact(part))


def _edifact(text: str) -> Iterator[list[list[str]]]:
    text = text.lstrip()
    separators = Separators()
    if text.startswith("UNA"):
        service = text[3:9]
        if len(service) < len(":+.? '"):
            raise NoticeError("segment 1 (UNA) is cut short")
        if _lacks_one(text):
            service = f"{service[:4]} {service[4]}"
            text = f"UNA{service}{text[8:]}"
        separators = Separators(service[0], service[1], service[3].strip(), service[5])
        text = text[9:]
    return _split(text, separators)


def _lacks_one(text: str) -> bool:
    """Whether the fifth of UNA's characters, a space or a repetition mark, was left out."""
    fifth, sixth = text[7], text[8]
    return fifth not in " *" and (sixth in _BREAKS or text[8:11] in ("UNB", "UNG", "UNH"))


def x12(text: str) -> Iterator[Segment]:
    """Yield the segments of all interchanges, each with the separators that its ISA shows."""
    yield from _segments(each for part in _parted(text, _AGAIN_X12) for each in _x12(part))


def _x12(text: str) -> Iterator[list[list[str]]]:
    text = text.lstrip()
    element = text[_ELEMENT_AT : _ELEMENT_AT + 1]
    parts = text.split(element, ISA_ELEMENTS) if element else []
    if len(parts) <= ISA_ELEMENTS or len(parts[-1]) < len(">~"):
        raise NoticeError("segment 1 (ISA) is cut short")
    return _split(text, Separators(parts[-1][0], element, "", parts[-1][1]))


def _parted(text: str, again: re.Pattern[str]) -> Iterator[str]:
    """Yield the interchanges of a file."""
    begin = 0
    for found in again.finditer(text):
        yield text[begin : found.start()]
        begin = found.start()
    yield text[begin:]


def _segments(found: Iterable[list[list[str]]]) -> Iterator[Segment]:
    for number, parts in enumerate(found, 1):
        if number > MOST_SEGMENTS:
            raise NoticeError(f"more than {MOST_SEGMENTS} segments")
        tag = parts[0][0].strip()
        yield Segment(tag, tuple(map(tuple, parts[1:])), f"segment {number} ({tag[:3]})")


def _split(text: str, separators: Separators) -> Iterator[list[list[str]]]:
    """Yield each segment as elements of components; other line breaks are for people only."""
    special = re.escape("".join(_characters(separators)))
    token = re.compile(rf"[{special}\r\n]|[^{special}\r\n]+")
    parts: list[list[str]] = [[]]
    chunks: list[str] = []
    tokens = iter(token.findall(text))
    for found in tokens:
        if found == separators.release:
            chunks.append(next(tokens, ""))
        elif found in (separators.segment, separators.element, separators.component):
            parts[-1].append("".join(chunks))
            chunks = []
            if found == separators.element:
                parts.append([])
            elif found == separators.segment:
                yield parts
                parts = [[]]
        elif found not in _BREAKS:
            chunks.append(found)
    if "".join(chunks).strip(_PADDING) or len(parts) > 1:
        raise NoticeError("the last segment has no end: the file is cut short")


def _characters(separators: Separators) -> Iterator[str]:
    yield from (separators.component, separators.element, separators.segment)
    if separators.release:
        yield separators.release
