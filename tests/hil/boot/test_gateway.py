"""What is kept of a gateway whose drill failed."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace

import pytest

from hil.boot.console import Done, GuestSilent
from hil.boot.gateway import LAST_WORDS, Gateway


class Machine:
    """A machine whose shell says one thing, or nothing."""

    def __init__(self, words):
        self.console = self
        self._words = words

    def run(self, command, _timeout):
        assert command == LAST_WORDS
        if self._words is None:
            raise GuestSilent("'journalctl' took over 180 s: 'no word'")
        return Done(0, self._words)


@pytest.mark.parametrize(
    ("machine", "kept"),
    [
        (Machine("tallyman-firstboot.service loaded failed"), "firstboot.service loaded failed"),
        (Machine(None), "it did not tell its log: 'journalctl' took over 180 s"),
        (None, "it was off"),
    ],
)
def test_a_failed_drill_keeps_the_last_words_and_says_where(
    machine, kept, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    gateway = Gateway(SimpleNamespace(folder=tmp_path), card=None, rng=Random(1))
    gateway._machine = machine
    gateway.keep_log("units")
    told = capsys.readouterr().out
    assert kept in (tmp_path / "build/boot-test/units.guest.log").read_text()
    assert kept in told
    assert "build/boot-test/units.guest.log" in told


def test_what_kernel_and_qemu_said_is_kept_of_a_guest_that_never_came_up(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "serial.log").write_text("".join(f"line {n}\n" for n in range(1000)))
    (tmp_path / "qemu.log").write_text("qemu-system-x86_64: no such device\n")
    Gateway(SimpleNamespace(folder=tmp_path), card=None, rng=Random(1)).keep_log("kill")
    kept = (tmp_path / "build/boot-test/kill.guest.log").read_text()
    assert "line 0\n" in kept
    told = capsys.readouterr().out
    assert "its kernel said last:" in told
    assert "line 999\n" in told
    assert "line 0\n" not in told
    assert "qemu-system-x86_64: no such device\n" in told
