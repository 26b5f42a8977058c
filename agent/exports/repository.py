"""An EPCIS repository over HTTP. Loads the standard library's client, and TLS where it is asked."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from foundation.errors import Retry

TIMEOUT_S = 30.0
MOST_ANSWER_BYTES = 1 << 20


class Unreached(Retry):
    """The repository cannot be reached, or breaks off."""

    advice = "give the same command again: it goes on where it stopped"


class Answer(NamedTuple):
    """What came back; names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Repository:
    """Asks one host; `ca` is a file with the authorities to trust in place of the system's."""

    def __init__(self, url: str, ca: Path | None = None) -> None:
        parts = urlsplit(url)
        self._host = parts.netloc.rpartition("@")[2]
        self._tls = parts.scheme == "https"
        self._ca = ca

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Return the answer, whatever its status; Unreached where none comes."""
        connection = self._connection()
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            data = answer.read(MOST_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise self._unreached(error) from error
        finally:
            connection.close()
        return Answer(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, data
        )

    def _unreached(self, error: Exception) -> Unreached:
        """Return what kept the host from being asked, in words."""
        unvouched = getattr(error, "verify_message", "")  # of ssl's, which may not be loaded
        if unvouched:
            text = f"nobody vouches for the certificate of {self._host}: {unvouched}"
            return Unreached(text, advice="name whoever issued it, if you trust it: --ca FILE")
        why = getattr(error, "strerror", "") or str(error) or type(error).__name__
        return Unreached(f"cannot reach {self._host}: {why}")

    def _connection(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        from foundation.tls import client_context  # noqa: PLC0415  8 MB, and only this needs it

        try:
            context = client_context(self._ca)
        except OSError as error:
            raise Unreached(
                f"cannot read the authorities in {self._ca}: {error.strerror or error}",
                advice="give a file of certificates in PEM: --ca",
            ) from error
        return http.client.HTTPSConnection(self._host, timeout=TIMEOUT_S, context=context)
