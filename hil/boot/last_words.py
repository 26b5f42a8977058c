"""What a guest, its kernel and QEMU said, kept for whoever finds out why a drill failed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from foundation.printing import say_text

KEPT = Path("build/boot-test")
TOLD = 40
"""Lines of each that are printed, too: where a machine is gone afterwards, its files are."""


def keep(drill: str, said: Mapping[str, str]) -> None:
    """Write all that was said into a file, by who said it; print the end of each, and where."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{drill}.guest.log"
    path.write_text("\n".join(f"{who} said:\n{words}\n" for who, words in said.items()))
    for who, words in said.items():
        lines = words.splitlines()[-TOLD:] or ["nothing"]
        say_text("\n".join(f"        {line}" for line in (f"{who} said last:", *lines)))
    say_text(f"        the guest's last words: {path}")


def of_file(path: Path) -> str:
    """Return what a log has, or "" where there is none."""
    return path.read_text(errors="replace") if path.exists() else ""
