"""Files that come in parts through the control socket, one at a time."""

from __future__ import annotations

import base64
import binascii
import hashlib

from agent.desks.control import BadRequest, Request, number, text
from agent.desks.disclosures import digest_of
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """What is here of a file: so many bytes, and the `whole` once its last part came."""

    length: int
    whole: bytes | None = None


class Uploads:
    """Joins the parts of one kind of file; `what` is its name in errors.

    A first part begins a new file, whatever came before.
    """

    def __init__(self, what: str, most: int, advice: str) -> None:
        """Take files of `most` bytes; `advice` is the next step for a longer one."""
        self._what = what
        self._most = most
        self._advice = advice
        self._digest = b""
        self._data: bytearray | None = None

    def take(self, request: Request) -> Taken:
        """Take a part; BadRequest unless they follow each other and have the SHA-256 they name."""
        digest, part = digest_of(request), _part(request)
        data = self._begun(digest, number(request, "offset", 0))
        if len(data) + len(part) > self._most:
            self._data = None
            raise BadRequest(
                f"the {self._what} has more than {self._most >> 20} MiB", advice=self._advice
            )
        data += part
        if not request.get("last"):
            return Taken(len(data))
        self._data = None
        if hashlib.sha256(data).digest() != digest:
            raise BadRequest(
                f"the {self._what}'s bytes do not match their digest", advice="try again"
            )
        return Taken(len(data), bytes(data))

    def _begun(self, digest: bytes, offset: int) -> bytearray:
        if offset == 0:
            self._digest, self._data = digest, bytearray()
        if self._data is None or self._digest != digest or len(self._data) != offset:
            raise BadRequest(
                f"the parts of the {self._what} do not follow each other", advice="try again"
            )
        return self._data


def _part(request: Request) -> bytes:
    try:
        return base64.b64decode(text(request, "part"), validate=True)
    except binascii.Error as error:
        raise BadRequest("part must be base64") from error
