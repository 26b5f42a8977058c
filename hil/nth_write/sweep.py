"""Every write fails once: `python -m hil.nth_write.sweep FAULT STEP SEED CONTROL`, under the shim.

For each call that changes the journal's files there is a run of one workload in which just this
call goes wrong. The workload does what the agent does: it asks for the same again. Afterwards the
journal must hold what was acknowledged, once each and in order. Runs are forked off one process,
as starting Python would take longer than all they do. Prints one JSON object.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from agent.journal.journal import Confirmation, JournalUnavailable, SealedBatch
from agent.journal.ring_journal import RingJournal
from evidence.leaf import Record
from foundation.errors import AgentError
from foundation.printing import say_json
from hil.power_cut.campaign import SCRATCH
from hil.power_cut.check import Acknowledged, check
from hil.power_cut.workload import ACKS, EPOCH, HONEST, RING_BYTES, Workload

SHIM = Path(__file__).parents[2] / "build" / "nth_write.so"
FAULTS = ("fail", "persist", "torn")
STEPS = 30
"""Commits, seals, confirmations and restarts in one run."""

ATTEMPTS = 3  # one call fails, so the second attempt succeeds; a third would be a fault of ours
_MISSED = 3  # exit code of a run that had fewer calls

T = TypeVar("T")


@dataclass(slots=True)
class Outcome:
    """How many calls were made to fail, and what did not hold then."""

    calls: int = 0
    failures: list[str] = field(default_factory=list)


class InsistingJournal(RingJournal):
    """Asks for the same again when the disk did not take it, as `Journal` says that one may."""

    def commit(self, records: Sequence[Record], *, reserve: bool = False) -> None:
        """See `Journal.commit`."""
        self.insist(partial(super().commit, records, reserve=reserve))

    def seal(self, batch: SealedBatch) -> None:
        """See `Journal.seal`."""
        self.insist(partial(super().seal, batch))

    def set_accepted(self, seqs: Sequence[int], at_ms: int, *, with_body: bool = True) -> None:
        """See `Journal.set_accepted`."""
        self.insist(partial(super().set_accepted, seqs, at_ms, with_body=with_body))

    def set_confirmed(
        self,
        confirmations: Sequence[Confirmation],
        checkpoint: bytes,
        at_ms: int,
        *,
        deferred: bool = False,
    ) -> None:
        """See `Journal.set_confirmed`."""
        confirm = super().set_confirmed
        self.insist(partial(confirm, confirmations, checkpoint, at_ms, deferred=deferred))

    def flush(self) -> None:
        """See `Journal.flush`."""
        self.insist(super().flush)

    def insist(self, action: Callable[[], None]) -> None:
        """Do the action in the end."""
        insist(action)


class CarelessJournal(InsistingJournal):
    """Takes a failure for a success: the control that the sweep must catch."""

    def insist(self, action: Callable[[], None]) -> None:
        """Do the action, or do not."""
        with suppress(JournalUnavailable):
            action()


CARELESS = "careless"
JOURNALS = {HONEST: InsistingJournal, CARELESS: CarelessJournal}


def insist(action: Callable[[], T]) -> T:
    """Return what the action returns in the end."""
    for _ in range(ATTEMPTS - 1):
        with suppress(JournalUnavailable):
            return action()
    return action()


class ShortWorkload(Workload):
    """A workload of STEPS steps over a journal that meets one failing call."""

    def __init__(self, folder: Path, seed: int, journal: type[RingJournal]) -> None:
        self._kind = journal
        super().__init__(folder, seed, HONEST)

    def run(self) -> None:
        """Make all steps."""
        steps = (self.commit, self.seal, self.confirm, self.restart)
        for _ in range(STEPS):
            (step,) = self._rng.choices(steps, (60, 18, 14, 8))
            step()
        self._journal.close()
        os.close(self._acks)

    def _open(self) -> RingJournal:
        return insist(partial(self._kind, self._path, EPOCH, RING_BYTES))


def acknowledged(folder: Path) -> Acknowledged:
    """Return what the workload was told to be durable."""
    told = Acknowledged()
    for line in (folder / ACKS).read_text().splitlines():
        told = replace(told, **json.loads(line))
    return told


def sweep(fault: str, step: int, seed: int, control: str) -> Outcome:
    """Let every `step`th call fail in its own run, until a run has no more."""
    outcome = Outcome()
    call = 1
    while True:
        with tempfile.TemporaryDirectory(prefix="tallyman-nth-", dir=SCRATCH) as name:
            folder = Path(name).resolve() / "state"
            folder.mkdir()
            verdict = folder.parent / "verdict"
            child = os.fork()
            if child == 0:
                ending = 1
                try:
                    ending = one_run(folder, verdict, fault, call, seed, control)
                finally:
                    os._exit(ending)  # whatever happened: the loop is the parent's
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
            if code == _MISSED:
                return outcome
            outcome.calls += 1
            wrong = verdict.read_text() if verdict.exists() else f"exit code {code}"
            if wrong:
                outcome.failures.append(f"seed {seed}, {fault} at call {call}: {wrong}")
        call += step


def one_run(folder: Path, verdict: Path, fault: str, call: int, seed: int, control: str) -> int:
    """Run the workload with one fault in it, and write down what does not hold."""
    os.environ |= {
        "TALLYMAN_NTH_FOLDER": str(folder),
        "TALLYMAN_NTH_CALL": str(call),
        "TALLYMAN_NTH_FAULT": fault,
    }
    calls = ctypes.CDLL(str(SHIM)).tallyman_nth_calls
    try:
        ShortWorkload(folder, seed, JOURNALS[control]).run()
        hit = calls() >= call
        wrong = check(folder, seed, acknowledged(folder)).wrong
    except AgentError as error:
        hit, wrong = True, f"{type(error).__name__}: {error}"
    verdict.write_text(wrong)
    return 0 if hit else _MISSED


def swept(fault: str, step: int, seed: int, control: str = HONEST) -> Outcome:
    """Run the sweep in a process that has the shim."""
    argv = [sys.executable, "-m", "hil.nth_write.sweep", fault, str(step), str(seed), control]
    root = Path(__file__).parents[2]
    environ = os.environ | {"LD_PRELOAD": str(SHIM)}
    done = subprocess.run(argv, check=True, cwd=root, env=environ, stdout=subprocess.PIPE)  # noqa: S603  our own
    return Outcome(**json.loads(done.stdout))


def main() -> None:
    """Sweep, and print what came of it."""
    fault, step, seed, control = sys.argv[1:]
    outcome = sweep(fault, int(step), int(seed), control)
    say_json({"calls": outcome.calls, "failures": outcome.failures})


if __name__ == "__main__":
    main()
