"""A gateway on the bench: a card, the machine it is in, and what its agent says of itself."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from hil.boot import last_words
from hil.boot.boards import VIRT, Board
from hil.boot.card import Card
from hil.boot.card_bench import PROFILE, SERIALS, CardBench
from hil.boot.console import Console, GuestSilent
from hil.boot.machine import KERNEL_LOG, QEMU_LOG, Machine
from hil.boot.nbd_disk import NbdDisk
from hil.boot.patience import patient

CONFIRM_TIMEOUT_S = 300.0
"""From power on to the first confirmed record: under a minute on an idle machine."""

DEVICES_TIMEOUT_S = 120.0
POLL_S = 1.0
STATUS = "systemctl is-active -q tallyman.service && tallyman status --json 2>/dev/null"
SHOWN = 40
"""Records that are held against those after an incident: some seconds' worth."""

LAST_WORDS = "systemctl --failed --no-legend; journalctl -b -n 300 --no-pager -o short-monotonic"
LOG_TIMEOUT_S = 180.0
"""journalctl reads a log from a card, in a guest that may be busy with what went wrong."""


@dataclass(slots=True)
class Gateway:
    """A card with a seed; on most boards it forgets at a power cut what was not flushed."""

    bench: CardBench
    card: Card
    rng: random.Random
    board: Board = VIRT
    _machine: Machine | None = field(default=None, init=False)
    _disk: NbdDisk | None = field(default=None, init=False)

    @classmethod
    def blank(
        cls, bench: CardBench, built: Card, label: str, rng: random.Random, board: Board = VIRT
    ) -> Gateway:
        """Return one that was never on: a fresh copy of the card, with a token of its own."""
        card = built.copy(bench.folder / f"{label}.img")
        card.put_seed(bench.consortium.seed(label, PROFILE))
        return cls(bench, card, rng, board)

    @property
    def is_on(self) -> bool:
        """Whether its machine runs."""
        return self._machine is not None

    @property
    def machine(self) -> Machine:
        """The machine; it must be on."""
        assert self._machine is not None, "the gateway is off"
        return self._machine

    @property
    def console(self) -> Console:
        """Its root shell."""
        return self.machine.console

    def power_on(self, extra: Sequence[str] = ()) -> float:
        """Switch on, and return the seconds until a shell answered."""
        self.switch_on(extra)
        return self.machine.await_shell()

    def switch_on(self, extra: Sequence[str] = ()) -> None:
        """Switch on with every part plugged in, and wait for nothing."""
        folder = self.bench.folder
        boot = self.card.boot(folder, self.board)
        self._machine = Machine(folder, self._insert(), boot, self.board, SERIALS, extra)
        self._machine.start()
        if self.board.usb_ports:
            self._machine.plug()
            self.bench.connect(self._machine)

    def _insert(self) -> str:
        """Return what QEMU opens as the card."""
        if not self.board.forgetful:
            return str(self.card.image)
        self._disk = NbdDisk(self.card.image, self.bench.folder / "card.nbd", self.rng)
        self._disk.start()
        return f"nbd+unix:///?socket={self._disk.path}"

    def power_cut(self) -> int:
        """Pull its power plug; return how many writes were lost, as nothing had flushed them."""
        if self._machine is None:
            return 0
        self.bench.pull()
        self._machine.power_cut()
        self._machine = None
        disk, self._disk = self._disk, None
        if disk is None:
            return 0
        disk.stop()
        return disk.cut()

    def status(self) -> dict[str, Any] | None:
        """Return what `tallyman status --json` says; None while no agent answers."""
        done = self.console.run(STATUS)
        if done.status != 0:
            return None
        try:
            return dict(json.loads(done.output[done.output.find("{") :]))
        except ValueError:  # the kernel said something in between
            return None

    def statuses(self, timeout: float) -> Iterator[dict[str, Any]]:
        """Yield its status for `timeout` s; half of that time the guest is left alone."""
        start = time.monotonic()
        while (asked := time.monotonic()) - start < patient(timeout):
            now = self.status()
            if now is not None:
                yield now
            time.sleep(max(POLL_S, time.monotonic() - asked))

    def records(self) -> int:
        """Return how many records it has made; its agent must run."""
        now = self.status()
        if now is None:
            raise GuestSilent("the agent does not answer")
        return int(now["journal"]["records"])

    def shown(self, since: int) -> dict[int, str]:
        """Return up to SHOWN records from number `since` on, as a person at it is shown them."""
        command = f"tallyman journal --json --since {since} 2>/dev/null | head -n {SHOWN}"
        done = self.console.run(command)
        lines = [line for line in done.output.splitlines() if line.startswith("{")]
        return {int(json.loads(line)["n"]): line for line in lines}

    def await_confirmed(self, records: int, timeout: float = CONFIRM_TIMEOUT_S) -> float:
        """Return the seconds until over `records` records were confirmed by the ledger."""
        start = time.monotonic()
        last: dict[str, Any] = {}
        for last in self.statuses(timeout):
            if (last["journal"]["confirmed_upto"] or 0) > records:
                return time.monotonic() - start
        raise GuestSilent(f"{records} records were not confirmed: {last}")

    def await_devices(self) -> None:
        """Return once every device runs that its board can reach."""
        states: dict[str, str] = {}
        for now in self.statuses(DEVICES_TIMEOUT_S):
            states = {each["name"]: each["state"] for each in now["devices"]}
            if all(states.get(name) == "running" for name in self.board.devices):
                return
        raise GuestSilent(f"not all devices run: {states}")

    def keep_log(self, drill: str) -> None:
        """Keep what guest, kernel and QEMU said for whoever finds out why a drill failed."""
        folder = self.bench.folder
        said = {"the guest": self._log(), "its kernel": last_words.of_file(folder / KERNEL_LOG)}
        last_words.keep(drill, {**said, "QEMU": last_words.of_file(folder / QEMU_LOG)})

    def _log(self) -> str:
        if not self.is_on:
            return "it was off"
        try:
            return self.console.run(LAST_WORDS, LOG_TIMEOUT_S).output
        except (GuestSilent, OSError) as error:
            return f"it did not tell its log: {error}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            self.keep_log("end")
        self.power_cut()
