"""What may be a name: of a gateway, a device, a node, a person. Safe in paths, notes and lists."""

from __future__ import annotations

import re

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
"""As a regular expression that the whole text must match; at most 63 characters, as a DNS label."""


def is_name(text: str) -> bool:
    """Tell whether `text` may stand as a name, without quotes."""
    return re.fullmatch(NAME, text) is not None
