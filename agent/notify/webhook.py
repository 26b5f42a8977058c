"""A webhook: each event is one POST, and 2xx says that it arrived (RFC 9110 §15.3)."""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from agent.desks.notify_causes import FAILING, REFUSED, UNREACHED, UNTRUSTED
from agent.notify.channel import Refusal, Undelivered
from agent.notify.event import Event, Sender
from agent.notify.secret import secret
from evidence.leaf import Record

WITHIN = 15.0  # s for each step of the way: a receiver that is slower is asked again
LONGEST_WAIT = 3600.0  # s that we let a receiver keep us away
MOST_ANSWER = 1024  # bytes of an answer that are read; none of them matters

UNAUTHORISED = (401, 403, 407)
WILL_NOT = (400, 405, 413, 414, 415, 422)
"""The event itself is refused: it would be the next time, and must not keep others back."""


class Webhook:
    """POSTs events to `url`; `token` names a file, read anew each time, so that it may change."""

    name = "webhook"
    kinds: tuple[str, ...] = ()

    def __init__(self, url: str, token: Path | None, context: ssl.SSLContext) -> None:
        self._url = urlsplit(url)
        self._token = token
        self._context = context

    def open(self, sender: Sender) -> bool:
        """Open nothing: alarms are rare, and a line that is kept costs bytes."""
        del sender
        return False

    def show(self, record: Record) -> None:
        """Show nothing: a webhook gets events only."""

    def trouble(self) -> None:
        """Tell of nothing: what is wrong shows with the next event."""

    def deliver(self, event: Event) -> None:
        """See `Channel`."""
        host = self._url.hostname or ""
        connection = self._connection(host)
        try:
            connection.request("POST", self._target(), event.to_json(), self._headers(event))
            self._judge(connection.getresponse())
        except ssl.SSLCertVerificationError as error:
            raise Undelivered(f"{host}: {error.verify_message}", cause=UNTRUSTED) from error
        except socket.gaierror as error:
            raise Undelivered(f"{host}: no such name: {error.strerror}", cause=UNREACHED) from error
        except TimeoutError as error:
            text = f"{host}: no answer within {WITHIN:g} s"
            raise Undelivered(text, cause=UNREACHED) from error
        except OSError as error:
            raise Undelivered(f"{host}: {error.strerror or error}", cause=UNREACHED) from error
        except (HTTPException, ValueError) as error:
            text = f"{host}: what answers speaks no HTTP: {type(error).__name__}"
            raise Undelivered(text, cause=FAILING) from error
        finally:
            connection.close()

    def _connection(self, host: str) -> HTTPConnection:
        if self._url.scheme == "https":
            return HTTPSConnection(host, self._url.port, timeout=WITHIN, context=self._context)
        return HTTPConnection(host, self._url.port, timeout=WITHIN)

    def _target(self) -> str:
        query = f"?{self._url.query}" if self._url.query else ""
        return f"{self._url.path or '/'}{query}"

    def _headers(self, event: Event) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "tallyman-notify",
            "Idempotency-Key": event.id,
        }
        if self._token is not None:
            headers["Authorization"] = f"Bearer {secret(self._token)}"
        return headers

    def _judge(self, answer: HTTPResponse) -> None:
        answer.read(MOST_ANSWER)
        host, status = self._url.hostname, answer.status
        if 200 <= status < 300:  # noqa: PLR2004  RFC 9110 §15.3: successful
            return
        text = f"{host} answers {status} {answer.reason}"
        if status in WILL_NOT:
            raise Refusal(text, cause=FAILING)
        cause = REFUSED if status in UNAUTHORISED else FAILING
        raise Undelivered(text, cause=cause, wait=_asked(answer.headers.get("Retry-After", "")))


def _asked(seconds: str) -> float:
    """Return how long we are asked to stay away (RFC 9110 §10.2.3); a date counts for nothing."""
    return min(float(seconds), LONGEST_WAIT) if seconds.isdecimal() else 0.0
