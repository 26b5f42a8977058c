"""The guest's shell, heard through a socket."""

from __future__ import annotations

import re
import socket
import threading
import time

import pytest

from hil.boot.console import Console, GuestSilent


class Guest(threading.Thread):
    """A shell at the other end: it says `output`, then the mark it was asked for."""

    def __init__(self, path, output: str, status: int) -> None:
        super().__init__(daemon=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._output, self._status = output, status

    def run(self) -> None:
        connection, _ = self._server.accept()
        with self._server, connection:
            heard = ""
            while not (asked := re.search(r"(\w{16}) (\w{16}) \$\?", heard)):
                heard += connection.recv(65536).decode()
            words = f"{self._output}\r\n{asked[1]}{asked[2]}:{self._status}\r\n"
            for at in range(0, len(words), 1000):
                connection.sendall(words[at : at + 1000].encode())
            connection.recv(1)  # until the console hangs up


def console(tmp_path, output: str, status: int = 0) -> Console:
    guest = Guest(tmp_path / "console", output, status)
    guest.start()
    return Console(tmp_path / "console")


def test_output_and_status_are_the_commands(tmp_path):
    guest = console(tmp_path, "one\r\n\r\ntwo\r\n", 3)
    done = guest.run("false")
    assert (done.status, done.output) == (3, "one\n\ntwo")
    guest.close()


def test_a_long_log_is_heard_in_its_own_time(tmp_path):
    """The log that is to tell why a drill failed has hundreds of lines."""
    log = "\r\n".join(f"[{number:12.6f}] something happened" for number in range(3000))
    guest = console(tmp_path, log)
    spent = time.process_time()
    assert guest.run("journalctl").output.count("\n") == 2999
    assert time.process_time() - spent < 2.0  # of CPU; a search that is quadratic takes minutes
    guest.close()


def test_a_silent_guest_is_told_with_its_last_words(tmp_path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "console"))
    server.listen()
    guest = Console(tmp_path / "console")
    with pytest.raises(GuestSilent, match="took over"):
        guest.run("true", timeout=0.1)
    guest.close()
    server.close()
