"""The profiles that a seed may name: what a gateway will be, a file NAME.toml each.

A gateway looks them up on its own card, at its first boot; a name that is none would show only
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foundation.errors import Fatal
from foundation.hints import hint

FOLDERS = (
    Path("/etc/tallyman/profiles"),
    Path("/opt/tallyman/share/profiles"),
    Path(__file__).parents[2] / "provisioning/profiles",
)
"""A site's own, those of the package, and those of a checkout."""


def check_profile(name: str, folders: Sequence[Path] = ()) -> bool:
    """Tell whether a file NAME.toml lies in `folders` or FOLDERS; Fatal says which others do.

    False where this machine has no profiles at all: then nobody can tell here.
    """
    known = sorted({path.stem for folder in (*folders, *FOLDERS) for path in folder.glob("*.toml")})
    if known and name not in known:
        raise Fatal(
            f"there is no profile {name!r}{hint(name, known)}",
            advice=f"there are {', '.join(known)}; more of your own lie in --profiles DIR",
        )
    return bool(known)
