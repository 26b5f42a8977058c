"""Waiting until what a person has recorded is durable, but not for a disk that takes nothing."""

from __future__ import annotations

import asyncio

from agent.journal.recorder import Recorder
from foundation.errors import Retry

PATIENCE = 10.0  # s; who asks at the control socket waits for 15


class NotDurable(Retry):
    """It is in memory alone: the disk does not take it now."""


async def durable(recorder: Recorder) -> None:
    """Return once all that was recorded survives a power cut; NotDurable after PATIENCE."""
    try:
        async with asyncio.timeout(PATIENCE):
            await recorder.flush()
    except TimeoutError:
        state = recorder.state
        why = state.error or "the disk is slow to answer"
        raise NotDurable(
            f"it waits in memory and would not survive a power cut: {why}",
            advice=state.advice or "wait, and look again: tallyman status",
        ) from None
