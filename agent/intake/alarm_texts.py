"""Alarms in one line each, for whoever sends them by a way of its own, such as a modem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.records.sentences import sentence
from evidence.leaf import Record

ALARM = "alarm"


class Box(Protocol):
    """What takes the texts."""

    def append(self, text: str, /) -> None:
        """Take one more."""
        ...


class AlarmTexts:
    """Puts each alarm that is durable into `box`, with the gateway's name and the device's."""

    def __init__(self, gateway: str, box: Box) -> None:
        self._gateway = gateway
        self._box = box

    def committed(self, records: Sequence[Record]) -> None:
        """Take note of records; see `Recorder.listen`."""
        for record in records:
            if record.kind == ALARM:
                self._box.append(f"{self._gateway}: {record.device}: {sentence(record)}")
