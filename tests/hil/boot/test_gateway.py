"""What is kept of a gateway whose drill failed."""

from __future__ import annotations

from random import Random

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
    gateway = Gateway(bench=None, card=None, rng=Random(1))
    gateway._machine = machine
    gateway.keep_log("units")
    assert kept in (tmp_path / "build/boot-test/units.guest.log").read_text()
    assert "build/boot-test/units.guest.log" in capsys.readouterr().out
