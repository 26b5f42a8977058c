"""What people say at the door: labels, remarks, journeys, and taking any of it back.

Each is a record of quality `manual`, in the person's name, before it counts.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from agent.desks.check_standing import CheckStanding
from agent.desks.checks import Checks
from agent.desks.control import BadRequest, Request, Verb, number, printable, text
from agent.dock.differences import CODE_TEXTS, REMARKS
from agent.dock.goods_identity import Identity, IdentityError, Label, of_text
from agent.dock.session import (
    LABEL,
    PASSED,
    REMARK,
    TRIP,
    UNDO,
    Session,
    identity_values,
)
from agent.journal.recorder import Recorder
from drivers.reading import Quality
from evidence.leaf import RecordValue

MOST_TEXT = 200  # characters of a name, and of what a person says of goods
MOST_TRIP = 400  # of what the proof of a journey says, and how it went
MOST_PIECES = 10_000  # that one entry may be about: more is a slip of the finger
SHA_256 = 32  # bytes


class DockEntries:
    """Takes what people say of the checks that are open."""

    def __init__(
        self,
        ready: Callable[[Request], Any],
        checks: Checks,
        standing: CheckStanding,
        recorder: Recorder,
    ) -> None:
        self._session = ready
        self._checks = checks
        self._standing = standing
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask."""
        return {
            "dock-label": self.label,
            "dock-remark": self.remark,
            "dock-trip": self.trip,
            "dock-undo": self.undo,
            "dock-pass": self.take_passed,
        }

    async def label(self, request: Request) -> AsyncGenerator[Any, None]:
        """Note a label that a person read by eye; yield how the check stands then."""
        session: Session = await self._session(request)
        label = label_of(text(request, "label"))
        values = self._entry(session, request, LABEL) | label_values(label)
        pieces = number(request, "quantity", 1)
        if pieces != 1:
            _check_pieces(label.identity, pieces)
            values["quantity"] = pieces
        yield await self._enter(session, values)

    async def remark(self, request: Request) -> AsyncGenerator[Any, None]:
        """Note what a person says of goods; yield how the check stands then."""
        session: Session = await self._session(request)
        code = text(request, "code")
        if code not in REMARKS:
            known = ", ".join(f"{each} {CODE_TEXTS[each]}" for each in REMARKS)
            raise BadRequest(f"there is no remark {code[:10]!r}", advice=f"choose from: {known}")
        said = text(request, "label")
        identity = label_of(said).identity if said else Identity()
        pieces = number(request, "quantity", 1)
        _check_pieces(identity, pieces)
        values = self._entry(session, request, REMARK) | identity_values(identity)
        values |= {"code": code, "quantity": pieces}
        values |= {"rejected": 1} if request.get("rejected") else {}
        if request.get("photo"):
            values["photo"] = _photo(request)
        yield await self._enter(session, values)

    async def trip(self, request: Request) -> AsyncGenerator[Any, None]:
        """Note what the proof of the journey says; yield how the check stands then."""
        session: Session = await self._session(request)
        if not text(request, "text"):
            raise BadRequest("text must say what the proof says")
        values = self._entry(session, request, TRIP, MOST_TRIP)
        yield await self._enter(session, values, Quality.OK)

    async def undo(self, request: Request) -> AsyncGenerator[Any, None]:
        """Withdraw an entry, the last one unless `entry` names another; yield what and the view."""
        session: Session = await self._session(request)
        if "entry" in request:
            wanted = number(request, "entry", 0)
        else:
            wanted = max(session.entries, default=-1)
        withdrawn = session.entries.get(wanted)
        if withdrawn is None and wanted not in session.scan_numbers:
            known = ", ".join(map(str, sorted(session.entries)))
            raise BadRequest(
                f"nothing to take back as number {wanted}"
                if wanted >= 0
                else "nothing to take back",
                advice=f"choose from: {known}" if known else "nothing was typed in this check",
            )
        values = self._entry(session, request, UNDO) | {"entry": wanted}
        view = await self._enter(session, values)
        said = withdrawn.said if withdrawn else f"the scan of record {wanted}"
        yield view | {"withdrawn": said}

    async def take_passed(self, request: Request) -> AsyncGenerator[Any, None]:
        """Take what passed just before the check began as its own; yield how the check stands."""
        session: Session = await self._session(request)
        offer = await self._checks.offer(session)
        if offer is None:
            raise BadRequest(
                "nothing else passed here shortly before this check began",
                advice="have the goods pass once more, or type their labels",
            )
        values = self._entry(session, request, PASSED) | {"entry": offer.first}
        await self._enter(session, values)
        await self._checks.take_passed(session)
        yield self._standing.show(session)

    def _entry(
        self, session: Session, request: Request, what: str, most: int = MOST_TEXT
    ) -> dict[str, RecordValue]:
        """Return the fields of an entry; its text has up to `most` characters."""
        values: dict[str, RecordValue] = {"check": session.opened.check, "what": what}
        for name, limit in (("operator", MOST_TEXT), ("text", most)):
            if request.get(name):
                values[name] = printable(request, name, limit)
        return values

    async def _enter(
        self,
        session: Session,
        values: Mapping[str, RecordValue],
        quality: Quality = Quality.MANUAL,
    ) -> dict[str, Any]:
        await self._recorder.note("dock-entry", values, quality=quality)
        await self._recorder.flush()
        return self._standing.show(session)


def label_of(said: str) -> Label:
    """Return what a typed label names; BadRequest says what is wrong with it."""
    try:
        return of_text(said)
    except IdentityError as error:
        raise BadRequest(str(error), advice="type it as printed below the bars") from error


def label_values(label: Label) -> dict[str, RecordValue]:
    """Return the fields of a record that a typed label fills."""
    more: dict[str, RecordValue] = {
        "lot": label.lot,
        "expiry": label.expiry,
        "best_before": label.best_before,
        "net_weight": label.net_weight,
    }
    return {**identity_values(label.identity), **{n: value for n, value in more.items() if value}}


def _check_pieces(identity: Identity, pieces: int) -> None:
    """Refuse a number of pieces that the label does not allow."""
    if not 1 <= pieces <= MOST_PIECES:
        raise BadRequest(f"{pieces} pieces: 1 to {MOST_PIECES} can be meant", advice="count again")
    if pieces > 1 and identity.serial:
        raise BadRequest(
            f"{pieces} pieces of one serial number: {identity} is one piece",
            advice="name each of them, or the article alone, (01)…",
        )


def _photo(request: Request) -> bytes:
    try:
        photo = bytes.fromhex(text(request, "photo"))
    except ValueError:
        photo = b""
    if len(photo) != SHA_256:
        raise BadRequest("photo must be a SHA-256, 64 hexadecimal digits")
    return photo
