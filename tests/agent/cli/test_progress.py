"""Long work says how far it is: on a terminal, on one line that is gone behind it."""

from __future__ import annotations

import io
import os

import pytest

from agent.cli.progress import REFRESH, SCAN_BYTES, ProgressLine
from evidence.verify import verify_bundle
from foundation.console import WIDTH
from tests.evidence.lifecycle import Life, lost


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def shown(stream):
    """The lines that a person saw, one after the other, without what erases them."""
    return [line.strip() for line in stream.getvalue().split("\r") if line.strip()]


def test_share_rate_and_rest(clock):
    stream = Terminal()
    with ProgressLine("copying:", stream=stream, monotonic=clock) as line:
        for second in range(6):
            line(second * 10_000_000, 100_000_000)
            clock.now += 1.0
    assert shown(stream) == [
        "copying: 10 %, 10.0 MB/s, 9 s left",
        "copying: 20 %, 10.0 MB/s, 8 s left",
        "copying: 30 %, 10.0 MB/s, 7 s left",
        "copying: 40 %, 10.0 MB/s, 6 s left",
        "copying: 50 %, 10.0 MB/s, 5 s left",
    ]
    assert stream.getvalue().endswith("\r" + " " * WIDTH + "\r"), "the line is taken away"
    assert "\n" not in stream.getvalue()


def test_nothing_in_a_pipe(clock):
    stream = io.StringIO()
    with ProgressLine("copying:", stream=stream, monotonic=clock) as line:
        for done in range(10):
            clock.now += 10.0
            line(done, 10)
        assert line.of_reads(os.pread) is os.pread
    assert stream.getvalue() == ""


def test_short_work_shows_nothing_and_long_work_not_too_often(clock):
    stream = Terminal()
    with ProgressLine("checking:", "batches", stream, clock) as line:
        for done in range(9):
            clock.now += 0.1
            line(done, 100)
    assert stream.getvalue() == ""
    with ProgressLine("checking:", "batches", stream, clock) as line:
        for done in range(10_000):
            clock.now += 0.001
            line(done, 10_000)
    assert len(shown(stream)) <= 9 / REFRESH + 1
    assert "batches/s" in shown(stream)[0]


def test_a_second_pass_is_timed_anew(clock):
    stream = Terminal()
    with ProgressLine("reading:", stream=stream, monotonic=clock) as line:
        for done in (0, 90, 100, 0, 10):
            line(done * 1000, 100_000)
            clock.now += 10.0
    assert shown(stream)[-1] == "reading: 10 %, 1.0 kB/s, 1 min 30 s left"


def test_a_scan_of_a_medium_shows_where_it_is_and_a_jump_does_not(clock, tmp_path):
    path = tmp_path / "card"
    path.write_bytes(bytes(1_000_000))
    stream = Terminal()
    fd = os.open(path, os.O_RDONLY)
    try:
        with ProgressLine("reading:", stream=stream, monotonic=clock) as line:
            read = line.of_reads()
            for offset in range(0, 1_000_000, 100_000):
                clock.now += 2.0
                assert len(read(fd, SCAN_BYTES, offset)) in (SCAN_BYTES, 1_000_000 - 900_000)
                assert read(fd, 16, 0) == bytes(16)
    finally:
        os.close(fd)
    assert [line.split(",")[0] for line in shown(stream)] == [
        f"reading: {share} %" for share in range(0, 100, 10)
    ]


def test_a_scan_may_begin_anywhere(clock, tmp_path):
    path = tmp_path / "card"
    path.write_bytes(bytes(1_000_000))
    stream = Terminal()
    with (
        path.open("rb") as file,
        ProgressLine("reading:", stream=stream, monotonic=clock) as line,
    ):
        read = line.of_reads()
        clock.now += 2.0
        assert len(read(file.fileno(), SCAN_BYTES, 500_000)) == SCAN_BYTES
    assert [line.split(",")[0] for line in shown(stream)] == ["reading: 50 %"]


def test_a_rate_that_is_not_known_is_not_told_as_a_rest(clock):
    stream = Terminal()
    with ProgressLine("copying:", stream=stream, monotonic=clock) as line:
        clock.now += 5.0
        line(0, 0)
    assert shown(stream) == ["copying: 0 %, 0 B/s"]


def test_work_that_stands_still_or_is_done_has_no_rest(clock):
    stream = Terminal()
    with ProgressLine("copying:", "files", stream, clock) as line:
        for done in (0, 1, 3):
            clock.now += 2.0
            line(done, 3)
    assert shown(stream) == [
        "copying: 0 %, 0 files/s",
        "copying: 33 %, 0 files/s, 8 s left",  # 1 in 4 s
        "copying: 100 %, 0 files/s",
    ]


def test_what_takes_just_a_second_is_long_enough_to_be_told(clock):
    stream = Terminal()
    with ProgressLine("copying:", stream=stream, monotonic=clock) as line:
        clock.now += 1.0
        line(50, 100)
    assert shown(stream) == ["copying: 50 %, 50 B/s, 1 s left"]


def test_a_check_counts_its_batches():
    heard = []
    report = verify_bundle(
        lost().file(), Life().policy(), lambda done, whole: heard.append((done, whole))
    )
    batches = len(report.statements) + len(report.losses)
    assert batches > 1
    assert heard == [(done, batches) for done in range(batches)]
