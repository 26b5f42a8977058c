"""What a device sent, fit to be shown to people. Pure."""

from __future__ import annotations

MOST_TEXT = 200  # characters
MOST_BYTES = 16


def text(said: str) -> str:
    """Return a device's text, bounded and in one line that steers no terminal."""
    return "".join(c if c.isprintable() else "?" for c in said[:MOST_TEXT])


def sample(data: bytes) -> str:
    """Return the first bytes of what should have been frames: as text where they are some."""
    first = data[:MOST_BYTES]
    written = first.decode("ascii", errors="replace").rstrip("\r\n")
    return f'"{written}"' if written.isascii() and written.isprintable() else first.hex(" ")
