"""Scripts of what a chip's registers hold, measurement by measurement: as captured from a part."""

from __future__ import annotations


def scripted(text: str, length: int) -> list[bytes]:
    """Return the measurements of a script, each of `length` bytes; ValueError names a wrong line.

    A line has one in hexadecimal, `#` begins a remark, and a blank line is a chip that says
    nothing: no bytes.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words, _, remark = line.partition("#")
        try:
            said = bytes.fromhex(words.strip())
        except ValueError:
            said = b"?"
        if len(said) not in (0, length) or said == b"?":
            raise ValueError(f"line {number} of the script is not {length} bytes: {line!r}")
        if said or not remark:
            found.append(said)
    return found
