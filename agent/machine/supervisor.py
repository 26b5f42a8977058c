"""The one table of tasks: what runs, when it is started again, and what ends the process.

The only broad `except` of the agent is here: it logs, counts and decides.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from enum import StrEnum
from typing import Any

from drivers.driver import Timing
from foundation.dataclass import dataclass
from foundation.errors import AgentError, Fatal

log = logging.getLogger(__name__)

STEADY_AFTER = 300.0  # s; a task that ran this long had recovered: its back-off starts anew
TOLD_AGAIN_AFTER = 600.0  # s; a disk that stays full would fill the log with its reason
STOP_LIMIT = 2.0  # s; tasks that ignore their end longer are left behind: the process has 5 s


class Restart(StrEnum):
    """What follows when a task ends."""

    ALWAYS = "always"  # it should run for ever: start it again however it ended
    ON_FAILURE = "on-failure"  # it may finish: start it again only after an error
    NEVER = "never"


class TaskState(StrEnum):
    """What a task does now."""

    RUNNING = "running"
    WAITING = "waiting"  # failed; starts again after its back-off
    FINISHED = "finished"
    GIVEN_UP = "given-up"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the table.

    The back-off doubles from `first_delay` to `longest_delay` seconds. After `give_up_after`
    failures in a row the task is given up (None: never). The end of an `essential` task, once it is
    given up or meets a Fatal error, ends the process.
    """

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]
    restart: Restart = Restart.ALWAYS
    essential: bool = False
    first_delay: float = 1.0
    longest_delay: float = 60.0
    give_up_after: int | None = None


@dataclass(slots=True)
class TaskReport:
    """What the supervisor knows of a task; `since` in monotonic seconds."""

    name: str
    state: TaskState = TaskState.RUNNING
    since: float = 0.0
    failures: int = 0
    error: str = ""
    advice: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the process must end."""

    task: str
    reason: str
    advice: str


class Supervisor:
    """Runs the table that `start` gets. `wait` returns when an essential task ended for good.

    `reports` has a line for each task, from the start on.
    """

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._running: dict[str, asyncio.Task[None]] = {}
        self._ending: asyncio.Future[Ending] | None = None
        self._told: dict[str, tuple[str, float]] = {}  # a task's last log line, and when
        self.reports: dict[str, TaskReport] = {}

    def start(self, tasks: Sequence[Task]) -> None:
        """Start every task, in the order of the table; ValueError where two have the same name."""
        names = [task.name for task in tasks]
        if len(set(names)) != len(names):
            raise ValueError("two tasks have the same name")
        self._ending = asyncio.get_running_loop().create_future()
        self.reports.update((name, TaskReport(name)) for name in names)
        for task in tasks:
            self._running[task.name] = asyncio.create_task(self._keep(task), name=task.name)

    async def wait(self) -> Ending:
        """Return why the process must end; waits for ever while all is well."""
        assert self._ending is not None, "start() comes first"
        return await asyncio.shield(self._ending)

    async def stop(self, keep: Collection[str] = ()) -> None:
        """End the tasks but those in `keep`, last started first, all within STOP_LIMIT."""
        ending = {
            name: self._running.pop(name)
            for name in reversed(self.reports)
            if name not in keep and name in self._running
        }
        for task in ending.values():
            task.cancel()
        if ending:
            _, late = await asyncio.wait(ending.values(), timeout=STOP_LIMIT)
            for task in late:
                log.error("task %s does not end: left behind", task.get_name())
        for name in ending:
            self._enter(self.reports[name], TaskState.STOPPED)

    async def _keep(self, task: Task) -> None:
        """Run one task again and again, as its line says."""
        report = self.reports[task.name]
        while True:
            self._enter(report, TaskState.RUNNING)
            started = self._timing.monotonic()
            error = await self._run_once(task)
            if self._timing.monotonic() - started >= STEADY_AFTER:
                report.failures = 0
            if not self._again(task, report, error):
                return
            delay = min(task.longest_delay, task.first_delay * 2.0 ** min(report.failures - 1, 16))
            self._enter(report, TaskState.WAITING)
            await self._timing.sleep(delay)

    async def _run_once(self, task: Task) -> Exception | None:
        try:
            await task.run()
        except AgentError as error:
            self._tell(task, f"{error} ({error.advice})")
            return error
        except Exception as error:
            log.exception("task %s failed: a mistake of this program", task.name)
            return error
        return None

    def _tell(self, task: Task, text: str) -> None:
        """Log a foreseen error; the same one again only after a while."""
        now = self._timing.monotonic()
        said, at = self._told.get(task.name, ("", 0.0))
        if text == said and now - at < TOLD_AGAIN_AFTER:
            return
        self._told[task.name] = text, now
        log.error("task %s: %s", task.name, text)

    def _again(self, task: Task, report: TaskReport, error: Exception | None) -> bool:
        """Decide whether a task that just ended is started again, and note why."""
        if error is None and task.restart is not Restart.ALWAYS:
            self._enter(report, TaskState.FINISHED)
            return False
        report.failures += 1
        report.error = "ended without an error" if error is None else describe(error)
        report.advice = report.cause = ""
        if isinstance(error, AgentError):
            report.advice, report.cause = error.advice, error.cause_id
        tired = task.give_up_after is not None and report.failures >= task.give_up_after
        if task.restart is not Restart.NEVER and not tired and not isinstance(error, Fatal):
            return True
        self._enter(report, TaskState.GIVEN_UP)
        if task.essential and self._ending is not None and not self._ending.done():
            self._ending.set_result(Ending(task.name, report.error, report.advice))
        return False

    def _enter(self, report: TaskReport, state: TaskState) -> None:
        report.state, report.since = state, self._timing.monotonic()


def describe(error: Exception) -> str:
    """Return an error in one line: its text alone when it was written for people."""
    return str(error) if isinstance(error, AgentError) else f"{type(error).__name__}: {error}"
