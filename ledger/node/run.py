"""The process: signals, log lines, and one node between start and stop."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from ledger.base.node_files import NodeFiles
from ledger.node.assembly import open_node
from ledger.node.node import Surroundings

LOG_FORM = "%(levelname)s: %(message)s"
"""The journal adds the time itself."""


async def run(files: NodeFiles, around: Surroundings) -> None:
    """Run the node until SIGTERM or SIGINT; what ends it before that passes through."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_node(files, around) as node:
        work = asyncio.create_task(node.run(), name="node")
        asked = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not work.done():
            around.notifier.stopping()
            work.cancel()
        with suppress(asyncio.CancelledError):
            await work
