"""The bytes of a serial UHF module: frames across reads, what is lost of them, and last words."""

from __future__ import annotations

import pytest

from drivers.driver import Health
from drivers.errors import BadFrame, CommandTimeout, LinkLost
from drivers.rfid.discards import Discards
from drivers.rfid.m100_frames import Frame, FrameType, split
from drivers.rfid.module_link import ModuleLink
from tests.drivers.rfid.module_bench import PlayedLink

ANSWER = Frame(FrameType.ANSWER, 0x03, b"\x00hello")
NOTICE = Frame(FrameType.NOTICE, 0x22, bytes(5))
WHOLE, TOLD = ANSWER.to_bytes(), NOTICE.to_bytes()
DAMAGED = TOLD[:-2] + b"\xff\x7e"


class Bench:
    def __init__(self, *answers, takes=0.0):
        self.link = PlayedLink(*answers, takes=takes)
        self.health, self.discards = Health(), Discards()
        self.module = ModuleLink(self.link, self.link.timing, self.health, self.discards, split)

    async def read(self, times=1):
        return [frame for _ in range(times) for frame in await self.module.read(0.5)]

    @property
    def remark(self):
        return self.discards.remark(self.link.timing.now)


async def test_frames_come_whole_however_their_bytes_come():
    bench = Bench(WHOLE[:4], WHOLE[4:] + TOLD, b"")
    assert await bench.read(3) == [ANSWER, NOTICE]
    assert bench.health.counters == {"frames": 2}
    assert bench.link.waited == [0.5] * 3
    assert bench.remark == ""


async def test_bytes_of_no_frame_are_counted_noted_and_kept_as_noise_until_a_frame_comes():
    bench = Bench(b"junk", b"", WHOLE)
    await bench.read(2)
    assert bench.module.noise == b"junk"
    assert bench.health.counters == {"skipped bytes": 4}
    assert bench.remark == "not read: bytes outside a frame"
    assert await bench.read() == [ANSWER]
    assert bench.module.noise == b""


async def test_a_lost_report_is_a_lost_report_and_not_some_bytes():
    bench = Bench(DAMAGED)
    assert await bench.read() == []
    assert bench.discards.often == {"a notice whose sum is wrong": 1}
    assert bench.health.counters == {"skipped bytes": len(DAMAGED)}
    bench.discards.lose("again", bench.link.timing.now + 5.0)
    assert bench.discards.fault(bench.link.timing.now + 5.0).startswith("none of the last 2")


async def test_a_frame_without_an_end_is_noise_once_it_is_given_up():
    bench = Bench(WHOLE[:4], TOLD)
    await bench.read()
    bench.module.drop_rest()
    assert bench.module.noise == WHOLE[:4]
    assert bench.health.counters == {"skipped bytes": 4}
    assert bench.remark == "not read: 4 bytes of a frame without an end"
    bench.module.drop_rest()
    assert bench.health.counters == {"skipped bytes": 4}
    assert await bench.read() == [NOTICE]


async def test_a_link_that_is_lost_takes_the_begun_frame_along():
    bench = Bench(WHOLE[:4], LinkLost("pulled"), TOLD)
    await bench.read()
    with pytest.raises(LinkLost, match="pulled"):
        await bench.read()
    assert bench.remark == "not read: 4 bytes of a frame without an end"
    assert await bench.read() == [NOTICE]


async def test_a_command_without_an_answer_is_told_from_one_whose_answer_is_noise():
    bench = Bench(b"junk")
    silent = bench.module.unanswered("version")
    assert (type(silent), str(silent)) == (CommandTimeout, "no answer to the command version")
    await bench.read()
    noisy = bench.module.unanswered("version")
    assert type(noisy) is BadFrame
    assert str(noisy) == 'the answer to the command version is not a frame: "junk"'


async def test_last_words_are_heard_until_it_is_quiet():
    bench = Bench(WHOLE, TOLD)
    await bench.module.let_finish()
    assert bench.link.waited == [0.15] * 3
    assert bench.health.counters == {}


async def test_a_module_that_never_stops_is_listened_to_for_a_second():
    bench = Bench(*[WHOLE] * 20, takes=0.25)
    await bench.module.let_finish()
    assert len(bench.link.waited) == 4
