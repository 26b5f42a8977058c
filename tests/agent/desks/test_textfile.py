"""A file for node_exporter: whole at every moment, gone when nobody keeps it up to date."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.desks.textfile import FILE_NAME, Textfile
from foundation.durable import WriteFailed, swap_file
from foundation.metrics import gauge, gauges, to_text
from tests.agent.fakes import FakeTiming

READS = 10_000


class Numbers:
    """Meters that tell another text each time."""

    proc = Path("/nonexistent")

    def __init__(self):
        self.looks = 0

    async def read(self):
        self.looks += 1
        return [gauge("tallyman_looks", "How often.", self.looks)]


def value_of(path):
    (family,) = [
        each
        for each in text_string_to_metric_families(path.read_text())
        if each.name == "tallyman_looks"
    ]
    return family.samples[0].value


async def test_it_is_written_every_thirty_seconds_and_taken_away_at_the_end(tmp_path):
    timing = FakeTiming()
    folder = tmp_path / "metrics"
    task = asyncio.ensure_future(Textfile(folder, Numbers(), timing, tmp_path).run())
    await timing.advance(0)
    path = folder / FILE_NAME
    assert value_of(path) == 1
    assert path.stat().st_mode & 0o777 == 0o644
    assert folder.stat().st_mode & 0o777 == 0o755
    await timing.advance(29)
    assert value_of(path) == 1
    await timing.advance(1)
    assert value_of(path) == 2
    task.cancel()
    await asyncio.wait([task])
    assert list(folder.iterdir()) == []


async def test_a_folder_that_cannot_be_is_told_with_the_next_step(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteFailed, match="file") as raised:
        await Textfile(tmp_path / "file" / "x", Numbers(), FakeTiming(), tmp_path).write()
    assert raised.value.advice


def test_ten_thousand_reads_see_whole_files_only(tmp_path):
    """A reader opens the name again and again while it is replaced as fast as that goes."""
    path = tmp_path / FILE_NAME

    def text(count):
        rows = [({"device": f"d{n}"}, count) for n in range(200)]
        return to_text([gauges("tallyman_x", "X.", rows)]).encode()

    written = [text(count) for count in range(20)]
    swap_file(path, written[0])
    done = threading.Event()

    def write():
        count = 0
        while not done.is_set():
            count += 1
            swap_file(path, written[count % len(written)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = {path.read_bytes() for _ in range(READS)}
    finally:
        done.set()
        writer.join()
    assert seen <= set(written)
    assert len(seen) > 1, "the writer did write meanwhile"
    assert [each.name for each in tmp_path.glob("*.prom")] == [FILE_NAME]


class Unflushed:
    def __init__(self):
        self.calls = []

    def write(self, fd, data):
        self.calls.append("write")
        return os.write(fd, data)

    def fsync(self, fd):
        self.calls.append("fsync")

    def replace(self, source, target):
        self.calls.append("replace")
        source.replace(target)


def test_a_swap_writes_and_renames(tmp_path):
    disk = Unflushed()
    swap_file(tmp_path / "x", b"1", disk=disk)
    assert disk.calls == ["write", "replace"]
    assert (tmp_path / "x").read_bytes() == b"1"
    with pytest.raises(WriteFailed, match="is a folder"):
        swap_file(tmp_path, b"1", disk=disk)
