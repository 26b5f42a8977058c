"""The processes of a demo or scenario: started with a log file each, stopped in reverse order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Self

STOP_TIMEOUT_S = 10.0
"""The agent promises to end within 5 s; a loaded machine gets twice that."""

START_TIMEOUT_S = 20.0
"""The agent promises a tenth of a second; a loaded machine gets much more."""

_LOG_LINES = 15


class ProcessFailed(Exception):
    """A process ended that should run, or a command failed; the text holds its last words."""


def program(name: str) -> str:
    """Return the path of an installed console script beside this Python."""
    return str(Path(sys.executable).with_name(name))


@contextmanager
def ends_orderly() -> Iterator[None]:
    """Let SIGTERM unwind this process as Ctrl-C does, so that its children are stopped."""

    def leave(number: int, _: object) -> NoReturn:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def termination_held() -> Iterator[None]:
    """Let SIGTERM wait until a child that is being started is known, and can be stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if came:
            signal.raise_signal(signal.SIGTERM)


@dataclass(slots=True)
class Processes:
    """Children by name. Leaving the context stops all of them."""

    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start a child; what it prints goes to NAME.log."""
        with (self.logs / f"{name}.log").open("wb") as log, termination_held():
            self.running[name] = subprocess.Popen(  # noqa: S603  our own programs
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,  # Ctrl-C reaches us alone: we stop them in order
            )

    def command(
        self, argv: Sequence[str], *, ok: Sequence[int] = (0,), env: Mapping[str, str] | None = None
    ) -> str:
        """Run a command to its end and return what it printed; ProcessFailed otherwise."""
        environ = {**os.environ, **(env or {})}
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environ)  # noqa: S603
        if done.returncode not in ok:
            words = " ".join(argv[:3])
            raise ProcessFailed(f"{words} … ended with {done.returncode}:\n{done.stderr.strip()}")
        return done.stdout

    def check(self) -> None:
        """Raise ProcessFailed when a child has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise ProcessFailed(
                    f"{name} ended with {process.returncode}; its last words:\n{self.tail(name)}"
                )

    def await_path(self, path: Path) -> None:
        """Return once `path` is there; ProcessFailed when a child ends or it takes too long."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not path.exists():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{path} did not appear within {START_TIMEOUT_S:g} s")
            time.sleep(0.05)

    def kill(self, name: str) -> None:
        """End a child with SIGKILL, as a power cut would."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def stop(self, name: str) -> int:
        """End a child with SIGTERM, or SIGKILL when it does not listen; return its exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def tail(self, name: str) -> str:
        """Return the last lines of a child's log."""
        text = (self.logs / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-_LOG_LINES:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(list(self.running)):
            self.stop(name)
