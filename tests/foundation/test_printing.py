"""What reaches a terminal, a pipe or nobody: to the byte, whatever strangers wrote."""

from __future__ import annotations

import errno
import io
import sys
from contextlib import redirect_stdout

from foundation import printing

NASTY = "door\x1b[2J\nnext"
TAMED = "door�[2J�next"


class Heard(io.StringIO):
    """A stream that notes what had been written each time it was flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed: list[str] = []

    def flush(self) -> None:
        self.flushed.append(self.getvalue())


def test_a_line_is_one_line():
    with redirect_stdout(Heard()) as out:
        printing.say(NASTY)
        printing.say()
        printing.say("red", paint=lambda line: f"\x1b[31m{line}\x1b[0m")
        assert out.getvalue() == f"{TAMED}\n\n\x1b[31mred\x1b[0m\n"


def test_only_what_should_not_wait_is_flushed():
    with redirect_stdout(Heard()) as out:
        printing.say("a")
        printing.say_each(["b"])
        assert out.flushed == []
        printing.say("c", flush=True)
        printing.say_each(["d", "e"], flush=True)
        printing.say_json({"f": 1})
        assert out.flushed == [
            "a\nb\nc\n",
            "a\nb\nc\nd\n",
            "a\nb\nc\nd\ne\n",
            'a\nb\nc\nd\ne\n{"f": 1}\n',
        ]


def test_a_text_of_ours_keeps_its_lines_and_ends_once():
    with redirect_stdout(Heard()) as out:
        printing.say_text("usage:\n  run\x1b\n\n")
        printing.say_text("end")
        assert out.getvalue() == "usage:\n  run�\n\nend\n"
        assert out.flushed[-1] == out.getvalue()


def test_json_is_on_one_line():
    with redirect_stdout(Heard()) as out:
        printing.say_json({"name": "a\nb"})
        assert out.getvalue() == '{"name": "a\\nb"}\n'


def test_a_question_stays_on_its_line():
    with redirect_stdout(Heard()) as out:
        printing.prompt("PIN\n: ")
        assert out.getvalue() == "PIN�: "
        assert out.flushed[-1] == "PIN�: "


def test_a_page_is_drawn_over_the_last_one():
    with redirect_stdout(Heard()) as out:
        printing.clear()
        assert out.getvalue() == "\x1b[H\x1b[J"
        out.truncate(out.seek(0))
        printing.draw([NASTY, "b"], paint=str.upper)
        assert out.getvalue() == f"\x1b[H{TAMED.upper()}\x1b[K\nB\x1b[K\n\x1b[J"
        assert out.flushed[-1] == out.getvalue()


def test_a_line_is_written_over_and_shown_at_once():
    stream = Heard()
    printing.rewrite("3 of 9\n", stream)
    assert stream.flushed == ["\r3 of 9�"]


def test_bytes_come_behind_the_lines_before_them(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(raw), "utf-8"))
    printing.say("first")
    printing.emit(b"\x00\xff\n")
    assert raw.getvalue() == b"first\n\x00\xff\n"


def test_complaints_go_to_standard_error(capsys):
    printing.complain(NASTY)
    assert capsys.readouterr() == ("", f"{TAMED}\n")


def test_where_nobody_can_be_told_nothing_else_breaks(monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    printing.complain("the disk is full")
