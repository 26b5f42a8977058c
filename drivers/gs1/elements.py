r"""Element strings to AIs and values: as scanners send them, and as people write them. Pure.

A scanner sends (01)…(10)…(21)… without brackets, and GS where a value ends that has no predefined
length (GS1 General Specifications, §7.8). People write brackets, and `\(` for one in a value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.identifiers import IDENTIFIERS, Identifier, leading

GS = "\x1d"  # group separator: how scanners send FNC1 inside a symbol

SHOWN = 20  # characters of a wrong text that an error repeats

_BRACKETED = re.compile(r"\((?P<ai>[0-9]+)\)(?P<value>(?:\\[()]|[^(])*)")
_ESCAPED = re.compile(r"\\([()])")

Element = tuple[str, str]


class CutNowhere(Gs1Error):
    """A value has more behind it than it can have: nobody knows where it ends."""


@dataclass(slots=True)
class Elements:
    """The sound elements of a text, and what was wrong first, or nothing.

    With `cut_nowhere` the text goes on where it could not be divided.
    """

    values: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    cut_nowhere: bool = False

    def put(self, identifier: Identifier, value: str) -> None:
        """Keep a value that its AI can have."""
        ai = identifier.ai
        try:
            identifier.check(value)
        except Gs1Error as error:
            self.fault(str(error))
            return
        if self.values.setdefault(ai, value) != value:
            self.fault(f"({ai}) twice, with different values")

    def fault(self, problem: str) -> None:
        """Note what is wrong, if it is the first."""
        self.problem = self.problem or problem


def sent(text: str) -> Elements:
    """Return what an element string says, up to where a fault leaves open how it goes on."""
    found = Elements()
    rest = text.strip(GS)
    try:
        while rest:
            identifier, value, rest = _cut(rest)
            found.put(identifier, value)
    except Gs1Error as error:
        found.fault(str(error))
        found.cut_nowhere = isinstance(error, CutNowhere)
    return found


def _cut(text: str) -> tuple[Identifier, str, str]:
    """Return the first AI of a text, its value, and the rest."""
    identifier = leading(text)
    if identifier is None:
        raise Gs1Error(Fault.SYNTAX, f"no Application Identifier begins {text[:SHOWN]!r}")
    value, _, _ = text[len(identifier.ai) :].partition(GS)
    if identifier.predefined:
        value = value[: identifier.longest]
    elif len(value) > identifier.longest:
        raise CutNowhere(
            Fault.LENGTH,
            f"({identifier.ai}) has up to {identifier.longest} characters, and {value[:SHOWN]!r}… "
            f"has {len(value)}: no FNC1 came behind it, or the code is damaged",
        )
    rest = text[len(identifier.ai) + len(value) :]
    return identifier, value, rest.removeprefix(GS)


def bracketed(text: str) -> Elements:
    """Return what AIs in brackets say: all of the text is understood, or nothing of it."""
    found = Elements()
    try:
        for identifier, value in _written(text):
            found.put(identifier, value)
    except Gs1Error as error:
        return Elements(problem=str(error))
    return found


def _written(text: str) -> Iterator[tuple[Identifier, str]]:
    at = 0
    while at < len(text):
        match = _BRACKETED.match(text, at)
        if match is None:
            raise Gs1Error(
                Fault.SYNTAX,
                rf"{text[at : at + SHOWN]!r} is no AI in brackets; "
                r"a bracket that belongs to a value is written \(",
            )
        at = match.end()
        yield _element(match["ai"], match["value"])


def _element(ai: str, text: str) -> tuple[Identifier, str]:
    identifier = IDENTIFIERS.get(ai)
    if identifier is None:
        raise Gs1Error(Fault.SYNTAX, f"({ai}) is no Application Identifier")
    value = _ESCAPED.sub(r"\1", text.strip())
    if identifier.digits_only:
        value = "".join(value.split())  # digits are printed in groups
    if not value:
        raise Gs1Error(Fault.EMPTY, f"({ai}) is empty")
    return identifier, value


def hidden(identifier: Identifier, value: str, ais: Collection[str]) -> list[Element]:
    """Return the elements that may stand within a value, if the FNC1s before them were lost.

    `ais` are those that the code has: none stands in it twice. Empty when the value can be nothing
    but a value.
    """
    if identifier.shortest == identifier.longest:
        return []
    behind: dict[int, list[Element]] = {len(value): []}  # where elements may begin, to the end
    for at in range(len(value) - 1, 0, -1):
        inner = leading(value[at:])
        if inner is not None and inner.ai not in ais:
            found = _until_some(inner, value, at, behind)
            if found is not None:
                behind[at] = found
    begins = sorted(behind)[:-1]
    return next((behind[at] for at in begins if identifier.holds(value[:at])), [])


def _until_some(
    inner: Identifier, text: str, at: int, behind: dict[int, list[Element]]
) -> list[Element] | None:
    """Return an element at `at` with those behind it, if it ends where others begin."""
    start = at + len(inner.ai)
    for end, following in behind.items():
        if inner.shortest <= end - start <= inner.longest and inner.holds(text[start:end]):
            return [(inner.ai, text[start:end]), *following]
    return None
