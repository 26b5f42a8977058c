"""Where a key lies in a PKCS#11 token, as a PKCS#11 URI says it (RFC 7512); pure."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from foundation.dataclass import dataclass

_SCHEME = "pkcs11:"
_FILE = "file:"
_KNOWN = frozenset({"token", "serial", "module-path", "pin-source"})

TOKEN_ALGORITHMS = ("ES256", "ES384")
"""What tokens of any make sign with."""

EXAMPLE = (
    "pkcs11:token=truck-7?module-path=/usr/lib/softhsm/libsofthsm2.so"
    "&pin-source=/etc/tallyman/token-pin"
)


class BadTokenUri(ValueError):
    """The text is no PKCS#11 URI that finds a token; says what it lacks."""


@dataclass(frozen=True, slots=True)
class TokenUri:
    """A token, the library that speaks to it, and the file that holds its PIN."""

    label: str
    module: Path
    pin_source: Path
    serial: str = ""

    @classmethod
    def parse(cls, text: str) -> TokenUri:
        """Read RFC 7512 §2.3; BadTokenUri when an attribute is unknown, missing or there twice.

        The PIN itself may not stand in it: a configuration is shown and copied.
        """
        if not text.startswith(_SCHEME):
            raise BadTokenUri(f"it must begin with {_SCHEME}")
        path, _, query = text.removeprefix(_SCHEME).partition("?")
        found = _attributes([*path.split(";"), *filter(None, query.split("&"))])
        lacking = {"token", "module-path", "pin-source"} - found.keys()
        if lacking:
            raise BadTokenUri(f"it lacks {', '.join(sorted(lacking))}")
        return cls(
            found["token"],
            _absolute("module-path", found["module-path"]),
            _absolute("pin-source", found["pin-source"].removeprefix(_FILE)),
            found.get("serial", ""),
        )


def _attributes(pairs: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if name == "pin-value":
            raise BadTokenUri("a PIN may not stand in it: name its file with pin-source")
        if name not in _KNOWN or not equals or name in found:
            raise BadTokenUri(
                f"{pair!r} is unknown or there twice: it takes {', '.join(sorted(_KNOWN))}",
            )
        found[name] = unquote(value, errors="strict")
    return found


def _absolute(name: str, value: str) -> Path:
    path = Path(value)
    if not path.is_absolute():
        raise BadTokenUri(f"{name} must be an absolute path, not {value!r}")
    return path
