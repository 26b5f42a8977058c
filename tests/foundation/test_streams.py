"""A command whose output is closed, full, or read no further."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path

import pytest

from foundation import streams
from foundation.errors import AgentError


def test_what_is_closed_goes_nowhere_and_what_lacks_a_character_escapes_it(monkeypatch):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "ascii")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdin", None)
    streams.prepare_streams()
    assert sys.stdin.read() == ""
    sys.stderr.write("nobody hears it")
    sys.stderr.flush()
    assert os.fstat(sys.stderr.fileno()).st_rdev == Path(os.devnull).stat().st_rdev
    out.write("4 °C \udcff")
    out.flush()
    assert raw.getvalue() == b"4 \\xb0C \\udcff"
    sys.stdin.close()
    sys.stderr.close()


@pytest.fixture
def forgotten(monkeypatch):
    """Whose output was turned to nowhere, in place of doing it to the tests' own."""
    calls = []
    monkeypatch.setattr(streams, "forget_output", lambda: calls.append("forgotten"))
    return calls


def test_a_reader_that_leaves_changes_nothing(monkeypatch, forgotten):
    with streams.whoever_reads():
        raise BrokenPipeError
    assert forgotten == ["forgotten"]


def test_what_nobody_read_is_found_out_before_the_end(monkeypatch, forgotten):
    class Left(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Left())
    with streams.whoever_reads():
        pass
    assert forgotten == ["forgotten"]


def test_any_other_error_is_one(forgotten):
    with pytest.raises(ValueError, match="mine"), streams.whoever_reads():
        raise ValueError("mine")
    assert forgotten == []


def test_output_that_is_forgotten_goes_nowhere(tmp_path, monkeypatch):
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        out.write("half a line")
        streams.forget_output()
    assert (tmp_path / "out").read_text() == ""


def test_a_file_that_is_refused_is_named_with_the_next_step(forgotten):
    error = streams.denied(OSError(errno.EROFS, "Read-only file system", "/etc/x"))
    assert str(error) == "/etc/x: Read-only file system"
    assert error.advice.startswith("the disk is read-only")
    bare = OSError(errno.EIO, None, b"/etc/\xff")
    assert str(streams.denied(bare)).startswith("/etc/\udcff: ")
    assert forgotten == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_output_without_room_is_told_once(forgotten, number):
    error = streams.denied(OSError(number, os.strerror(number)))
    assert type(error) is AgentError
    assert str(error) == "the output cannot be written: the disk is full"
    assert error.advice == "write it to another disk"
    assert forgotten == ["forgotten"]


def test_what_names_no_file_and_is_no_full_disk_is_raised_again(forgotten):
    error = OSError(errno.EINVAL, "Invalid argument")
    with pytest.raises(OSError, match="Invalid argument") as caught:
        streams.denied(error)
    assert caught.value is error
    assert forgotten == []
