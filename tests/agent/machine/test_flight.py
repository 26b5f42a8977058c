"""Flight mode: what was said last holds, over restarts and on a disk that refuses."""

from __future__ import annotations

import pytest

from agent.machine.flight import FlightMode
from foundation.durable import WriteFailed


async def test_what_was_said_last_holds_after_a_restart(tmp_path):
    mode = FlightMode(tmp_path)
    assert mode.on is False
    await mode.switch(on=True)
    assert mode.on is True
    assert FlightMode(tmp_path).on is True
    await mode.switch(on=False)
    assert mode.on is False
    assert FlightMode(tmp_path).on is False


@pytest.mark.parametrize("text", ["", "on", "ON\n", "on\non\n"])
def test_a_file_that_cannot_be_read_says_off(tmp_path, text):
    (tmp_path / "flight-mode").write_text(text)
    assert FlightMode(tmp_path).on is False


async def test_a_disk_that_refuses_leaves_it_as_it_was(tmp_path):
    mode = FlightMode(tmp_path / "gone")
    with pytest.raises(WriteFailed):
        await mode.switch(on=True)
    assert mode.on is False
