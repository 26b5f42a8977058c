"""A record of a dead gateway is taken over once, however often and by whomever it is brought."""

from __future__ import annotations

import asyncio

import pytest

from agent.desks.control import BadRequest
from agent.desks.salvage import SalvageDesk
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from foundation.notify import Progress
from tests.agent.fakes import FakeTiming, fake_clock
from tests.agent.journal.test_ring_journal import EPOCH, RING, records

DEAD = bytes(range(16, 32))


async def bring(desk: SalvageDesk, first: int, count: int) -> dict[str, int]:
    brought = [record.to_bytes().hex() for record in records(first, count)]
    request = {"gateway": "urn:dead", "epoch": DEAD.hex(), "records": brought}
    (answer,) = [each async for each in desk.salvage(request)]
    return answer


async def test_two_who_bring_the_same_card_at_once(tmp_path):
    timing = FakeTiming()
    journal = await AsyncJournal.open(RingJournal, tmp_path / "j.sqlite", EPOCH, RING)
    recorder = Recorder(journal, fake_clock(timing), timing, Progress(timing.monotonic), window=1.0)
    await recorder.open()
    task = asyncio.create_task(recorder.run())
    desk = SalvageDesk(recorder, journal, tmp_path)
    answers = await asyncio.gather(bring(desk, 0, 8), bring(desk, 4, 8))
    assert answers == [{"new": 8, "known": 0}, {"new": 4, "known": 4}]
    later = SalvageDesk(recorder, journal, tmp_path)  # after a restart
    assert await bring(later, 0, 12) == {"new": 0, "known": 12}
    taken = [each.values["number"] for each in await journal.records(0, 100)]
    assert taken == list(range(12))
    task.cancel()
    await asyncio.wait({task})
    await journal.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epoch": DEAD.hex()[2:]}, "an epoch is 16 bytes"),
        ({"epoch": "zz" * 16}, "bytes are to be given in hexadecimal"),
        ({"records": "a0"}, "records must be a list of texts"),
        ({"records": ["a0", 7]}, "records must be a list of texts"),
        ({"records": ["zz"]}, "bytes are to be given in hexadecimal"),
        ({"records": ["a0"]}, "no record: "),
        ({"gateway": 7}, "gateway must be text"),
    ],
)
async def test_what_is_no_card_of_a_gateway_is_refused(tmp_path, change, said):
    ask = SalvageDesk(None, None, tmp_path).verbs()["salvage"]
    request = {"gateway": "urn:dead", "epoch": DEAD.hex(), "records": []} | change
    with pytest.raises(BadRequest, match=said):
        [each async for each in ask(request)]
    assert not (tmp_path / "salvaged").exists()


async def test_what_is_taken_over_holds_the_original_and_says_whose_it_is(office):
    office.verbs = dict(SalvageDesk(office.recorder, office.journal, office.folder).verbs())
    (original,) = records(7, 1)
    given = {"gateway": "urn:dead", "epoch": DEAD.hex(), "records": [original.to_bytes().hex()]}
    assert await office.ask("salvage", **given) == [{"new": 1, "known": 0}]
    (kept,) = await office.records("salvaged")
    assert (kept.device, kept.quality) == (original.device, "salvaged")
    assert kept.values == {
        "gateway": "urn:dead", "epoch": DEAD, "number": 7, "of": original.kind,
        "at_ms": original.wall_ms, "record": original.to_bytes(),
    }  # fmt: skip
    assert (office.folder / "salvaged" / DEAD.hex()).read_text() == f"{kept.number}\n"
