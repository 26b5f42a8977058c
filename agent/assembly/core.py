"""The composition root: what must be there first.

device → driver → collector → recorder → journal → batcher → outbox → forwarder → light client.
Here are recorder, journal and batcher: with them alone the record of the start is made durable and
signed. The others follow in `agent` and `sealing`, which are loaded after that. Nothing here waits
for anything but the journal: there may be no event loop yet (`late_loop`).
Parts get what they need by name; nothing is global.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from agent.assembly.start import (
    declare_loss,
    declare_predecessor,
    declare_torn_tail,
    note_start,
    tell,
    tell_of_blocks,
)
from agent.assembly.world import Core, World
from agent.chain.author import GatewayAuthor
from agent.chain.batcher import Batcher, any_urgent
from agent.chain.batcher import Limits as BatchLimits
from agent.chain.ready_epoch import finish
from agent.clock.clock import Clock
from agent.clock.kernel import boot_id
from agent.config.settings import Config
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import JournalUnavailable
from agent.journal.places import FILE_NAME
from agent.journal.recorder import Recorder
from agent.journal.retention import Limits
from agent.journal.ring_journal import RingJournal
from agent.machine.spare import give_up_if_full
from agent.signing.identity import BOOT_FILE, Identity, count_boot, load_or_make
from agent.signing.key_store import KeyStore
from agent.signing.signer import SignerAway
from agent.signing.succession import Succession
from foundation.notify import Progress
from foundation.release import RELEASED

log = logging.getLogger(__name__)


def identify(config: Config, world: World) -> Identity:
    """Return who this gateway is, in its newest epoch; a full disk gives up its spare space."""
    state_dir = config.gateway.state_dir
    if give_up_if_full(state_dir):
        log.error("the disk of %s is full: the space kept for this start is released", state_dir)
    finish(state_dir)
    return load_or_make(state_dir, world.entropy)


async def build_core(
    config: Config, world: World, identity: Identity, journal: AsyncJournal
) -> Core:
    """Find out where the order of records goes on, and put this start into it."""
    state_dir = config.gateway.state_dir
    tell(journal.opened)
    tell_of_blocks(state_dir)
    last = await journal.last()
    boot = count_boot(state_dir, boot_id(world.proc), last.boot if last else None)
    clock = Clock(world.clock, boot.number, RELEASED)
    progress = Progress(world.host.timing.monotonic)
    recorder = Recorder(journal, clock, world.host.timing, progress, window=config.journal.window)
    await recorder.open()
    previous = None if last is None else "orderly" if last.kind == "shutdown" else "unexpectedly"
    await note_start(recorder, config, boot, previous)
    await declare_torn_tail(journal, recorder, last)
    await declare_loss(journal.opened, recorder, last)
    if last is None:
        await declare_predecessor(state_dir, identity, recorder)
    store = KeyStore(config.signing.identifier, config.signing.token)
    succession = Succession.of(state_dir, store)
    author = GatewayAuthor(identity, succession)
    limits = BatchLimits(config.batch.records, config.batch.seconds)
    batcher = Batcher(journal, author, clock, world.entropy, limits)
    recorder.listen(lambda records: batcher.committed(records, urgent=any_urgent(records)))
    return Core(identity, boot, clock, progress, journal, recorder, succession, batcher)


async def seal_start(core: Core) -> None:
    """Make `boot` and what came before it durable and signed, before all else is even loaded.

    A disk that does not take it, or a token that is away, is a state, not a failed start: the
    tasks try it again.
    """
    await core.recorder.commit()
    with suppress(JournalUnavailable, SignerAway):
        await core.batcher.seal_all()


def open_journal(config: Config, epoch: bytes) -> RingJournal:
    """Open the journal within the limits of the configuration."""
    settings = config.storage
    return RingJournal(
        config.gateway.state_dir / FILE_NAME,
        epoch,
        config.journal.ring_bytes,
        alarm_bytes=settings.alarm_reserve_bytes,
        limits=Limits(settings.archive_bytes, settings.alarm_bytes),
        used=(config.gateway.state_dir / BOOT_FILE).exists(),
        erases=bool(config.privacy.rules),
    )
