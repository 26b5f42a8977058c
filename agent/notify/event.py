"""A record as an event for people elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from agent.records.convert import Natural, iso, natural
from agent.records.sentences import sentence
from evidence.leaf import Record
from foundation.words import json_text

SHORT = 14  # digits of 32: with `tallyman-` the 23 characters of MQTT 3.1.1, §3.1.3.1


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose events these are: the gateway's id and its name."""

    gateway: str
    name: str

    @property
    def short(self) -> str:
        """Enough of the id to tell gateways apart, in letters and digits; empty without an id."""
        return self.gateway.rpartition(":")[2].replace("-", "")[:SHORT]


@dataclass(frozen=True, slots=True)
class Event:
    """What is delivered, at least once; `id` is the same each time.

    It is the SHA-256 of the record's bytes, so whoever has the record can check it. `number` is the
    record's own; of a test there is none. `time` is off by `bound_ms` at most, None: unknown.
    """

    id: str
    sender: Sender
    kind: str
    device: str
    time: str
    text: str
    bound_ms: int | None = None
    number: int | None = None
    fields: Mapping[str, Natural] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return the event as one JSON object."""
        told = {
            "id": self.id,
            "gateway": self.sender.gateway,
            "name": self.sender.name,
            "record": self.number,
            "kind": self.kind,
            "device": self.device,
            "time": self.time,
            "clock_bound_ms": self.bound_ms,
            "text": self.text,
            "fields": dict(self.fields),
        }
        return json_text(told).encode()


def event_of(record: Record, sender: Sender) -> Event:
    """Return the event that a record is."""
    return Event(
        id=sha256(record.to_bytes()).hexdigest(),
        sender=sender,
        kind=record.kind,
        device=record.device,
        time=iso(record.wall_ms),
        text=sentence(record),
        bound_ms=record.clock_bound_ms,
        number=record.number,
        fields=natural(record),
    )


def trial(sender: Sender, token: str, now_ms: int) -> Event:
    """Return an event by which somebody looks whether all of it arrives; `token` is random."""
    text = f"a test of {sender.name}: nothing has happened"
    digest = sha256(token.encode()).hexdigest()
    return Event(digest, sender, "test", "gateway", iso(now_ms), text)
