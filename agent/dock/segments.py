"""Text of UN/EDIFACT (ISO 9735) and ANSI X12 → segments of elements of components. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from agent.dock.builder import Builder
from agent.dock.notice import NoticeError

MOST_SEGMENTS = 200_000
ISA_ELEMENTS = 16
"""An X12 interchange header has as many, most of fixed length; behind the last, the component
separator itself, stands what ends a segment."""

_ELEMENT_AT = 3
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


def take_message(
    segments: Iterable[Segment], builder: Builder, steps: Mapping[str, Step], head: str, tail: str
) -> None:
    """Take the interchange's only message through `steps`; what they do not name is no goods."""
    inside = done = False
    for segment in segments:
        if segment.tag == head:
            if done:
                raise NoticeError(f"{segment.place}: a second message: one file, one notice")
            inside = True
        if inside and segment.tag in steps:
            steps[segment.tag](builder, segment)
        done = done or segment.tag == tail
        inside = inside and not done
    if not done:
        raise NoticeError(
            f"no message from {head} to {tail}: the file is cut short, or of another kind",
        )


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that divide; `release` takes the meaning from the next one, "" for none."""

    component: str = ":"
    element: str = "+"
    release: str = "?"
    segment: str = "'"


def edifact(text: str) -> Iterator[Segment]:
    """Yield the segments of an interchange, with the separators that its UNA names."""
    text = text.lstrip()
    separators = Separators()
    if text.startswith("UNA"):
        service = text[3:9]
        if len(service) < len(":+.? '"):
            raise NoticeError("segment 1 (UNA) is cut short")
        separators = Separators(service[0], service[1], service[3].strip(), service[5])
        text = text[9:]
    return _segments(text, separators)


def x12(text: str) -> Iterator[Segment]:
    """Yield the segments of an interchange, with the separators that its ISA shows."""
    text = text.lstrip()
    element = text[_ELEMENT_AT : _ELEMENT_AT + 1]
    parts = text.split(element, ISA_ELEMENTS) if element else []
    if len(parts) <= ISA_ELEMENTS or len(parts[-1]) < len(">~"):
        raise NoticeError("segment 1 (ISA) is cut short")
    return _segments(text, Separators(parts[-1][0], element, "", parts[-1][1]))


def _segments(text: str, separators: Separators) -> Iterator[Segment]:
    for number, parts in enumerate(_split(text, separators), 1):
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
