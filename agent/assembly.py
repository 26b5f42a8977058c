"""The composition root: what must be there first, and the life of the whole.

device → driver → collector → recorder → journal → batcher → outbox → forwarder → light client.
Here are recorder, journal and batcher: with them alone the record of the start is made durable and
signed. The others follow in `assembly_agent` and `assembly_upstream`, which are loaded after that.
Parts get what they need by name; nothing is global.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent import epochs
from agent.author import GatewayAuthor
from agent.batcher import Batcher, any_urgent
from agent.batcher import Limits as BatchLimits
from agent.clock import Clock, SystemClock
from agent.config import Config
from agent.config_devices import Catalog
from agent.durable import LOCK_NAME, lock_file, make_state_dir
from agent.errors import AgentError
from agent.evidence.leaf import Record
from agent.identity import Boot, Entropy, Identity, count_boot, load_or_make
from agent.journal.journal import JournalUnavailable
from agent.journal.recorder import Recorder
from agent.journal.retention import Limits
from agent.journal.ring import Opened
from agent.journal.ring_journal import RingJournal
from agent.journal.ring_reader import FILE_NAME
from agent.journal.thread import JournalThread
from agent.kernel_clock import KernelClock, boot_id
from agent.notify import Progress
from agent.signing.key_store import KeyStore
from agent.signing.signer import SignerAway
from agent.signing.succession import Succession
from agent.spare import give_up_if_full
from agent.version import VERSION
from drivers.driver import Host

log = logging.getLogger(__name__)

INDEX_STEP = 4096  # bytes; unixShmMap in SQLite's os_unix.c


@dataclass(frozen=True, slots=True)
class World:
    """What the agent needs of the world outside; tests replace it part by part."""

    catalog: Catalog
    host: Host = field(default_factory=Host)
    clock: SystemClock = field(default_factory=KernelClock)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    entropy: Entropy = os.urandom
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")


@dataclass(frozen=True, slots=True)
class Core:
    """The parts that hold the gateway's order of records."""

    identity: Identity
    boot: Boot
    clock: Clock
    progress: Progress
    thread: JournalThread
    journal: RingJournal
    recorder: Recorder
    succession: Succession
    batcher: Batcher


async def run(config: Config, world: World, on_stopping: Callable[[], None]) -> AgentError | None:
    """Live until a signal or until an essential task fails for good; return the failure, if any.

    `on_stopping` is called when the end begins. Raises AgentError when it cannot start.
    """
    state_dir = config.gateway.state_dir
    make_state_dir(state_dir)
    with lock_file(state_dir / LOCK_NAME):
        thread = JournalThread()
        try:
            core = await build_core(config, world, thread)
            try:
                await seal_start(core)
                from agent.assembly_agent import build_agent, live  # noqa: PLC0415  half of the code: later

                agent = build_agent(config, world, core)
                try:
                    return await live(agent, config, world, on_stopping)
                finally:
                    agent.upstream.close()
            finally:
                await thread.run(core.journal.close)
        finally:
            world.host.close()
            thread.close()


async def build_core(config: Config, world: World, thread: JournalThread) -> Core:
    """Open what is durable, and find out where the order of records goes on."""
    state_dir = config.gateway.state_dir
    if give_up_if_full(state_dir):
        log.error("the disk of %s is full: the space kept for this start is given up", state_dir)
    epochs.finish(state_dir)
    identity = load_or_make(state_dir, world.entropy)
    journal = await thread.run(open_journal, config, identity.epoch)
    tell(journal.opened)
    tell_of_blocks(state_dir)
    last = await thread.run(journal.last)
    boot = count_boot(state_dir, boot_id(world.proc), last.boot if last else None)
    clock = Clock(world.clock, boot.number)
    progress = Progress(world.host.timing.monotonic)
    recorder = Recorder(
        journal, thread, clock, world.host.timing, progress, window=config.journal.window
    )
    await recorder.open()
    previous = None if last is None else "orderly" if last.kind == "shutdown" else "unexpectedly"
    await note_start(recorder, config, boot, previous)
    await declare_torn_tail(journal, thread, recorder, last)
    if last is None:
        await declare_predecessor(state_dir, identity, recorder)
    store = KeyStore(config.signing.identifier, config.signing.token)
    succession = Succession.of(state_dir, store)
    author = GatewayAuthor(identity, succession)
    limits = BatchLimits(config.batch.records, config.batch.seconds)
    batcher = Batcher(journal, thread, author, clock, world.entropy, limits)
    recorder.listen(lambda records: batcher.committed(records, urgent=any_urgent(records)))
    return Core(identity, boot, clock, progress, thread, journal, recorder, succession, batcher)


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
    )


def tell(opened: Opened) -> None:
    """Say in the log what opening the journal found that is not everyday."""
    if opened.made:
        log.info("made the journal's ring; record %d is next", opened.next_number)
    if opened.torn:
        log.warning(
            "a write of the last run was cut short: %d blocks with records from %d on are dropped; "
            "none of them was acknowledged",
            opened.torn,
            opened.next_number,
        )


def tell_of_blocks(state_dir: Path) -> None:
    """Say where a full disk could end this process: SQLite shares its index by mmap.

    It writes to every 4096th byte beforehand, and has the block around it. Of smaller blocks the
    rest is taken only when it is written to, and where none is left that is SIGBUS.
    """
    size = os.statvfs(state_dir).f_bsize
    if size < INDEX_STEP:
        log.warning(
            "%s has blocks of %d bytes: when its disk is full the agent may crash and start again; "
            "make such a disk with mkfs.ext4 -b %d",
            state_dir,
            size,
            INDEX_STEP,
        )


async def note_start(recorder: Recorder, config: Config, boot: Boot, previous: str | None) -> None:
    """Put `boot` and `config` first into this run's part of the order."""
    cause = "first start" if previous is None else "agent restart"
    values = {"version": VERSION, "cause": "machine start" if boot.new and previous else cause}
    if previous is not None:
        values["previous"] = previous
    await recorder.note("boot", values)
    await recorder.note("config", {"digest": config.digest, "devices": len(config.devices)})


async def declare_torn_tail(
    journal: RingJournal, thread: JournalThread, recorder: Recorder, last: Record | None
) -> None:
    """Put a `gap` into the order for what a power cut left half-written, unless there is one."""
    tail = await thread.run(journal.undeclared)
    if tail is not None:
        since = {} if last is None else {"from_ms": last.wall_ms}
        await recorder.note("gap", tail.values() | since)


async def declare_predecessor(state_dir: Path, identity: Identity, recorder: Recorder) -> None:
    """Put a `gap` into the order of a gateway that took another's place.

    What that one had recorded and not sent is unknown here, and no list of batches would tell.
    """
    follows = identity.follows
    if follows is None or (state_dir / epochs.EPOCHS / follows.epoch.hex()).exists():
        return
    reason = f"{follows.reason}; what the gateway before had recorded and not sent is missing"
    await recorder.note("gap", {"state": "closed", "reason": reason})
