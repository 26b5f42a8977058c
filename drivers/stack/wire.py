"""What a stack's process and the agent say to each other on a Unix socket: JSON, a line each. Pure.

A stack is a driver that needs a process of its own: for its licence, its weight or its faults. The
agent's end follows one source of readings (a node, or the stack's radio) and is told of it:

    agent  {"follow": KEY, "told": {…}}     which source, and what the configuration says of it
           {"durable": SERIAL}              readings up to this one survive a power cut
           {"ask": N, "order": {…}}         somebody wants something
    stack  {"life": TOKEN}                  first; serial numbers count within one life
           {"state": …, "detail": …, "cause": ROW, "advice": …}
           {"serial": N, "reading": {…}}    again after each `follow`, until it is durable
           {"answer": N, "result": …}       or "error" with "advice"

Both run on one machine, so `monotonic` is the same clock.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from drivers.errors import BadFrame
from drivers.reading import FieldValue, Quality, Reading

LONGEST = 64 * 1024  # bytes of a line
MOST_FIELDS = 64  # of a reading; no kind has half as many

Message = dict[str, Any]


def line(message: Mapping[str, Any]) -> bytes:
    """Return a message as it goes over the socket."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parse(data: bytes) -> Message:
    """Return the message of a line; BadFrame when it is none."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        raise BadFrame(f"a line that is no JSON: {data[:40]!r}") from None
    if not isinstance(message, dict):
        raise BadFrame(f"a line that is no message: {data[:40]!r}")
    return message


def from_reading(reading: Reading) -> Message:
    """Return a reading as a message has it; its device is the follower's own."""
    return {
        "kind": reading.kind,
        "fields": {name: _told(value) for name, value in reading.fields.items()},
        "monotonic": reading.monotonic,
        "quality": str(reading.quality),
    }


def to_reading(said: object, device: str) -> Reading:
    """Return the reading that a message tells; BadFrame says what about it cannot be."""
    if not isinstance(said, dict):
        raise BadFrame("a reading is a table")
    kind, fields, at = said.get("kind"), said.get("fields"), said.get("monotonic")
    if not isinstance(kind, str) or not isinstance(fields, dict) or len(fields) > MOST_FIELDS:
        raise BadFrame("a reading has a kind and fields")
    if isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at):
        raise BadFrame("a reading has the monotonic moment at which it was made")
    try:
        quality = Quality(said.get("quality", "ok"))
    except ValueError:
        raise BadFrame(f"no quality {said.get('quality')!r}") from None
    values = {name: _value(name, value) for name, value in fields.items()}
    return Reading(device, kind, values, float(at), quality)


def _told(value: FieldValue) -> object:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _value(name: str, told: object) -> FieldValue:
    if told is None or (isinstance(told, str | int) and not isinstance(told, bool)):
        return told
    if isinstance(told, float) and math.isfinite(told):
        return told
    if isinstance(told, dict) and isinstance(told.get("hex"), str):
        try:
            return bytes.fromhex(told["hex"])
        except ValueError:
            pass
    raise BadFrame(f"{name} of a reading is {str(told)[:40]!r}, which is no value")


def number(message: Mapping[str, Any], name: str) -> int:
    """Return a whole number of a message; BadFrame when it has none."""
    value = message.get(name)
    if type(value) is not int or value < 0:
        raise BadFrame(f"{name} is {str(value)[:40]!r}, no whole number")
    return value


def text(message: Mapping[str, Any], name: str) -> str:
    """Return a text of a message, empty where it has none; BadFrame for something else."""
    value = message.get(name, "")
    if not isinstance(value, str):
        raise BadFrame(f"{name} is {str(value)[:40]!r}, no text")
    return value
