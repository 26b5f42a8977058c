"""What is published over MQTT, and where: events, and what Home Assistant shows. Pure.

Home Assistant's MQTT discovery: home-assistant.io/integrations/mqtt, "Discovery messages".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agent.notify.event import Event, Sender
from agent.records.convert import iso, natural
from agent.records.registry import KINDS
from agent.rules.conditions import names_told
from evidence.leaf import Record
from foundation.words import json_text

ONLINE, OFFLINE = b"online", b"offline"
EXPIRES = 7200  # s; EN 12830 lets no sensor be silent for more than an hour

CLASSES: Mapping[str, Mapping[str, str]] = {
    "temperature": {
        "temperature": "temperature",
        "humidity": "humidity",
        "pressure": "atmospheric_pressure",
    },
    "battery": {
        "charge": "battery",
        "voltage": "voltage",
        "current": "current",
        "temperature": "temperature",
    },
    "input": {"state": ""},
}
"""Readings that are shown: by kind of record, its fields with Home Assistant's device class."""

RULES = ("alarm", "excursion", "override")
"""Kinds of records that tell in which state a rule is."""

_PROBLEM = (
    "{{ {'alarm': 'ON', 'ok': 'OFF', 'excursion': 'OFF', 'ended': 'OFF'}"
    ".get(value_json.state, 'None') }}"
)
"""Home Assistant's `None` is unknown: a rule without its sensor is neither on nor off."""

_NO_LEVEL = re.compile(r"[^\w.@ -]", re.ASCII)
_NO_ID = re.compile(r"[^A-Za-z0-9_-]")


class Message(NamedTuple):
    """One thing to publish, retained at the broker or not."""

    topic: str
    payload: bytes
    retain: bool = True


class Topics:
    """Names topics of one gateway below `root`; `discovery` is empty where none is wanted."""

    def __init__(self, root: str, discovery: str, sender: Sender) -> None:
        self._sender = sender
        self._discovery = discovery
        self._base = f"{root}/{_level(sender.name)}"
        self._node = f"tallyman_{sender.short}"
        self.status = f"{self._base}/status"

    def event(self, event: Event) -> Message:
        """Return an event: its topic ends with its kind."""
        return Message(f"{self._base}/event/{_level(event.kind)}", event.to_json(), retain=False)

    def rule(self, event: Event) -> Iterator[Message]:
        """Yield what tells of a rule's state, where the event does and somebody wants to see it."""
        if not self._discovery or event.kind not in RULES:
            return
        state = "ended" if event.kind == "override" else event.fields.get("state")
        more = {"device_class": "problem", "value_template": _PROBLEM}
        told = {"state": state, "text": event.text, "time": event.time}
        for name in names_told(event.fields):
            where = f"{self._base}/rule/{_level(event.device)}/{_level(name)}"
            yield self._announced("binary_sensor", event.device, f"rule {name}", where, more)
            yield Message(where, json_text(told).encode())

    def reading(self, record: Record) -> Message:
        """Return the newest of a device's readings; a value that is not known is null."""
        fields = CLASSES[record.kind]
        said = natural(record)
        told = {name: said.get(name) for name in fields}
        told |= {"quality": record.quality, "time": iso(record.wall_ms)}
        return Message(self._reading(record), json_text(told).encode())

    def announcements(self, record: Record) -> Iterator[Message]:
        """Yield what makes Home Assistant show a device's readings of this kind."""
        where, kind = self._reading(record), KINDS[record.kind]
        for name, device_class in CLASSES[record.kind].items():
            field = kind.field(name)
            more = {"value_template": f"{{{{ value_json.{name} }}}}", "expire_after": EXPIRES}
            if device_class:
                more["device_class"] = device_class
            if field is not None and field.unit:
                more["unit_of_measurement"] = field.unit
            yield self._announced("sensor", record.device, f"{record.kind} {name}", where, more)

    def _reading(self, record: Record) -> str:
        return f"{self._base}/reading/{_level(record.device)}/{record.kind}"

    def _announced(
        self, component: str, device: str, what: str, state: str, more: Mapping[str, object]
    ) -> Message:
        own = f"{_NO_ID.sub('_', device)}_{_NO_ID.sub('_', what)}"
        told = {
            "name": f"{device} {what}",
            "unique_id": f"{self._node}_{own}",
            "state_topic": state,
            "json_attributes_topic": state,
            "availability_topic": self.status,
            "device": {
                "identifiers": [self._node],
                "name": self._sender.name,
                "manufacturer": "Tallyman",
            },
            **more,
        }
        topic = f"{self._discovery}/{component}/{self._node}/{own}/config"
        return Message(topic, json_text(told).encode())


def _level(name: str) -> str:
    """Return a name as one level of a topic (MQTT 5.0, §4.7)."""
    return _NO_LEVEL.sub("_", name) or "_"
