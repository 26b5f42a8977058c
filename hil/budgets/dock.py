"""A pallet of 400 tagged cartons at a door: from the last read that counts to the verdict.

The reader is emulated on the network, the agent is a process. A tag counts with its second read, as
a gate's `reads` has it; so that it is known which read that is, every tag answers in every round.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.dock.goods_identity import check_digit
from hil.budgets.row import Row
from hil.emulators.llrp.field import Field, Heard, Tag, some_tags
from hil.emulators.llrp.reader import LlrpReader
from hil.rig.rig import load_rig
from hil.rig.up import configuration
from hil.site.control import ask_agent
from hil.site.ports import free_port
from hil.site.processes import Processes, ProcessFailed

TAGS, SEED = 400, 16
DOOR = "door 2"
LOOK_S = 0.02  # between two looks, which is how exact the figure is
LIMIT_S = 60.0
ENOUGH = 2  # reads that make a tag present (agent/config/read_points)
REPORTED_EVERY_S = 0.5  # what the reader of a door is set to
RIG = """\
[[device]]
name = "gate"
kind = "rfid.llrp"
listen = "127.0.0.1:{port}"
antennas = 1
driver = {{ report_interval = {interval} }}

[[read_point]]
name = "door 2"
antennas = "gate:1"
"""


class WatchedField(Field):
    """A field that notes when each tag had answered often enough (monotonic seconds)."""

    def __init__(self, tags: list[Tag]) -> None:
        super().__init__(tags, read_rate=1.0, noise=2.0, rng=random.Random(SEED))
        self._answers: Counter[bytes] = Counter()
        self.counted: dict[bytes, float] = {}

    def rounds(self, tries: int, at: float, antennas: frozenset[int]) -> Iterator[Heard]:
        """See `Field`."""
        for heard in super().rounds(tries, at, antennas):
            self._answers[heard.tag.epc] += 1
            if self._answers[heard.tag.epc] == ENOUGH:
                self.counted[heard.tag.epc] = time.monotonic()
            yield heard


def pallet() -> list[Tag]:
    """Return the tags of the cartons, all at the one antenna, and away until they are brought."""
    return [
        Tag(one.epc, (1,), -50.0, one.enter, one.leave, one.tid, one.pc, group="pallet")
        for one in some_tags(TAGS, 1, random.Random(SEED))
    ]


def notice_of(tags: list[Tag]) -> bytes:
    """Return a notice of the cartons by their serial numbers."""
    serials: dict[str, list[str]] = {}
    for one in tags:
        bits = int.from_bytes(one.epc)  # SGTIN-96, partition 5: GS1 TDS 2.0, 14.6.1
        prefix, item, serial = bits >> 58 & 0xFFFFFF, bits >> 38 & 0xFFFFF, bits & (1 << 38) - 1
        body = f"{item:06d}"[0] + f"{prefix:07d}" + f"{item:06d}"[1:]
        serials.setdefault(body + check_digit(body), []).append(str(serial))
    lines = [{"gtin": gtin, "serials": each} for gtin, each in serials.items()]
    return json.dumps({"notice": "N1", "units": [{"sscc": "", "items": lines}]}).encode()


@contextmanager
def reader_on(port: int, field: WatchedField) -> Iterator[LlrpReader]:
    """Run an emulated reader with this field, in a thread of its own."""
    reader = LlrpReader(listen=f"127.0.0.1:{port}", tags=0, antennas=1, read_rate=1.0)
    reader.desk.inventory.field = field
    loop = asyncio.new_event_loop()
    reader.plug()
    task = loop.create_task(reader.run())
    thread = threading.Thread(target=lambda: loop.run_until_complete(_to_its_end(task)))
    thread.start()
    try:
        yield reader
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


async def _to_its_end(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])


def verdict_s(folder: Path, seed: int) -> float:
    """Return the seconds from the last read that counts to a check that is complete."""
    (folder / "log").mkdir(parents=True)
    port, field = free_port(), WatchedField(pallet())
    file, config, control = folder / "rig.toml", folder / "tallyman.toml", folder / "agent.sock"
    file.write_text(RIG.format(port=port, interval=REPORTED_EVERY_S))
    config.write_text(configuration(load_rig(file), folder))
    with reader_on(port, field) as reader, Processes(folder / "log") as processes:
        argv = [sys.executable, "-m", "agent.cli.main", "run", "--config", str(config)]
        processes.start("agent", argv)
        processes.await_path(control)
        check = opened(control, notice_of(field.tags))
        _until(lambda: reader.connections > 0)
        time.sleep(random.Random(seed).uniform(0, REPORTED_EVERY_S))
        reader.bring("pallet", "1")
        look = {"verb": "dock-look", "check": check}
        _until(lambda: ask_agent(control, look)[0]["state"] == "complete")
        return time.monotonic() - max(field.counted.values())


def opened(control: Path, notice: bytes) -> str:
    """Begin the check of a notice; return its number."""
    digest = hashlib.sha256(notice).hexdigest()
    part = base64.b64encode(notice).decode()
    sent = {"verb": "dock-notice", "digest": digest, "offset": 0, "part": part, "last": True}
    ask_agent(control, sent)
    (answer,) = ask_agent(control, {"verb": "dock-open", "digest": digest, "read_point": DOOR})
    return str(answer["check"])


def _until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not there():
        if time.monotonic() > deadline:
            raise ProcessFailed(f"the pallet was not seen within {LIMIT_S:g} s")
        time.sleep(LOOK_S)


def dock_rows(folder: Path, rounds: int) -> Iterator[Row]:
    """Yield how long a keeper waits for the verdict, agents anew."""
    yield Row.of(
        f"last read to the verdict, {TAGS} tags at a door, s",
        [verdict_s(folder / str(number), number) for number in range(rounds)],
        1,
        f"report_interval {REPORTED_EVERY_S:g} s; looked at every {LOOK_S:g} s",
        "reads wait for the reader's report, changes a tenth of a second for the journal",
    )
