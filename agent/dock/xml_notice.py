"""XML despatch advices → notice, in a dialect: GS1's, or UBL's. Pure, bounded: no entities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.builder import Builder
from agent.dock.notice import NoticeError
from agent.dock.several import Reading

MOST_DEPTH = 40  # the message itself nests about a dozen deep
MOST_NODES = 500_000

Attributes = Mapping[str, str]
Step = Callable[[Builder, str, str, Attributes], None]
"""Takes the text of an element, its place, and its attributes."""

Begin = Callable[[Builder, str], None]
"""Takes the place where an element begins, or ends."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one XML message says things: its element, what begins or ends parts, what has text.

    Steps are found by an element's name, or by two names with a slash between.
    """

    form: str
    notice: str
    begins: Mapping[str, Begin]
    steps: Mapping[str, Step]
    ends: Mapping[str, Begin] = field(default_factory=dict)


def read_xml(
    data: bytes, digest: bytes, dialect: Dialect, articles: Articles = NO_ARTICLES
) -> list[Reading]:
    """Read the despatch advices in a document; NoticeError names the line."""
    reader = _Reader(dialect, lambda: Builder(dialect.form, digest, articles))
    parse(reader.parser, data)
    return reader.found


def parse(parser: expat.XMLParserType, data: bytes) -> None:
    """Have a parser read a whole document; NoticeError where it is no XML."""
    try:
        parser.Parse(data, True)  # noqa: FBT003  expat's own signature
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise NoticeError(f"line {error.lineno}: not well-formed XML: {what}") from error
    except NoticeError:
        raise
    except (LookupError, UnicodeError, ValueError) as error:
        raise NoticeError(f"line 1: the XML is in characters unknown here: {error}") from error


def bounded_parser() -> expat.XMLParserType:
    """Return a parser that names elements with their namespace, and takes no document type."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def doctype(*_: object) -> None:
        raise NoticeError(
            f"line {parser.CurrentLineNumber}: a DOCTYPE has no place in a GS1 message"
        )

    parser.StartDoctypeDeclHandler = doctype
    return parser


class _Reader:
    """Walks through the elements; a leaf's text is taken by the path it ends."""

    def __init__(self, dialect: Dialect, make: Callable[[], Builder]) -> None:
        self._dialect = dialect
        self._make = make
        self._builder: Builder | None = None
        self._error: NoticeError | None = None
        self._begun = ""
        self.found: list[Reading] = []
        self._path: list[str] = []
        self._attributes: list[Attributes] = []
        self._text = ""
        self._nodes = 0
        self.parser = bounded_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    @property
    def _place(self) -> str:
        return f"line {self.parser.CurrentLineNumber}"

    def _start(self, name: str, attributes: Attributes) -> None:
        self._nodes += 1
        if len(self._path) >= MOST_DEPTH or self._nodes > MOST_NODES:
            raise NoticeError(f"{self._place}: too deep or too many elements")
        self._path.append(name.rpartition("}")[2])
        self._attributes.append(attributes)
        self._text = ""
        if self._path[-1] == self._dialect.notice and self._builder is None:
            self._builder, self._error, self._begun = self._make(), None, self._place
        begin = self._dialect.begins.get(self._path[-1])
        if begin is not None:
            self._try(lambda builder: begin(builder, self._place))

    def _characters(self, text: str) -> None:
        self._text += text

    def _end(self, _: str) -> None:
        tail, text = self._path[-2:], self._text.strip()
        step = self._dialect.steps.get("/".join(tail)) or self._dialect.steps.get(tail[-1])
        if step is not None and text:
            attributes = self._attributes[-1]
            self._try(lambda builder: step(builder, text, self._place, attributes))
        end = self._dialect.ends.get(tail[-1])
        if end is not None:
            self._try(lambda builder: end(builder, self._place))
        name = self._path.pop()
        self._attributes.pop()
        self._text = ""
        if name == self._dialect.notice and name not in self._path:
            self._finish()

    def _try(self, step: Callable[[Builder], None]) -> None:
        """Take a step, unless an earlier one of this notice failed."""
        if self._builder is not None and self._error is None:
            try:
                step(self._builder)
            except NoticeError as error:
                self._error = error

    def _finish(self) -> None:
        builder, self._builder = self._builder, None
        if builder is None:
            return
        if self._error is not None:
            self.found.append(Reading(self._begun, builder.number, error=self._error))
        else:
            self.found.append(Reading.of(self._begun, builder.number, builder.notice))


def first(name: str) -> Step:
    """Return a step that sets a field of the builder, unless it was set before."""

    def step(builder: Builder, text: str, _: str, __: Attributes) -> None:
        if not getattr(builder, name):
            setattr(builder, name, text)

    return step


def plain(step: Callable[[Builder, str, str], None]) -> Step:
    """Return a step that needs no attributes."""
    return lambda builder, text, place, _: step(builder, text, place)
