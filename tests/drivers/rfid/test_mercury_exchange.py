"""Orders to a ThingMagic module and their answers: what is sent, how often, what is passed over."""

from __future__ import annotations

import pytest

from drivers.driver import Health
from drivers.errors import BadFrame, CommandTimeout
from drivers.rfid import mercury_commands as commands
from drivers.rfid.discards import Discards
from drivers.rfid.mercury_commands import Command, MercuryFault, Opcode
from drivers.rfid.mercury_exchange import Exchange
from drivers.rfid.mercury_frames import Answer
from hil.emulators.serial import mercury_protocol as wire
from tests.drivers.rfid.module_bench import PlayedLink

ASK = Command(Opcode.GET_POWER)
SENT = bytes.fromhex("FF00621D6D")
POWER = Answer(0x62, 0, b"\x07\xd0")
OTHER = Answer(0x22, 0, b"\x00\x00\x00\x01")


class Bench:
    def __init__(self, *answers, takes=0.0):
        sent = [each.to_bytes() if isinstance(each, Answer) else each for each in answers]
        self.link = PlayedLink(*sent, takes=takes)
        self.exchange = Exchange(self.link, self.link.timing, Health(), Discards())

    @property
    def sent(self):
        return [data for data, _ in self.link.written]


async def test_an_answer_is_the_one_to_the_command():
    bench = Bench(OTHER, POWER.to_bytes()[:4], POWER.to_bytes()[4:])
    assert await bench.exchange.ask(ASK) == POWER
    assert bench.link.written == [(SENT, 0.5)]
    assert wire.commands(SENT) == ([(0x62, b"")], b"")


async def test_a_status_is_raised_at_once_and_only_that_of_the_command():
    bench = Bench(Answer(0x22, 0x0400), Answer(0x62, 0x0504))
    with pytest.raises(MercuryFault) as caught:
        await bench.exchange.ask(ASK)
    assert caught.value.status == 0x0504
    assert bench.sent == [SENT]


async def test_silence_is_asked_once_more():
    bench = Bench(b"", POWER)
    assert await bench.exchange.ask(ASK) == POWER
    assert bench.sent == [SENT] * 2
    bench = Bench()
    with pytest.raises(CommandTimeout, match=r"^no answer to the command get_power$"):
        await bench.exchange.ask(ASK)
    assert bench.sent == [SENT] * 2


async def test_a_frame_that_never_ended_does_not_swallow_the_next_answer():
    for begun in (POWER.to_bytes()[:4], b"\xff\xf0\x22"):  # the second wants 240 bytes
        bench = Bench(begun, b"", POWER)
        assert await bench.exchange.ask(ASK) == POWER


async def test_tags_whose_answer_was_damaged_are_not_skipped_by_asking_again():
    bench = Bench(b"junk")
    with pytest.raises(BadFrame, match=r"^the answer to the command get_buffer is not a frame"):
        await bench.exchange.ask(commands.get_buffer())
    assert bench.sent == [commands.get_buffer().to_bytes()]


async def test_other_answers_do_not_make_a_command_wait_longer():
    bench = Bench(*[OTHER] * 9, takes=0.125)
    with pytest.raises(CommandTimeout):
        await bench.exchange.ask(ASK, tries=1)
    assert bench.link.waited == [0.5, 0.375, 0.25, 0.125]


async def test_a_continuous_reading_is_stopped_and_let_finish():
    bench = Bench(OTHER, OTHER)
    await bench.exchange.quiet()
    ((data, within),) = bench.link.written
    assert wire.commands(data) == ([(0x2F, b"\x00\x00\x02")], b"")
    assert within == 0.5
    assert bench.link.waited == [0.15] * 3
