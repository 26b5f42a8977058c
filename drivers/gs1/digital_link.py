"""GS1 Digital Link URIs (GS1 Digital Link: URI syntax 1.4) to keys and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.keys import Keys, check_keys

CANONICAL = "https://id.gs1.org"
GTIN_DIGITS = 14

# Primary keys with their qualifiers, which keep this order in the path (§4.4 and table 4-1).
QUALIFIERS: dict[str, tuple[str, ...]] = {
    "00": (),
    "01": ("22", "10", "21"),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": ("254",),
    "417": (),
    "8003": (),
    "8004": (),
    "8006": ("22", "10", "21"),
    "8010": ("8011",),
    "8013": (),
    "8017": ("8019",),
    "8018": ("8019",),
}
LONGEST = 2048  # characters; what is longer comes from nobody who wants to name a thing


def is_link(text: str) -> bool:
    """Whether `text` looks like a web address."""
    return text[:8].lower().startswith(("http://", "https://"))


def parse(link: str) -> Keys:
    """Return the keys of a Digital Link, primary key first; Gs1Error says why it is none.

    Any host and path before the primary key will do. A GTIN of fewer than 14 digits is filled up.
    """
    if len(link) > LONGEST or not is_link(link):
        raise Gs1Error(Fault.SYNTAX, "a Digital Link begins with https://, and has an end")
    try:
        parts = urlsplit(link)
    except ValueError as error:
        raise Gs1Error(Fault.SYNTAX, f"no web address: {error}") from None
    steps = parts.path.strip("/").split("/")
    start = _primary(steps)
    path = [_decoded(step) for step in steps[start:]]
    keys = _path_keys(path)
    for ai, value in parse_qsl(parts.query, keep_blank_values=True):
        if ai.isascii() and ai.isdigit():
            _put(keys, ai, value)
    check_keys(keys)
    return keys


def _primary(steps: list[str]) -> int:
    """Find the last step that may begin the pairs of AI and value."""
    for at in range(len(steps) - 2, -1, -1):
        if steps[at] in QUALIFIERS and (len(steps) - at) % 2 == 0:
            return at
    raise Gs1Error(Fault.SYNTAX, "no GS1 key in the path of this web address")


def _path_keys(path: list[str]) -> dict[str, str]:
    primary = path[0]
    keys: dict[str, str] = {}
    allowed = (primary, *QUALIFIERS[primary])
    reached = 0
    for ai, value in zip(path[::2], path[1::2], strict=True):
        if ai not in allowed[reached:]:
            raise Gs1Error(Fault.SYNTAX, f"({ai}) may not stand there in a path of ({primary})")
        reached = allowed.index(ai) + 1
        _put(keys, ai, value)
    return keys


def _put(keys: dict[str, str], ai: str, value: str) -> None:
    if ai in keys:
        raise Gs1Error(Fault.SYNTAX, f"({ai}) twice in one Digital Link")
    keys[ai] = value.zfill(GTIN_DIGITS) if ai == "01" and len(value) in {8, 12, 13} else value


def _decoded(step: str) -> str:
    try:
        return unquote(step, errors="strict")
    except UnicodeDecodeError:
        raise Gs1Error(Fault.SYNTAX, f"{step!r} is no percent-encoded text") from None


def build(keys: Keys) -> str:
    """Return the canonical Digital Link of `keys`; attributes go into the query."""
    primary = next((ai for ai in ("8006", *QUALIFIERS) if ai in keys), None)
    if primary is None:
        raise Gs1Error(Fault.UNSUPPORTED, "no key among them that a Digital Link could begin with")
    check_keys(keys)
    path = [ai for ai in (primary, *QUALIFIERS[primary]) if ai in keys]
    rest = [ai for ai in keys if ai not in path]
    query = "&".join(f"{ai}={quote(keys[ai], safe='')}" for ai in sorted(rest))
    return CANONICAL + _steps(path, keys) + (f"?{query}" if query else "")


def _steps(path: Iterable[str], keys: Keys) -> str:
    return "".join(f"/{ai}/{quote(keys[ai], safe='')}" for ai in path)
