"""Orders to an M100 module and their answers: what is sent, how often, and what is passed over."""

from __future__ import annotations

import pytest

from drivers.driver import Health
from drivers.errors import BadFrame, CommandTimeout
from drivers.rfid import m100_commands as commands
from drivers.rfid.discards import Discards
from drivers.rfid.m100_commands import ModuleFault
from drivers.rfid.m100_exchange import Exchange
from drivers.rfid.m100_frames import Frame, FrameType
from tests.drivers.rfid.module_bench import PlayedLink

VERSION, STOP, ROUND = (
    bytes.fromhex(text) for text in ("BB0003000100047E", "BB00280000287E", "BB00220000227E")
)
VERSION_ANSWER = Frame(FrameType.ANSWER, 0x03, b"\x00M100")
STOP_ANSWER = Frame(FrameType.ANSWER, 0x28, b"\x00")
NOTICE = Frame(FrameType.NOTICE, 0x22, bytes(17))


def error(code):
    return Frame(FrameType.ANSWER, 0xFF, bytes([code]))


class Bench:
    def __init__(self, *answers, takes=0.0):
        sent = [each.to_bytes() if isinstance(each, Frame) else each for each in answers]
        self.link = PlayedLink(*sent, takes=takes)
        self.exchange = Exchange(self.link, self.link.timing, Health(), Discards())

    @property
    def sent(self):
        return [data for data, _ in self.link.written]


async def test_an_answer_is_the_one_to_the_command_whatever_comes_before():
    late = error(0x15).to_bytes() + error(0x20).to_bytes() + STOP_ANSWER.to_bytes()
    bench = Bench(NOTICE.to_bytes() + late, NOTICE.to_bytes()[:3], VERSION_ANSWER)
    bench.link.answers[2] = NOTICE.to_bytes()[3:] + bench.link.answers[2]
    assert await bench.exchange.ask(commands.version()) == VERSION_ANSWER
    assert bench.link.written == [(VERSION, 0.5)]


async def test_a_notice_of_the_same_command_is_no_answer():
    bench = Bench(Frame(FrameType.NOTICE, 0x03, b"\x00"), VERSION_ANSWER)
    assert await bench.exchange.ask(commands.version()) == VERSION_ANSWER


@pytest.mark.parametrize("code", [0x17, 0x09, 0x16, 0xB4])
async def test_an_error_is_raised_at_once(code):
    bench = Bench(error(code))
    with pytest.raises(ModuleFault) as caught:
        await bench.exchange.ask(commands.version())
    assert caught.value.code == code
    assert bench.sent == [VERSION]


async def test_silence_and_damage_are_asked_once_more():
    bench = Bench(b"junk", b"", VERSION_ANSWER)
    assert await bench.exchange.ask(commands.version()) == VERSION_ANSWER
    assert bench.sent == [VERSION] * 2


async def test_a_module_that_never_answers_is_silent_and_one_that_sends_noise_is_noisy():
    bench = Bench()
    with pytest.raises(CommandTimeout, match=r"^no answer to the command version$"):
        await bench.exchange.ask(commands.version())
    assert bench.sent == [VERSION] * 2
    assert bench.link.waited == [0.5] * 2
    bench = Bench(b"junk")
    with pytest.raises(BadFrame, match=r'^the answer to the command version is .*"junk"$'):
        await bench.exchange.ask(commands.version(), tries=1)
    assert bench.sent == [VERSION]


async def test_what_a_busy_module_says_meanwhile_does_not_make_an_answer_late():
    bench = Bench(*[NOTICE] * 9, takes=0.125)
    with pytest.raises(CommandTimeout):
        await bench.exchange.ask(commands.version(), tries=1)
    assert bench.link.waited == [0.5, 0.375, 0.25, 0.125]


async def test_a_running_inventory_is_stopped_and_let_finish():
    bench = Bench(NOTICE, STOP_ANSWER)
    await bench.exchange.quiet()
    assert bench.sent == [STOP]
    assert bench.link.waited == [0.15] * 3


async def test_a_round_is_all_that_comes_until_it_is_quiet():
    bench = Bench(NOTICE, NOTICE)
    assert await bench.exchange.round() == [NOTICE, NOTICE]
    assert bench.link.written == [(ROUND, 0.5)]
    assert bench.link.waited == [0.5, 0.15, 0.15]


async def test_a_round_without_end_is_ended():
    bench = Bench(*[NOTICE] * 9, takes=0.5)
    assert len(await bench.exchange.round()) == 3
    assert len(bench.link.waited) == 4  # what comes at two seconds is of another round


async def test_the_moment_of_the_last_command_is_known():
    bench = Bench(VERSION_ANSWER)
    assert bench.exchange.last_sent == 0.0
    bench.link.timing.now = 123.0
    await bench.exchange.send(commands.stop())
    assert bench.exchange.last_sent == 123.0
