"""A root shell in the guest: systemd's own debug shell, switched on by the kernel's command line.

The image under test needs no change for it, and nothing of it listens on a network.
"""

from __future__ import annotations

import re
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from hil.boot.patience import patient

PROMPT_EVERY_S = 2.0
"""Longer than a guest takes to answer, or it would never catch up."""

TIMEOUT_S = 60.0
"""For a command; Python takes seconds to start in a guest."""

READ_SIZE = 65536

PLAIN_SHELL = "stty -echo; export TERM=dumb SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat PS1=; exec sh"
"""dash for bash: a line editor eats what is typed while a command runs."""


class GuestSilent(Exception):
    """The guest did not answer in time; the text ends with what it said last."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command in the guest ended."""

    status: int
    output: str


class Console:
    """The guest's end of one character device. Timeouts are those of an idle machine."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._heard = ""

    def await_shell(self, timeout: float) -> None:
        """Return once a shell answers; it is asked again and again, as early words get lost."""
        mark = uuid.uuid4().hex
        start = time.monotonic()
        self._heard = ""
        while time.monotonic() - start < patient(timeout):
            self._type(f"{PLAIN_SHELL}\nprintf '%s\\n' {mark[:16]}''{mark[16:]}")
            if self._hear(mark, patient(PROMPT_EVERY_S)) is not None:
                self.run("true")  # by its end all that was typed too early is done
                return
        raise GuestSilent(f"no shell within {timeout:g} s; last words: {self._heard[-500:]!r}")

    def run(self, command: str, timeout: float = TIMEOUT_S) -> Done:
        """Run a shell command in the guest."""
        mark = uuid.uuid4().hex
        # The mark is said in two halves, so that an echo of the command is not taken for its end.
        self.say(f"{command}\nprintf '\\n%s%s:%s\\n' {mark[:16]} {mark[16:]} $?")
        found = self._hear(rf"\n{mark}:(\d+)", patient(timeout))
        if found is None:
            raise GuestSilent(f"{command!r} took over {timeout:g} s: {self._heard[-500:]!r}")
        output = found.string[: found.start()]
        return Done(int(found[1]), output.replace("\r\n", "\n").strip("\r\n"))

    def await_true(self, command: str, timeout: float, every: float = 0.5) -> float:
        """Return the seconds until `command` ended with 0."""
        start = time.monotonic()
        while time.monotonic() - start < patient(timeout):
            if self.run(command).status == 0:
                return time.monotonic() - start
            time.sleep(every)
        raise GuestSilent(f"{command!r} was not true within {timeout:g} s")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def say(self, text: str) -> None:
        """Type a line, and wait for nothing."""
        self._heard = ""
        self._type(text)

    def _type(self, text: str) -> None:
        self._socket.sendall(text.encode() + b"\n")

    def _hear(self, pattern: str, timeout: float) -> re.Match[str] | None:
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            if found := re.search(pattern, self._heard):
                return found
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(READ_SIZE)
            except TimeoutError:
                return None
            if not data:
                raise GuestSilent(f"the machine is gone; last words: {self._heard[-500:]!r}")
            self._heard += data.decode(errors="replace")
        return None
