"""What is known of one node while the process runs: its frames become readings."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.errors import BadFrame
from drivers.gs1.epc import decode
from drivers.gs1.errors import Gs1Error
from drivers.reading import FieldValue, Quality, Reading
from drivers.zigbee import epc_list, zcl
from drivers.zigbee.battery import Battery
from drivers.zigbee.clusters import CLUSTERS, FRAME, NODE, Said, said
from drivers.zigbee.epc_assembly import EpcList, EpcLists
from drivers.zigbee.host.book import KnownNode

TWICE_WITHIN = 10.0
"""Seconds in which the same bytes are one frame that came twice: a sender repeats what was not
acknowledged, with the same transaction number."""

REMEMBERED = 16  # frames held against the next one
CONDITION_EVERY = 3600.0  # s between two records of link and parent
OVERDUE = 2.5  # intervals without a frame, as the agent's own silence


@dataclass(frozen=True, slots=True)
class Incoming:
    """A frame as it came from a node; `rssi` is None where the radio does not tell it."""

    ieee: str
    endpoint: int
    cluster: int
    data: bytes
    lqi: int | None
    rssi: int | None
    at: float


class NodeWatch:
    """One node; times are monotonic seconds."""

    def __init__(self, known: KnownNode, now: float) -> None:
        self.known = known
        self.began = now
        self.heard: float | None = None  # since the process started: what was before says nothing
        self.lqi: int | None = None
        self.rssi: int | None = None
        self.parent_at: float | None = None
        self.battery: float | None = None
        self.repeated = 0
        self._battery = Battery()
        self._lists = EpcLists()
        self._recent: deque[tuple[float, tuple[int, int, bytes]]] = deque(maxlen=REMEMBERED)
        self._condition_at = now

    def take(self, frame: Incoming) -> list[Reading]:
        """Return the readings that a frame makes."""
        self.heard, self.lqi = frame.at, frame.lqi
        self.rssi = frame.rssi if frame.rssi is not None else self.rssi
        if self._came_before(frame):
            self.repeated += 1
            return []
        if frame.cluster == epc_list.CLUSTER:
            return list(self._chunk(frame))
        if frame.cluster not in CLUSTERS:
            return []
        told = said(frame.cluster, frame.data, self.known.zone_type)
        return [self._reading(each, frame.at) for each in told] + self._condition(frame.at)

    def due(self, now: float) -> list[Reading]:
        """Return what time alone makes: lists of which the rest did not come."""
        return [reading for each in self._lists.due(now) for reading in _list_readings(each, now)]

    def overdue(self, interval: float, now: float) -> float | None:
        """Return for how many seconds nothing came, if that is longer than a node may be silent."""
        since = now - (self.heard if self.heard is not None else self.began)
        return since if since > OVERDUE * interval else None

    def happened(self, state: str, now: float, detail: str = "") -> Reading:
        """Return the record of what became of the node."""
        fields = {"state": state, **self._about(now)}
        fields |= {"maker": self.known.maker or None, "model": self.known.model or None}
        if detail:
            fields["detail"] = detail
        self._condition_at = now
        return Reading(self.known.ieee, NODE, fields, now)

    def _came_before(self, frame: Incoming) -> bool:
        key = frame.endpoint, frame.cluster, frame.data
        twice = any(frame.at - at < TWICE_WITHIN and key == seen for at, seen in self._recent)
        self._recent.append((frame.at, key))
        return twice

    def _reading(self, told: Said, now: float) -> Reading:
        fields = dict(told.fields)
        if told.kind == NODE:
            volts = fields.get("battery")
            if isinstance(volts, float) and told.quality is Quality.OK:
                self.battery = volts
                self._battery.take(volts, now)
                fields["battery_days"] = self._battery.days_left()
            fields |= self._about(now)
            self._condition_at = now
        return Reading(self.known.ieee, told.kind, fields, now, told.quality)

    def _about(self, now: float) -> dict[str, FieldValue]:
        parent = self.known.parent or None
        age = None if self.parent_at is None else (now - self.parent_at) * 1000
        return {
            "ieee": self.known.ieee,
            "parent": parent,
            "parent_ms": age if parent else None,
            "lqi": self.lqi,
            "rssi": self.rssi,
        }

    def _condition(self, now: float) -> list[Reading]:
        if now - self._condition_at < CONDITION_EVERY:
            return []
        self._condition_at = now
        return [Reading(self.known.ieee, NODE, self._about(now), now)]

    def _chunk(self, frame: Incoming) -> Iterator[Reading]:
        try:
            command = zcl.parse(frame.data)
            if not command.of_cluster or command.command != epc_list.CHUNK:
                return
            chunk = epc_list.parse(command.payload)
        except BadFrame as error:
            cluster = f"{frame.cluster:04X}"
            fields: dict[str, FieldValue] = {"cluster": cluster, "problem": str(error)}
            fields["raw"] = frame.data
            yield Reading(self.known.ieee, FRAME, fields, frame.at, Quality.CORRUPT)
            return
        for each in self._lists.take(chunk, frame.at):
            yield from _list_readings(each, frame.at)


def _list_readings(each: EpcList, now: float) -> Iterator[Reading]:
    """Yield a tag's reading for each EPC of a list, and one that says how much of it came."""
    for epc in each.epcs:
        fields: dict[str, FieldValue] = {
            "epc": epc.hex().upper(),
            "uri": _uri(epc),
            "antenna": each.antenna or None,
        }
        yield Reading(
            "", "tag", fields, now, Quality.OK if each.intact or each.missing else Quality.CORRUPT
        )
    summary: dict[str, FieldValue] = {
        "list": each.number,
        "antenna": each.antenna or None,
        "tags": each.tags,
        "received": len(each.epcs),
        "missing": " ".join(map(str, each.missing)) or None,
    }
    quality = Quality.OK if each.whole else Quality.SUSPECT if each.missing else Quality.CORRUPT
    yield Reading("", "epc-list", summary, now, quality)


def _uri(epc: bytes) -> str | None:
    try:
        return decode(epc).uri
    except Gs1Error:
        return None
