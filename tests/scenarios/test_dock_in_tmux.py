"""A keeper's morning at two doors, on a terminal of 80 columns and 24 lines, with a kill in it."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import subprocess
import sys
import time
import tty
from pathlib import Path

import pytest

from agent.desks.control_client import Lost, NotRunning, ask_one
from foundation.columns import columns
from tests.agent.dock.goods import APPLE, P1, P2, P9, PEAR, item, plan

DEADLINE = 30.0  # s; two do on a free machine
ROOT = Path(__file__).parents[2]

CONFIG = """\
[gateway]
name = "warehouse-1"
state_dir = "state"
control = "control.sock"

[[read_point]]
name = "door 2"

[[read_point]]
name = "door 3"

[[device]]
name = "scanner"
kind = "barcode.serial"
port = "{port}"
read_point = "door 2"
debounce = 0.0
"""


def until(what):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")


class Terminal:
    """A tmux session of its own server, 80 × 24."""

    def __init__(self, folder: Path) -> None:
        self._server = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._run("new-session", "-d", "-x", "80", "-y", "24", "sh")
        self._run("send-keys", f"cd {shlex.quote(str(folder))}; PS1='$ '; clear", "Enter")

    def _run(self, *args: str) -> str:
        done = subprocess.run([*self._server, *args], capture_output=True, text=True, check=True)
        return done.stdout

    def type(self, line: str) -> None:
        self._run("send-keys", "-l", line)
        self._run("send-keys", "Enter")

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def shows(self, *words: str) -> str:
        """Return the screen once it has all these words; it is read as one line, as people do."""
        seen = ""

        def there() -> bool:
            nonlocal seen
            seen = self.screen()
            joined = " ".join(seen.split())
            return all(each in joined for each in words)

        try:
            until(there)
        except AssertionError:
            raise AssertionError(f"{words} not on the screen:\n{seen}") from None
        return seen

    def close(self) -> None:
        self._run("kill-server")


class Warehouse:
    """An agent with a scanner at door 2, whose port the test holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._gun, self._scanner = pty.openpty()
        tty.setraw(self._scanner)
        self.file = folder / "tallyman.toml"
        self.file.write_text(CONFIG.format(port=os.ttyname(self._scanner)))
        self.control = folder / "control.sock"
        self.agent: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "agent.cli.main", "run", "--config", str(self.file)]
        with (self.folder / "log").open("ab") as log:
            self.agent = subprocess.Popen(command, cwd=ROOT, stderr=log, stdout=log)
        until(self._ready)

    def _ready(self) -> bool:
        try:
            devices = ask_one(self.control, {"verb": "devices"})
        except (NotRunning, Lost):
            return False
        return [each["state"] for each in devices["devices"]] == ["running"]

    def kill(self) -> None:
        assert self.agent is not None
        self.agent.kill()
        self.agent.wait()

    def close(self) -> None:
        self.kill()
        os.close(self._gun)
        os.close(self._scanner)

    def scan(self, text: str) -> None:
        os.write(self._gun, f"{text}\r".encode())


@pytest.fixture
def terminal(tmp_path):
    if shutil.which("tmux") is None:
        assert os.environ.get("CI") != "true", "CI needs tmux"
        pytest.skip("no tmux on this machine: sudo apt install tmux")
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


@pytest.fixture
def warehouse(tmp_path):
    warehouse = Warehouse(tmp_path)
    yield warehouse
    warehouse.close()


def test_a_late_start_a_slip_a_kill_a_partial_delivery_and_two_doors(terminal, warehouse, tmp_path):
    tallyman = f"PYTHONPATH={ROOT} {sys.executable} -m agent.cli.main"
    config = f"--config {warehouse.file}"
    notice = tmp_path / "ASN1099.json"
    notice.write_bytes(plan((P1, [item(APPLE, 2)]), (P2, [item(PEAR, 2)]), order="PO-7"))
    warehouse.start()
    # The truck is there before the paper: its first pallet passes, and the check begins late.
    warehouse.scan(f"]C100{P1}")
    until(lambda: "barcode" in {r["kind"] for r in _records(warehouse)})
    dock = f"{tallyman} dock {config} --operator keeper-2"
    terminal.type(f"clear; {dock} ASN1099.json --read-point 'door 2'")
    screen = terminal.shows("0/4 expected", "1 scan passed", "count with p", "[a] accept")
    assert f"X34 missing: (00){P1} with 2 pieces" in screen
    terminal.type("p")
    terminal.shows(
        "2/4 expected", "0 read, 0 by hand, 2 believed as a label of their unit was read"
    )
    # A label of another pallet is typed as it stands below the bars, and taken back.
    terminal.type(f"(00) {P9[0]} {P9[1:8]} {P9[8:]}")
    terminal.shows("1 unexpected", "AE delivered, not advised")
    terminal.type("u")
    screen = terminal.shows(f"taken back: label (00){P9}", "2/4 expected, 0 unexpected")
    # Power goes; the conversation outlives it.
    warehouse.kill()
    terminal.shows("the check goes on when the agent is back")
    warehouse.start()
    time.sleep(2)
    terminal.type("d AF")
    terminal.shows("damaged: the delivery as a whole?")
    terminal.type("no")
    terminal.shows("nothing was noted")
    terminal.type("q")
    number = "R-" + terminal.shows("stays open").split("check R-")[1].split(" stays")[0]
    # On another day's terminal, by the number of the check.
    terminal.type(f"clear; {dock} {number}")
    screen = terminal.shows("2/4 expected, 0 unexpected", "[a] accept")
    assert len(screen.rstrip().splitlines()) <= 24
    terminal.type("a")
    terminal.shows("accept with 2 missing? y")
    terminal.type("y")
    screen = terminal.shows(f"receipt {number}: notice", "accepted", "2 of 4 pieces, X34")
    assert "\u2588" in screen  # with its QR code, on one screen
    assert "0 read, 0 by hand, 2 believed" in " ".join(
        line[:40].strip() for line in screen.splitlines()
    )
    # The rest comes at the other door.
    terminal.type(f"clear; {dock} ASN1099.json --read-point 'door 3'")
    terminal.shows("0/4 expected", f"of order PO-7: 2 of 4 with {number} (door 2)")
    terminal.type(P2)
    terminal.shows("2/4 expected", f"of order PO-7: 4 of 4 with {number}", "complete, as far as")
    terminal.type("a")
    terminal.shows("2 of 4 pieces", "4 of 4 of order PO-7 with")
    terminal.type(f"clear; {dock} {number}")
    screen = terminal.shows(f"receipt {number}: notice ASN1099 accepted", "X34 missing", "decided")
    assert max(map(len, screen.splitlines())) <= 80
    # The next keeper reads Chinese, and the receipt is told from the same records.
    terminal.type(f"clear; {dock} {number} --lang zh")
    screen = terminal.shows(f"收据 {number}：通知单 ASN1099 已接收", "X34 缺少", "door 2 决定")
    assert max(map(columns, screen.splitlines())) <= 80
    terminal.type(f"clear; {tallyman} dock {config}")
    terminal.shows("no check is open")


def _records(warehouse: Warehouse) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli.main", "journal", "--config", str(warehouse.file), "--json"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]
