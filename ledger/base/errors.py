"""What a node answers instead of doing what was asked, and what makes it stop."""

from __future__ import annotations

import errno

from evidence.errors import (
    EvidenceError,
    MalformedError,
    ProofError,
    SignatureError,
    UntrustedError,
)
from evidence.wire import Code, Header, Label
from foundation.durable import advice_for
from foundation.errors import Alarm, Damaged, Fatal, Retry


class Refused(Exception):
    """The asker gets an ERROR with this code, text and further header fields.

    `statement` shows why, where one does.
    """

    def __init__(
        self, code: str, text: str, extra: Header | None = None, statement: bytes = b""
    ) -> None:
        super().__init__(text)
        self.code = code
        self.extra = extra or {}
        self.statement = statement


RETRY_MS = 1000


def busy(text: str) -> Refused:
    """Return the refusal that passes by itself."""
    return Refused(Code.BUSY, text, {Label.RETRY_MS: RETRY_MS})


class StoreFailed(Retry):
    """The store could not write or read; whether a write got through is not known."""

    advice = "look at the disk: df, dmesg"


class StoreDamaged(Damaged):
    """The store is missing or not as it was left."""

    advice = "put the store back from its newest copy; a log never starts again under the same keys"


class Unread(Fatal):
    """The disk or a missing right keeps a file from being read: the next try may."""

    exit_code = Retry.exit_code


_RIGHTS = "do it as the node's user (sudo -u tallyman-ledger …), or give the right"


def unreadable(what: str, error: OSError, advice: str) -> Fatal:
    """Return why a file cannot be read; `advice` is for what another try would not change."""
    if isinstance(error, PermissionError):
        return Unread(f"{what}: {error.strerror}", advice=_RIGHTS)
    if error.errno == errno.EIO:
        return Unread(f"{what}: {error.strerror}", advice=advice_for(error.errno))
    return Fatal(f"{what} cannot be read: {error.strerror}", advice=advice)


class ForkDanger(Alarm):
    """To go on would sign a second history of the log: the node must stop.

    `evidence` is the log's own signed note that contradicts the store.
    """

    advice = (
        "the store is an old copy or damaged: put the newest ledger.db back, or start a new log"
        " with another origin; never go on with this one"
    )


_TOO_LARGE = frozenset({"wire-size", "statement-size", "note-size", "cbor-size"})

_CODES: tuple[tuple[type[EvidenceError], str], ...] = (
    (MalformedError, Code.MALFORMED),
    (SignatureError, Code.BAD_SIGNATURE),
    (ProofError, Code.BAD_PROOF),
    (UntrustedError, Code.NOT_ADMITTED),
)


def code_of(error: EvidenceError) -> str:
    """Return the wire's code for a piece of evidence that was not accepted."""
    if error.reason in _TOO_LARGE:
        return Code.TOO_LARGE
    return next(code for kind, code in _CODES if isinstance(error, kind))
