"""UTF-16, in which spreadsheets save "Unicode text" and some write XML. Pure."""

from __future__ import annotations

import codecs

_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_utf_16(data: bytes) -> bool:
    """Whether a mark says so, or the zeros do that stand beside each of the first characters."""
    return data.startswith(_MARKS) or b"\0\0" in (data[1:4:2], data[0:3:2])


def decoded(data: bytes) -> str:
    """Decode UTF-16 by its mark, which goes, or without one by where the zeros stand."""
    if data.startswith(_MARKS):
        return data.decode("utf-16", errors="replace")
    little = data[1:2] == b"\x00"
    return data.decode("utf-16-le" if little else "utf-16-be", errors="replace")
