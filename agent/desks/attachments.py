"""Files that the gateway vouches to have been given: kept by digest, signed, and on record.

A file comes in parts through the control socket, as notices do, or not at all: then only its digest
is signed. Sealed files come sealed: what only their recipients may read never is here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import BadRequest, Request, Verb, number, printable
from agent.desks.disclosures import digest_of
from agent.desks.kept_files import KeptFiles
from agent.desks.uploads import Uploads
from agent.journal.recorder import Recorder
from agent.records.convert import OWN_DEVICE
from agent.signing.identity import Identity
from agent.signing.signer import Signer
from evidence.errors import MalformedError
from evidence.hash_envelope import SUBJECT, sign_envelope
from evidence.leaf import Record, RecordValue

FOLDER = "attachments"
MOST_BYTES = 16 << 20
"""A bundle has 64 MiB at most; scans of papers have a few."""

MOST_TEXT = 200  # characters of a name or content type; the envelope has 1,024 bytes in all
MOST_NAMED = 64  # characters of a model, a laboratory, a report's number
MOST_LOCATION = 400
TYPES = (
    "calibration",
    "delivery-paper",
    "bill-of-lading",
    "purchase-order",
    "invoice",
    "booking",
    "packing-list",
    "inspection",
    "insurance",
    "origin",
    "dangerous-goods",
    "test-report",
    "photo",
    "other",
)


class AttachmentDesk:
    """The attached files of one gateway. `shipments` and `devices` tell what a file may be for."""

    def __init__(
        self,
        state_dir: Path,
        identity: Identity,
        signer: Callable[[], Signer],
        recorder: Recorder,
        clock: Clock,
        devices: Callable[[str], bool],
        shipments: Callable[[str], bool],
    ) -> None:
        self._files = KeptFiles(state_dir / FOLDER)
        self._identity = identity
        self._signer = signer
        self._recorder = recorder
        self._clock = clock
        self._devices = devices
        self._shipments = shipments
        self._uploads = Uploads("file", MOST_BYTES, "sign its digest alone: --no-copy")

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask."""
        return {"attach": self.attach, "notarize": self.notarize}

    async def attach(self, request: Request) -> AsyncGenerator[Any, None]:
        """Take one part of a file's bytes; the last one makes it durable."""
        taken = self._uploads.take(request)
        if taken.whole is not None:
            await self._files.keep(taken.whole)
        yield {"taken": taken.length}

    async def notarize(self, request: Request) -> AsyncGenerator[Any, None]:
        """Sign a file's digest and record it; yield the record's number once it is durable."""
        values, content_type, location = self._checked(request)
        digest = values["digest"]
        assert isinstance(digest, bytes)
        if request.get("kept") and digest not in self._files:
            raise BadRequest("that file is not here", advice="send it first")
        signer = self._signer()
        try:
            values["envelope"] = sign_envelope(
                self._identity.gateway,
                max(0, self._clock.now().wall_ms // 1000),
                digest,
                content_type,
                signer.public.kid,
                signer.algorithm,
                signer.sign,
                location,
            )
        except MalformedError as error:
            raise BadRequest(str(error), advice="shorten --location") from error
        about = values.get("about")
        device = str(about) if values.get("subject") == "device" else OWN_DEVICE
        made = await self._note(values, device)
        yield {"number": made, "kid": signer.public.kid.hex()}

    async def _note(self, values: Mapping[str, RecordValue], device: str) -> int:
        """Record an attachment; return its number once it is durable."""
        numbers: list[int] = []

        def committed(records: Sequence[Record]) -> None:
            numbers.extend(
                record.number
                for record in records
                if record.values.get("envelope") == values["envelope"]
            )

        self._recorder.listen(committed)
        try:
            await self._recorder.note(SUBJECT, values, device=device)
            await self._recorder.flush()
        finally:
            self._recorder.unlisten(committed)
        return numbers[-1]

    def _checked(self, request: Request) -> tuple[dict[str, RecordValue], str, str]:
        """Return a record's fields but for the envelope, the content type, and the location."""
        values: dict[str, RecordValue] = {
            "name": printable(request, "name", MOST_TEXT),
            "type": printable(request, "type", MOST_TEXT),
            "digest": digest_of(request),
            "bytes": number(request, "bytes", 0),
        }
        if values["type"] not in TYPES:
            raise BadRequest(f"there is no such type: choose from {', '.join(TYPES)}")
        if "about" in request:
            values |= self._subject(printable(request, "about", MOST_TEXT))
        for name in ("model", "result", "issuer", "reference"):
            if name in request:
                values[name] = printable(request, name, MOST_NAMED)
        if "commitment" in request:
            values["commitment"] = digest_of(request, "commitment")
            values["recipients"] = printable(request, "recipients", MOST_LOCATION)
        for name in ("valid_from_ms", "valid_until_ms"):
            if name in request:
                values[name] = number(request, name, 0)
        content_type = printable(request, "content_type", MOST_TEXT)
        location = printable(request, "location", MOST_LOCATION) if "location" in request else ""
        return values, content_type, location

    def _subject(self, about: str) -> dict[str, RecordValue]:
        if self._devices(about):
            return {"about": about, "subject": "device"}
        if self._shipments(about):
            return {"about": about, "subject": "shipment"}
        raise BadRequest(
            f"no device and no shipment is called {about!r}",
            advice="see the names: tallyman devices, tallyman shipment",
        )
