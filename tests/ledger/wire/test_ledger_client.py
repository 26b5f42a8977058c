"""Asking another node: one question at a time, and no old answer for a new one."""

from __future__ import annotations

import asyncio

import pytest

from evidence.errors import MalformedError
from evidence.wire import Envelope, Label, Type, labels
from foundation.zmtp.window import Limits
from ledger.wire import client as client_module
from ledger.wire.client import NodeClient
from tests.ledger.support import curve_key

OWN = curve_key()
BOUND_S = 60.0


class Line:
    """Stands for the connection: what is sent, and the frames that come."""

    def __init__(self, *made):
        self.made, self.sent, self.closed = made, [], False
        self.answers = asyncio.Queue()

    async def send(self, frames):
        self.sent.append(frames)

    async def receive(self):
        return await self.answers.get()

    def close(self):
        self.closed = True


@pytest.fixture
def lines(monkeypatch):
    """The connections that were made, the newest last."""
    made = []
    monkeypatch.setattr(
        client_module, "Dealer", lambda *words: made.append(Line(*words)) or made[-1]
    )
    return made


def question(number):
    return Envelope(Type.HELLO, bytes([number]) * 8, labels({Label.ORIGIN: "example.org/log"}))


def answer(number):
    return question(number).answer(Type.HELLO, {Label.SIZE: number})


def client():
    return NodeClient("context", "tcp://bravo:7411", "server key", OWN)


async def started(asking):
    task = asyncio.create_task(asking)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def test_an_answer_is_that_of_its_question(lines):
    asking = await started(client().ask(question(2)))
    (line,) = lines
    assert line.sent == [question(2).to_frames()]
    for number in (1, 3, 2):
        line.answers.put_nowait(answer(number).to_frames())
    assert await asyncio.wait_for(asking, BOUND_S) == answer(2)


async def test_a_node_may_send_the_largest_envelope_and_few_that_nobody_reads(lines):
    """docs/PROTOCOL.md: an envelope of 256 KiB; a kilobyte more for what frames and CURVE add."""
    client().connected()
    (line,) = lines
    keys = (OWN.public, OWN.secret)
    unread = Limits(257 * 1024, 64)
    assert line.made == ("context", "tcp://bravo:7411", b"server key", keys, unread, 16)


async def test_one_question_is_out_at_a_time_over_one_connection(lines):
    asker = client()
    first, second = await started(asker.ask(question(1))), await started(asker.ask(question(2)))
    (line,) = lines
    assert len(line.sent) == 1
    for number in (1, 2):
        line.answers.put_nowait(answer(number).to_frames())
    assert await asyncio.wait_for(asyncio.gather(first, second), BOUND_S) == [answer(1), answer(2)]
    assert len(line.sent) == 2
    assert (len(lines), line.closed) == (1, False)
    asker.close()
    assert line.closed
    asker.close()


@pytest.mark.parametrize("ends", ["given up", "rubbish"])
async def test_a_question_without_an_answer_ends_the_connection(lines, ends):
    asker = client()
    asking = await started(asker.ask(question(1)))
    if ends == "given up":
        asking.cancel()
    else:
        lines[0].answers.put_nowait([b"rubbish", b""])
    with pytest.raises((MalformedError, asyncio.CancelledError)):
        await asking
    assert lines[0].closed
    again = await started(asker.ask(question(2)))
    lines[1].answers.put_nowait(answer(2).to_frames())
    assert await asyncio.wait_for(again, BOUND_S) == answer(2)
