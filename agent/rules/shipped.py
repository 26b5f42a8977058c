"""The profiles that come with the agent, and how a name or a path finds one."""

from __future__ import annotations

from pathlib import Path

from agent.rules.profile import Profile, ProfileError, read_profile
from foundation.hints import hint
from foundation.toml_file import Problem

FOLDER = Path(__file__).parent / "profiles"
SUFFIX = ".toml"


def names() -> list[str]:
    """Return the names of the shipped profiles."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))


def find(text: str, folder: Path) -> Profile:
    """Return the shipped profile of that name, or the one in the file at that path.

    A relative path begins at `folder`. ProfileError where there is none, or a wrong one.
    """
    if text in names():
        return read_profile(FOLDER / f"{text}{SUFFIX}")
    path = folder / text
    if not path.exists():
        known = names()
        raise ProfileError(
            Path(text),
            [Problem(0, f"no such profile or file{hint(text, known)}")],
            advice=f"give a file, or one of {', '.join(known)}",
        )
    return read_profile(path)
