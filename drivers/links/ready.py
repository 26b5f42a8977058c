"""Waiting in the event loop until a file descriptor can be read or written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


async def readable(fd: int) -> None:
    """Return once there is something to read, or an end; one waits at a time."""
    loop = asyncio.get_running_loop()
    await _watched(fd, loop.add_reader, loop.remove_reader)


async def writable(fd: int) -> None:
    """Return once something can be written; one waits at a time."""
    loop = asyncio.get_running_loop()
    await _watched(fd, loop.add_writer, loop.remove_writer)


async def received(fd: int, receive: Callable[[], bytes], within: float) -> bytes:
    """Return what `receive` has once that is something, or nothing after `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while True:
                await readable(fd)
                if data := receive():
                    return data
    except TimeoutError:
        return b""


async def _watched(fd: int, watch: Callable[..., Any], forget: Callable[[int], Any]) -> None:
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    watch(fd, _wake, ready)
    try:
        await ready
    finally:
        forget(fd)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
