"""Talking to an LLRP reader: requests and their answers, and what it says by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from drivers.driver import Health, Timing
from drivers.errors import BadFrame, CommandTimeout, DeviceFault, DriverError, LinkLost
from drivers.links.link import Link
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import causes as rows
from drivers.rfid.llrp.elements import Element, Skipped, decode_parameters, element
from drivers.rfid.llrp.frames import Frame, frame, split, unfinished

ANSWER_WITHIN = 10.0  # s; an R420 with 32 antennas takes about three to accept a ROSpec
WRITE_WITHIN = 5.0  # s
MESSAGE_WITHIN = 10.0  # s from a message's first byte to its last; 128 KiB need 13 kB/s
AT_ONCE = 64  # frames, or tags of one report, before the event loop gets its turn
SUCCESS = 0  # LLRPStatus, §15.2.1
TAG = "TagReportData"
MOST_CAUSES = 5  # of a refusal that are told

Heard = Callable[[Element, float], None]


class Exchange:
    """One open connection to a reader.

    `run()` must run as a task: it reads for ever, answers keepalives, hands the answers to `ask()`
    and everything else with the moment of its arrival to `heard`, long reports in pieces. It waits
    while `going` is clear, and notes in `discards` what it cannot read. After `silence` seconds
    without a byte the reader counts as gone.

    `received` and `messages` count bytes and whole messages; `closed` is whether the reader itself
    ended the connection.
    """

    def __init__(
        self,
        link: Link,
        timing: Timing,
        health: Health,
        heard: Heard,
        silence: float,
        discards: Discards,
    ) -> None:
        self._link = link
        self._timing = timing
        self._health = health
        self._heard = heard
        self._silence = silence
        self._discards = discards
        self.received = self.messages = 0
        self.closed = False
        self._number = 0
        self._asked: dict[int, asyncio.Future[Element]] = {}
        self._end: DriverError | None = None
        self.going = asyncio.Event()
        self.going.set()

    async def run(self) -> None:
        """Read until the connection ends, which is a DriverError for all who wait."""
        try:
            await self._read_on()
        except DriverError as error:
            self._end = error
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(error)
            raise

    async def send(self, message: Element) -> int:
        """Send without waiting for an answer; return the message's id."""
        self._number += 1
        await self._write(frame(message, self._number))
        return self._number

    async def _write(self, one: Frame) -> None:
        try:
            await self._link.write(one.to_bytes(), WRITE_WITHIN)
        except LinkLost as error:
            self._note_loss(error)
            raise

    def _note_loss(self, error: LinkLost) -> None:
        """Note who ended the connection; of the kernel's own timeout the reader knows nothing."""
        self.closed = not isinstance(error.__cause__, TimeoutError)

    async def ask(self, message: Element) -> Element:
        """Return the answer to `message`, or raise the DriverError that it is or that prevents it.

        An answer of Impinj's own kind is returned as the parameters in it.
        """
        if self._end is not None:
            raise self._end
        future: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        number = self._number + 1  # `send` writes before it waits: the answer cannot be earlier
        self._asked[number] = future
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self.send(message)
                answer = await future
        except TimeoutError:
            raise CommandTimeout(f"the reader did not answer {message.name}") from None
        finally:
            del self._asked[number]
        return checked(message.name, answer)

    async def _read_on(self) -> None:
        rest, begun = b"", 0.0
        while True:
            waited = not self.going.is_set()
            await self.going.wait()
            data = await self._receive(rest)
            arrival = self._timing.monotonic()
            found = split(rest + data)
            if waited or found.frames or not rest:
                begun = arrival
            rest = found.rest
            await self._take_all(found.frames, arrival)
            if found.fault:
                raise self._lost_track(f"the reader sent {found.fault}")
            if rest and arrival - begun > MESSAGE_WITHIN:
                raise self._lost_track(f"the reader did not end {unfinished(rest)}")

    async def _receive(self, rest: bytes) -> bytes:
        """Return the next bytes; LinkLost says what ended the connection, and in which message."""
        try:
            data = await self._link.read(self._silence)
        except LinkLost as error:
            self._note_loss(error)
            if not rest:
                raise
            text = f"{error} in the middle of {unfinished(rest)}"
            raise LinkLost(text, cause=error.cause) from error
        if not data:
            middle = f" in the middle of {unfinished(rest)}" if rest else ""
            raise LinkLost(
                f"the reader fell silent for {self._silence:g} s{middle}", cause=rows.HUNG
            )
        self.received += len(data)
        return data

    def _lost_track(self, what: str) -> BadFrame:
        self._health.count("bad frames")
        self._discards.lose(what, self._timing.monotonic())
        return BadFrame(what, cause=rows.LOST_TRACK)

    async def _take_all(self, frames: Sequence[Frame], arrival: float) -> None:
        for at in range(0, len(frames), AT_ONCE):
            for one in frames[at : at + AT_ONCE]:
                await self._take(one, arrival)
            await asyncio.sleep(0)

    async def _take(self, one: Frame, arrival: float) -> None:
        self.messages += 1
        self._health.count("frames")
        try:
            message, skipped = one.read()
        except BadFrame as error:
            self._health.count("bad frames")
            self._discards.lose(str(error), arrival)
            future = self._asked.get(one.id)
            if future is not None and not future.done():
                future.set_exception(BadFrame(str(error), cause=rows.UNREADABLE))
            return
        self._note(skipped, arrival)
        if message.name == "KEEPALIVE":
            await self._write(frame(element("KEEPALIVE_ACK"), one.id))
        elif self._answers(message, one.id):
            self._asked[one.id].set_result(message)
        else:
            await self._tell(message, arrival)

    def _note(self, skipped: Sequence[Skipped], arrival: float) -> None:
        for part in skipped:
            lost = part.name == TAG
            self._health.count("lost tag reports" if lost else "skipped parameters")
            (self._discards.lose if lost else self._discards.skip)(str(part), arrival)

    async def _tell(self, message: Element, arrival: float) -> None:
        """Hand on a message; a report of very many tags must not hold up the event loop."""
        parts = message.children
        if len(parts) <= AT_ONCE:
            self._heard(message, arrival)
            return
        for at in range(0, len(parts), AT_ONCE):
            self._heard(replace(message, children=parts[at : at + AT_ONCE]), arrival)
            await asyncio.sleep(0)

    def _answers(self, message: Element, number: int) -> bool:
        future = self._asked.get(number)
        if future is None or future.done():
            return False
        return message.name.endswith("_RESPONSE") or message.name in {
            "ERROR_MESSAGE",
            "CUSTOM_MESSAGE",
        }


def checked(request: str, answer: Element) -> Element:
    """Return `answer`, or raise the DeviceFault that it reports."""
    if answer.name == "CUSTOM_MESSAGE":
        answer = Element(answer.name, answer.values, decode_parameters(answer.data("data")))
    status = answer.first("LLRPStatus")
    if status is None:
        raise BadFrame(f"the answer to {request} has no status")
    code = status.number("code")
    if code == SUCCESS and answer.name != "ERROR_MESSAGE":
        return answer
    said = status.text("description") or "no reason given"
    blamed = (part for part in status.walk() if part.name in CAUSES)
    causes = ", ".join(map(_cause, islice(blamed, MOST_CAUSES)))
    where = f" ({causes})" if causes else ""
    raise DeviceFault(
        f"the reader refused {request}: {said}, status {code}{where}",
        cause=rows.REFUSES,
    )


CAUSES = ("ParameterError", "FieldError")


def _cause(part: Element) -> str:
    if part.name == "FieldError":
        return f"field {part.number('field')}"
    return f"parameter {part.number('type')}"
