"""Asking tests in a scratch copy, in processes that may hang and leave others behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from enum import IntEnum
from pathlib import Path

from foundation.errors import Fatal
from hil.code_mutants.scratch import MARK, Scratch

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "hil.code_mutants.pytest_plugin")
GRACE_S = 15.0  # for tests that are interrupted, to stop what they started


class Exit(IntEnum):
    """How pytest ends (pytest.ExitCode)."""

    PASSED = 0
    FAILED = 1
    NOTHING_ASKED = 5


async def pytest_in(
    scratch: Scratch, arguments: Sequence[str], within: float | None, **variables: str
) -> int | None:
    """Run pytest in the copy, and end all that it leaves; return its exit code, None if it hung.

    What it printed is in `output` of the copy's folder.
    """
    with (scratch.folder / "output").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            scratch.python, *PYTEST, f"--basetemp={scratch.folder / 't'}", *arguments,
            cwd=scratch.tree, env=scratch.environment(**variables), start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        return await asyncio.wait_for(process.wait(), within)
    except TimeoutError:
        await _interrupt(process)
        return None
    finally:
        for pid in _left_by(scratch):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.wait()


async def _interrupt(process: asyncio.subprocess.Process) -> None:
    with suppress(TimeoutError, ProcessLookupError):
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), GRACE_S)


def _left_by(scratch: Scratch) -> Sequence[int]:
    """Return the processes that run with this copy's mark, pytest among them."""
    mark = f"{MARK}={scratch.folder}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone, or another user's
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def last_words(scratch: Scratch, code: int | None) -> Fatal:
    """Return the error that says that pytest could not do its work."""
    text = (scratch.folder / "output").read_text(errors="replace")
    lines = "\n".join(text.strip().splitlines()[-5:])
    return Fatal(
        f"pytest ended with {code} in a copy without a mistake: {lines}",
        advice="run the tests of this checkout first: make test",
    )
