"""Answers who writes a tag: a device does it, and what it was before and is now goes on record."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, device_of, number, printable, text
from agent.desks.durably import durable
from agent.intake.collector import Collector
from agent.journal.recorder import Recorder
from drivers.driver import Commission
from evidence.leaf import RecordValue

KIND = "commission"
MOST_TEXT = 200  # characters of what the EPC was made of, and of a name
HIGHEST_PASSWORD = (1 << 32) - 1
GS, SPELLED_GS = "\x1d", "<GS>"  # FNC1 in a scan, and as a request has it


class CommissionDesk:
    """The request of `tallyman commission`."""

    def __init__(self, collectors: Sequence[Collector], recorder: Recorder) -> None:
        self._collectors = {collector.device.name: collector for collector in collectors}
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"commission": self.commission}

    async def commission(self, request: Request) -> AsyncGenerator[Any, None]:
        """Write a tag with `device` as the request's fields say; yield the record's fields.

        That record is durable by then. The password is in no record and in no answer.
        """
        name = device_of(request, self._collectors)
        order = order_of(request)
        values: dict[str, RecordValue] = {
            "epc": order.epc.hex().upper(),
            "uri": _uri(order.epc),
            "content": _content(request, order.epc),
        }
        operator = printable(request, "operator", MOST_TEXT) if request.get("operator") else ""
        done = await self._collectors[name].commission(order)
        values |= {
            "before": done.before.hex().upper(),
            "tid": done.tid.hex().upper(),
            "locked": "yes" if order.lock else "no",
        }
        if operator:
            values["operator"] = operator
        await self._recorder.note(KIND, values, device=name)
        await durable(self._recorder)
        yield values


def order_of(request: Request) -> Commission:
    """Return what a request wants written; BadRequest when it is no order."""
    password = number(request, "password", 0)
    if password > HIGHEST_PASSWORD:
        raise BadRequest("an access password has 32 bits", advice="use up to 8 hexadecimal digits")
    return Commission(
        epc=_bytes(request, "epc"),
        tag=_bytes(request, "tag") if request.get("tag") else None,
        password=password,
        lock=bool(request.get("lock")),
    )


def _bytes(request: Request, name: str) -> bytes:
    try:
        return bytes.fromhex(text(request, name))
    except ValueError:
        raise BadRequest(f"{name} must be hexadecimal") from None


def _uri(epc: bytes) -> str:
    """Return what an EPC names; a tag gets no other bytes."""
    from drivers.gs1.epc import decode  # noqa: PLC0415  half a megabyte that few gateways need
    from drivers.gs1.errors import Gs1Error  # noqa: PLC0415  as above

    try:
        return decode(epc).uri
    except Gs1Error as error:
        raise BadRequest(f"{epc.hex().upper()[:64]} is not an EPC: {error}") from error


def _content(request: Request, epc: bytes) -> str:
    """Return what the EPC was made of; no record says of a tag what its EPC does not."""
    from drivers.gs1.element_strings import read_content, split_aim  # noqa: PLC0415  as above
    from drivers.gs1.epc import decode  # noqa: PLC0415  as above

    content = printable(request, "content", MOST_TEXT)
    symbology, body = split_aim(content.replace(SPELLED_GS, GS))
    said = read_content(body, symbology)
    named = said.keys and any(said.keys.get(ai) != key for ai, key in decode(epc).keys.items())
    if said.problem or named:
        raise BadRequest(
            f"{content[:64]!r} does not name {_uri(epc)}",
            advice=said.problem or "give the EPC that belongs to it",
        )
    return content
