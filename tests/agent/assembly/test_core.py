"""What a start finds of the runs before: who it is, where the order goes on, what is durable."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from agent.assembly.core import identify, seal_start
from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.signing.identity import BOOT_FILE, IDENTITY_FILE, Identity, load, to_text
from agent.signing.signer import SignerAway
from tests.agent.assembly.joined import BARE, configured, started, world_of
from tests.agent.fakes import settle

NEW_EPOCH = bytes(range(16))


def test_an_epoch_that_was_made_ready_takes_its_place_with_the_start(tmp_path):
    config = configured(tmp_path, BARE)
    state = config.gateway.state_dir
    state.mkdir()
    old = identify(config, world_of())
    ready = state / "epochs" / "ready"
    ready.mkdir(parents=True)
    (ready / IDENTITY_FILE).write_text(to_text(Identity(old.gateway, NEW_EPOCH)))
    assert identify(config, world_of()).epoch == NEW_EPOCH
    assert load(state / "epochs" / old.epoch.hex() / IDENTITY_FILE).epoch == old.epoch
    assert not ready.exists()


async def test_where_the_count_of_boots_is_lost_the_newest_record_keeps_it(tmp_path):
    async with started(tmp_path, BARE) as rig:
        first = rig.core.boot.number
    (tmp_path / "state" / BOOT_FILE).unlink()
    async with started(tmp_path, BARE) as rig:
        assert (rig.core.boot.number, rig.core.boot.new) == (first + 1, True)
        (record,) = await rig.journal.records(2, 1)
        assert (record.number, record.boot) == (2, first + 1)


async def test_a_journal_that_is_gone_is_no_new_one(tmp_path):
    async with started(tmp_path, BARE):
        pass
    for path in (tmp_path / "state").glob("journal.*"):
        path.unlink()
    with pytest.raises(JournalDamaged):
        async with started(tmp_path, BARE):
            pass


async def test_an_alarm_is_sealed_as_soon_as_it_is_durable(tmp_path):
    async with started(tmp_path, BARE) as rig:
        run = {each.name: each.run for each in rig.agent.tasks}
        sealing = asyncio.create_task(run["batcher"]())
        await settle()
        await rig.journal.count()  # behind what the task begins with
        await rig.core.recorder.note("alarm", {"rule": "high"}, device="cold-1")
        await rig.core.recorder.commit()
        async with asyncio.timeout(60):
            while (await rig.journal.head()).seq == 0:
                await asyncio.sleep(0.01)
        head = await rig.journal.head()
        assert (head.first, head.count, head.urgent) == (2, 1, True)
        sealing.cancel()


@pytest.mark.parametrize(
    "error", [JournalUnavailable("the disk is full"), SignerAway("no token"), None]
)
async def test_what_does_not_take_the_start_s_batch_is_tried_again_later(error):
    calls = []

    async def commit():
        calls.append("commit")

    async def seal_all():
        calls.append("seal")
        if error is not None:
            raise error

    recorder, batcher = SimpleNamespace(commit=commit), SimpleNamespace(seal_all=seal_all)
    await seal_start(SimpleNamespace(recorder=recorder, batcher=batcher))
    assert calls == ["commit", "seal"]
