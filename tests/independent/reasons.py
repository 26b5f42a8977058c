"""What a refusal carries (PROTOCOL.md, "Reason codes")."""

from __future__ import annotations


class Refused(Exception):
    """An object is refused, for the reason `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
