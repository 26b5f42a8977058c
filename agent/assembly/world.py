"""What the agent needs of the world, and what holds its order of records."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from agent.chain.batcher import Batcher
from agent.clock.clock import Clock, SystemClock
from agent.clock.kernel import KernelClock
from agent.config.devices import Catalog
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.signing.identity import Boot, Entropy, Identity
from agent.signing.succession import Succession
from drivers.driver import Host
from foundation.dataclass import dataclass
from foundation.notify import Progress


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
    journal: AsyncJournal
    recorder: Recorder
    succession: Succession
    batcher: Batcher
