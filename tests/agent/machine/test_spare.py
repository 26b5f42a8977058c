"""The space kept back for a start on a full disk."""

from __future__ import annotations

from agent.machine import spare


def test_it_is_set_aside_once_and_given_up_when_the_disk_is_full(tmp_path, monkeypatch):
    free = spare.PLENTY
    monkeypatch.setattr(spare, "free_bytes", lambda _: free)
    assert spare.keep(tmp_path)
    file = tmp_path / spare.FILE_NAME
    assert file.stat().st_size == spare.BYTES
    assert file.stat().st_blocks * 512 >= spare.BYTES, "set aside, not just named"
    assert not spare.keep(tmp_path)
    assert not spare.give_up_if_full(tmp_path)
    free = 0
    assert spare.give_up_if_full(tmp_path)
    assert not file.exists()
    assert not spare.give_up_if_full(tmp_path)
    assert not spare.keep(tmp_path), "not while space is scarce"


def test_a_disk_that_takes_no_file_is_no_error(tmp_path):
    assert not spare.keep(tmp_path / "none")
    assert not spare.give_up_if_full(tmp_path / "none")
