"""GS1 Digital Link URIs (GS1 Digital Link: URI syntax 1.4) to keys and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.identifiers import IDENTIFIERS
from drivers.gs1.keys import Keys, check_keys

CANONICAL = "https://id.gs1.org"
GTIN_DIGITS = 14
SHORT_GTINS = (8, 12, 13)

# Keys with the qualifiers that may follow them in the path, in this order (§4.4 and table 4-1).
PATHS = {ai: each.paths for ai, each in IDENTIFIERS.items() if each.paths is not None}
LONGEST = 2048  # characters; what is longer comes from nobody who wants to name a thing


def is_link(text: str) -> bool:
    """Whether `text` looks like a web address."""
    return text[:8].lower().startswith(("http://", "https://"))


class NoKey(Gs1Error):
    """A web address that names nothing of GS1's."""


def parse(link: str) -> Keys:
    """Return the keys of a Digital Link, primary key first; Gs1Error says why it is none.

    Any host and path before the primary key will do. A GTIN of fewer than 14 digits is filled up.
    """
    parts = _split(link)
    steps = parts.path.strip("/").split("/")
    path = [_decoded(step) for step in steps[_primary(steps) :]]
    keys = _path_keys(path)
    for ai, value in _query(parts):
        if is_ai(ai):
            _put_attribute(keys, ai, value)
    check_keys(keys)
    return keys


def passed_over(link: str) -> str:
    """Return what of a link's query and fragment says nothing of GS1's, or nothing."""
    parts = _split(link)
    others = [f"{name}={value}" for name, value in _query(parts) if not is_ai(name)]
    return "&".join(others) + (f"#{parts.fragment}" if parts.fragment else "")


def is_ai(name: str) -> bool:
    """Whether the name of a query's value is for AIs: digits alone are (§4.5)."""
    return name.isascii() and name.isdigit()


def _split(link: str) -> SplitResult:
    if len(link) > LONGEST or not is_link(link):
        raise NoKey(Fault.SYNTAX, "a Digital Link begins with https://, and has an end")
    try:
        return urlsplit(link)
    except ValueError as error:
        raise NoKey(Fault.SYNTAX, f"no web address: {error}") from None


def _query(parts: SplitResult) -> list[tuple[str, str]]:
    return parse_qsl(parts.query, keep_blank_values=True)


def _primary(steps: list[str]) -> int:
    """Find the last step that may begin the pairs of AI and value."""
    for at in range(len(steps) - 2, -1, -1):
        if steps[at] in PATHS and (len(steps) - at) % 2 == 0:
            return at
    raise NoKey(Fault.SYNTAX, "no GS1 key in the path of this web address")


def _path_keys(path: list[str]) -> dict[str, str]:
    primary, *qualifiers = path[::2]
    for count in range(1, len(qualifiers) + 1):
        if not any(_follow(qualifiers[:count], way) for way in PATHS[primary]):
            wrong = qualifiers[count - 1]
            raise Gs1Error(Fault.SYNTAX, f"({wrong}) may not stand there in a path of ({primary})")
    keys: dict[str, str] = {}
    for ai, value in zip(path[::2], path[1::2], strict=True):
        _put(keys, ai, value)
    return keys


def _follow(ais: Sequence[str], way: Iterable[str]) -> bool:
    """Whether these AIs are among those of `way`, in its order."""
    rest = iter(way)
    return all(ai in rest for ai in ais)


def _put(keys: dict[str, str], ai: str, value: str) -> None:
    if ai in keys:
        raise Gs1Error(Fault.SYNTAX, f"({ai}) twice in one Digital Link")
    short = ai == "01" and len(value) in SHORT_GTINS
    keys[ai] = value.zfill(GTIN_DIGITS) if short else value


def _put_attribute(keys: dict[str, str], ai: str, value: str) -> None:
    identifier = IDENTIFIERS.get(ai)
    if identifier is not None and not identifier.attribute and ai not in keys:
        raise Gs1Error(Fault.SYNTAX, f"({ai}) stands in the path of a Digital Link only")
    _put(keys, ai, value)


def _decoded(step: str) -> str:
    try:
        return unquote(step, errors="strict")
    except UnicodeDecodeError:
        raise Gs1Error(Fault.SYNTAX, f"{step!r} is no percent-encoded text") from None


def build(keys: Keys) -> str:
    """Return the canonical Digital Link of `keys`; attributes go into the query."""
    primary = next((ai for ai in ("8006", *PATHS) if ai in keys), None)
    if primary is None:
        raise Gs1Error(Fault.UNSUPPORTED, "no key among them that a Digital Link could begin with")
    check_keys(keys)
    path = [primary, *max((_of(way, keys) for way in PATHS[primary]), key=_holds)]
    rest = [ai for ai in keys if ai not in path]
    for ai in rest:
        if not IDENTIFIERS[ai].attribute:
            raise Gs1Error(Fault.UNSUPPORTED, f"no Digital Link of ({primary}) can hold ({ai})")
    query = "&".join(f"{ai}={quote(keys[ai], safe='')}" for ai in sorted(rest))
    return CANONICAL + _steps(path, keys) + (f"?{query}" if query else "")


def _of(way: Iterable[str], keys: Keys) -> list[str]:
    return [ai for ai in way if ai in keys]


def _holds(qualifiers: Sequence[str]) -> tuple[int, int]:
    """How much a path holds: first what no query could."""
    return sum(not IDENTIFIERS[ai].attribute for ai in qualifiers), len(qualifiers)


def _steps(path: Iterable[str], keys: Keys) -> str:
    return "".join(f"/{ai}/{quote(keys[ai], safe='')}" for ai in path)
