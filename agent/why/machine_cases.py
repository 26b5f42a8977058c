"""What is to be judged of clock, disk and supply. Reads files, changes none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from agent.clock.causes import CAUSES as CLOCK
from agent.clock.causes import NONE_CONFIGURED, ClockFacts, ReceiverFacts
from agent.clock.kernel import KernelClock
from agent.desks.status import Status
from agent.journal.causes import CAUSES as STORE
from agent.journal.causes import StoreFacts
from agent.journal.places import FILE_NAME, ring_path
from agent.machine.board import disk_space, power, soc_temperature
from agent.machine.causes import POWER, WORN, CardFacts, PowerFacts
from agent.records.duration import duration
from agent.signing.identity import BOOT_FILE
from agent.why.heard import Contact
from agent.why.judge import Case, Named
from agent.why.named import last_words
from agent.why.patience import LOOK_WITHIN, within
from agent.why.question import Known
from foundation.release import RELEASED


def clock(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the clock."""
    status = known.status if known.heard.contact is Contact.ANSWERED else None
    kernel = KernelClock()
    early = known.now_ms < RELEASED.timestamp() * 1000
    facts = ClockFacts(kernel_ms=kernel.ntp_bound_ms(), asked=True, early=early)
    if status is not None:
        told = status.clock
        facts = ClockFacts(
            told.source,
            told.bound_ms is not None,
            [
                f"{each.source} is {duration(abs(each.differs_ms))} "
                f"{'ahead' if each.differs_ms > 0 else 'behind'} of {told.source}"
                for each in told.disputes
            ],
            facts.kernel_ms,
            asked=True,
            early=early,
            receivers=_without_time(known),
        )
    return [Case("clock", CLOCK, facts)]


def no_receiver(known: Known) -> Case[Any]:
    """Return what is to be judged of `gps` where no receiver is known."""
    sure = known.config is not None or known.status is not None
    return Case("gps", (NONE_CONFIGURED,), ReceiverFacts(0 if sure else None))


def _without_time(known: Known) -> list[str]:
    """Return what receivers say that give no time now."""
    named = (known.device(name) for name in known.receivers)
    return [f"{each.name}: {each.detail}" for each in named if each is not None and not each.well]


def store(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of the disk under the journal."""
    status = known.status
    named = [] if status is None else _of_store(status)
    answered = known.heard.contact is Contact.ANSWERED
    fine = answered and status is not None and status.storage.state == "ok" and not named
    well = "the agent finds nothing wrong with its disk" if fine else ""
    names = {"folder": str(known.state_dir)}
    return [
        Case("store", STORE, _store_facts(known), [*named, *last_words(known, STORE)], well, names),
        Case("store", (WORN,), _card_facts(status)),
    ]


def _of_store(status: Status) -> list[Named]:
    storage, journal = status.storage, status.journal
    if storage.cause:
        return [Named(storage.cause, storage.error or storage.state, storage.advice)]
    if journal.failing_since_ms is not None:
        return [Named("store.failing", journal.error, journal.advice)]
    return []


def _store_facts(known: Known) -> StoreFacts:
    """Return what the state folder shows; all of it unknown where its disk does not answer."""
    folder = known.state_dir
    found = within(LOOK_WITHIN, lambda: _seen_in(folder, known))
    return StoreFacts(str(folder)) if found is None else found


def _seen_in(folder: Path, known: Known) -> StoreFacts:
    if not folder.exists():
        return StoreFacts(str(folder), there=False)
    try:
        space = disk_space(folder)
        return StoreFacts(
            str(folder),
            there=True,
            free=space.free,
            total=space.total,
            read_only=bool(os.statvfs(folder).f_flag & os.ST_RDONLY),
            ring=ring_path(folder / FILE_NAME).exists(),
            used=(folder / BOOT_FILE).exists(),
            allowed=known.machine.may_open(str(folder)),
        )
    except OSError:
        return StoreFacts(str(folder), there=True)


def _card_facts(status: Status | None) -> CardFacts:
    return CardFacts() if status is None else CardFacts(status.card.years, status.card.own_words)


def power_of(known: Known) -> list[Case[Any]]:
    """Return what is to be judged of supply and heat: as the agent saw it, or as the board says."""
    status = known.status if known.heard.contact is Contact.ANSWERED else None
    if status is not None:
        told = status.power
        return [Case("power", POWER, PowerFacts(told.under_voltage, told.flags, told.celsius))]
    supply = power(known.sys)
    facts = PowerFacts(
        None if supply is None else supply.under_voltage,
        None if supply is None else supply.flags,
        soc_temperature(known.sys),
    )
    return [Case("power", POWER, facts)]
