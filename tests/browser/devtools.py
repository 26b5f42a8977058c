"""A browser without a window, told what to do over a pipe: the Chrome DevTools Protocol.

Commands and events are JSON, each ended by a NUL; Chromium reads them from descriptor 3 and writes
to 4 (`--remote-debugging-pipe`).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import suppress
from typing import Any, Self

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    "--remote-debugging-pipe",
)  # fmt: skip
CHUNK = 1 << 16


class BrowserError(Exception):
    """The browser refused a command, or is gone."""


class Browser:
    """One page in one browser; `events` are those that it told so far."""

    def __init__(self, program: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        argv = [program, *FLAGS, f"--user-data-dir={self._profile.name}"]
        shell = f'exec 3<&{theirs_in} 4>&{theirs_out}; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "bash", *argv],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer = b""
        self._number = 0
        self._session = ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        with suppress(BrowserError):
            self.ask("Browser.close")
        self._process.wait()
        self._profile.cleanup()

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Give a command; return its result."""
        self._number += 1
        told: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._out, json.dumps(told).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") != self._number:
                self.events.append(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']}")
            else:
                return dict(answer["result"])

    def open(self, url: str) -> None:
        """Go to a page; return once it is loaded."""
        self.events.clear()
        self.ask("Page.navigate", url=url)
        while not any(each["method"] == "Page.loadEventFired" for each in self.events):
            self.events.append(self._next())

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression comes to; a promise is waited for."""
        told = self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            raise BrowserError(str(told["exceptionDetails"]))
        return told["result"].get("value")

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._in, CHUNK)
            if not data:
                raise BrowserError("the browser has ended")
            self._buffer += data
        told, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(told))
