"""A version on trial: what comes back after it, and how often it may still be started. Pure."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace

STARTS = 3
"""Starts that it has in one boot of the machine: a crash loop ends it."""

BOOTS = 5
"""Boots of the machine that it has after its first: what makes a machine fall over ends here. Power
that goes and comes, as a truck's does, says nothing of the version, so these are more."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A version that has to prove itself; `before` is how the gateway did, as JSON.

    `starts` are left in the boot that has the id `boot`, and `boots` after it; before its first
    start `boot` is empty. `damaged`: nobody can read how often it started.
    """

    name: str
    previous: str
    before: str
    starts: int = STARTS
    boots: int = BOOTS
    boot: str = ""
    damaged: bool = False

    def spent(self, boot: str) -> str:
        """Return why it may not start once more in the boot of that id; empty where it may."""
        if self.damaged:
            return "the file that counts its starts cannot be read"
        if self._is_of(boot):
            return "" if self.starts > 0 else f"it started {STARTS} times and was never well"
        return "" if self.boots > 0 else f"the machine booted {BOOTS} times and it was never well"

    def started(self, boot: str) -> Trial:
        """Return it after one more start."""
        if self._is_of(boot):
            return replace(self, starts=self.starts - 1, boot=self.boot or boot)
        return replace(self, starts=STARTS - 1, boots=self.boots - 1, boot=boot)

    def _is_of(self, boot: str) -> bool:
        """Tell whether `starts` are of that boot. One whose id is unknown is no new one."""
        return not self.boot or boot in ("", self.boot)

    def to_text(self) -> str:
        """Return the content of trial.toml."""
        words = {key: getattr(self, key) for key in ("name", "previous", "before", "boot")}
        lines = (f"{key} = {json.dumps(value)}\n" for key, value in words.items())
        return "".join(lines) + f"starts = {self.starts}\nboots = {self.boots}\n"

    @classmethod
    def from_text(cls, text: str) -> Trial:
        """Read trial.toml; ValueError where that is none.

        One that an older version wrote has no boots: it has all of them.
        """
        tree = tomllib.loads(text)
        name, previous, before, boot = (
            _text(tree.get(key, default))
            for key, default in (("name", None), ("previous", None), ("before", None), ("boot", ""))
        )
        starts, boots = _left(tree.get("starts"), STARTS), _left(tree.get("boots", BOOTS), BOOTS)
        return cls(name, previous, before, starts, boots, boot)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004  a damaged file, no wrong call
    return value


def _left(value: object, most: int) -> int:
    """Return how many are left; more than there ever were are none that we wrote."""
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{value!r} is none of 0 to {most}")
    return value
