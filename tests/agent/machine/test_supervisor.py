"""The table of tasks: restarts, back-off, giving up, the end of the process."""

from __future__ import annotations

import asyncio
import itertools
import logging
from contextlib import suppress

import pytest

from agent.machine.supervisor import (
    STEADY_AFTER,
    STOP_LIMIT,
    Ending,
    Restart,
    Supervisor,
    Task,
    TaskReport,
    TaskState,
)
from foundation.cause import Cause
from foundation.errors import Fatal, Retry
from tests.agent.fakes import FakeTiming, settle


class Job:
    """Counts its runs and fails as told; runs for ever when nothing is left to fail."""

    def __init__(self, timing: FakeTiming, *failures: BaseException | float | None) -> None:
        self.timing, self.failures = timing, list(failures)
        self.starts: list[float] = []
        self.ended = 0

    async def run(self) -> None:
        self.starts.append(self.timing.now)
        try:
            if not self.failures:
                await asyncio.Event().wait()
            failure = self.failures.pop(0)
            if isinstance(failure, float):
                await self.timing.sleep(failure)
                raise OSError("after a while")
            if failure is not None:
                raise failure
        finally:
            self.ended += 1


@pytest.fixture
def timing() -> FakeTiming:
    return FakeTiming(0.0)


async def test_back_off_doubles_and_is_bounded(timing):
    job = Job(timing, *[Retry("away", advice="plug it in")] * 5)
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run, longest_delay=4.0)])
    await timing.advance(20.0)
    assert job.starts == [0.0, 1.0, 3.0, 7.0, 11.0, 15.0]
    report = supervisor.reports["job"]
    assert (report.state, report.error) == (TaskState.RUNNING, "away")
    assert report.advice == "plug it in"
    await supervisor.stop()


async def test_a_long_run_forgets_earlier_failures(timing):
    job = Job(timing, OSError("x"), OSError("x"), OSError("x"), STEADY_AFTER)
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run)])
    await timing.advance(1 + 2 + 4 + STEADY_AFTER + 1.0)
    assert job.starts[-1] - job.starts[-2] == STEADY_AFTER + 1.0
    await supervisor.stop()


async def test_a_mistake_of_ours_is_logged_with_its_traceback_and_the_rest_goes_on(timing, caplog):
    bad, good = Job(timing, ZeroDivisionError("oh")), Job(timing)
    supervisor = Supervisor(timing)
    with caplog.at_level(logging.ERROR):
        supervisor.start([Task("bad", bad.run), Task("good", good.run)])
        await timing.advance(1.0)
    assert "Traceback" in caplog.text
    assert supervisor.reports["bad"].error == "ZeroDivisionError: oh"
    assert (len(bad.starts), len(good.starts)) == (2, 1)
    await supervisor.stop()


async def test_a_foreseen_error_is_logged_without_a_traceback(timing, caplog):
    job = Job(timing, Retry("the disk is full", advice="free space"))
    supervisor = Supervisor(timing)
    with caplog.at_level(logging.ERROR):
        supervisor.start([Task("job", job.run)])
        await settle()
    assert "task job: the disk is full (free space)" in caplog.text
    assert "Traceback" not in caplog.text
    await supervisor.stop()


async def test_an_error_that_stays_is_logged_again_after_a_while_and_another_at_once(
    timing, caplog
):
    full, away = Retry("the disk is full"), Retry("the node is away")
    job = Job(timing, *[full] * 151, away, full)
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run, first_delay=4.0, longest_delay=4.0)])
    await timing.advance(596.0)
    assert [record.getMessage() for record in caplog.records] == ["task job: the disk is full ()"]
    await timing.advance(12.0)
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"task job: the {what} ()" for what in (
        "disk is full", "disk is full", "node is away", "disk is full"
    )]  # fmt: skip
    await supervisor.stop()


async def test_an_essential_task_that_fails_for_good_ends_the_process(timing):
    job = Job(timing, Fatal("the key is damaged", advice="restore it"))
    other = Job(timing, Fatal("not needed"))
    supervisor = Supervisor(timing)
    supervisor.start([Task("other", other.run), Task("key", job.run, essential=True)])
    ending = await supervisor.wait()
    assert (ending.task, ending.reason, ending.advice) == (
        "key",
        "the key is damaged",
        "restore it",
    )
    assert supervisor.reports["other"].state is TaskState.GIVEN_UP
    await supervisor.stop()


async def test_giving_up_after_failures_in_a_row(timing):
    job = Job(timing, *[OSError("x")] * 10)
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run, essential=True, give_up_after=3)])
    waiting = asyncio.create_task(supervisor.wait())
    await timing.advance(2.9)
    assert not waiting.done()
    await timing.advance(0.2)
    assert waiting.result().reason == "OSError: x"
    assert len(job.starts) == 3
    await supervisor.stop()


@pytest.mark.parametrize(
    ("restart", "failure", "starts", "state"),
    [
        (Restart.ALWAYS, None, 2, TaskState.RUNNING),
        (Restart.ON_FAILURE, None, 1, TaskState.FINISHED),
        (Restart.ON_FAILURE, OSError("x"), 2, TaskState.RUNNING),
        (Restart.NEVER, None, 1, TaskState.FINISHED),
        (Restart.NEVER, OSError("x"), 1, TaskState.GIVEN_UP),
    ],
)
async def test_restart_policies(timing, restart, failure, starts, state):
    job = Job(timing, failure)
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run, restart=restart)])
    await timing.advance(5.0)
    assert (len(job.starts), supervisor.reports["job"].state) == (starts, state)
    await supervisor.stop()


async def test_stop_ends_all_but_the_kept_and_then_those(timing):
    jobs = {name: Job(timing) for name in ("recorder", "control", "device")}
    supervisor = Supervisor(timing)
    supervisor.start([Task(name, job.run) for name, job in jobs.items()])
    await settle()
    await supervisor.stop(keep={"recorder"})
    assert [job.ended for job in jobs.values()] == [0, 1, 1]
    assert supervisor.reports["device"].state is TaskState.STOPPED
    await supervisor.stop()
    assert jobs["recorder"].ended == 1
    await supervisor.stop()


async def test_a_task_that_waits_for_its_restart_can_be_stopped(timing):
    job = Job(timing, OSError("x"))
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run, first_delay=60.0)])
    await settle()
    assert supervisor.reports["job"].state is TaskState.WAITING
    await supervisor.stop()
    assert len(job.starts) == 1


async def test_a_report_says_what_a_person_can_do_and_forgets_it_with_the_next_error(timing):
    row = Cause("x.row", symptom="s", sentence="it is away", next="plug it in", unproven="u")
    job = Job(timing, Retry("away", cause=row), None, OSError("oh"))
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run, first_delay=5.0)])
    assert supervisor.reports["job"] == TaskReport("job")
    await settle()
    assert supervisor.reports["job"] == TaskReport(
        "job", TaskState.WAITING, 0.0, 1, "away", "plug it in", "x.row"
    )
    await timing.advance(5.0)
    assert supervisor.reports["job"] == TaskReport(
        "job", TaskState.WAITING, 5.0, 2, "ended without an error"
    )
    await timing.advance(10.0)
    assert supervisor.reports["job"] == TaskReport("job", TaskState.WAITING, 15.0, 3, "OSError: oh")
    await timing.advance(20.0)
    assert supervisor.reports["job"] == TaskReport("job", TaskState.RUNNING, 35.0, 3, "OSError: oh")
    await supervisor.stop()
    assert supervisor.reports["job"].state is TaskState.STOPPED


@pytest.mark.parametrize(("ran", "delay"), [(299.9, 8.0), (300.0, 1.0)])
async def test_after_five_minutes_a_task_had_recovered(timing, ran, delay):
    job = Job(timing, OSError("x"), OSError("x"), OSError("x"), ran)
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run)])
    await timing.advance(1 + 2 + 4 + ran + delay + 1.0)
    assert job.starts[-1] - job.starts[-2] == pytest.approx(ran + delay)
    await supervisor.stop()


async def test_unless_its_line_says_otherwise_a_pause_is_a_minute_at_most(timing):
    job = Job(timing, *[OSError("x")] * 9)
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", job.run)])
    await timing.advance(400.0)
    pauses = [after - before for before, after in itertools.pairwise(job.starts)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert job.ended == 9, "it is never given up"
    await supervisor.stop()


async def test_who_ignores_its_end_is_left_behind_and_said(timing, monkeypatch, caplog):
    assert STOP_LIMIT == 2.0, "of the five seconds that the process has"
    monkeypatch.setattr("agent.machine.supervisor.STOP_LIMIT", 0.01)
    over = asyncio.Event()

    async def deaf() -> None:
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()

    supervisor = Supervisor(timing)
    supervisor.start([Task("deaf", deaf), Task("job", Job(timing).run)])
    await settle()
    await supervisor.stop()
    said = [record.getMessage() for record in caplog.records]
    assert said == ["task deaf does not end: left behind"]
    assert supervisor.reports["deaf"].state is TaskState.STOPPED
    over.set()
    await settle()


async def test_a_task_that_is_not_essential_may_be_given_up_and_the_process_goes_on(timing):
    supervisor = Supervisor(timing)
    supervisor.start([Task("job", Job(timing, Fatal("no key")).run), Task("b", Job(timing).run)])
    waiting = asyncio.create_task(supervisor.wait())
    await timing.advance(100.0)
    assert supervisor.reports["job"].state is TaskState.GIVEN_UP
    assert not waiting.done()
    waiting.cancel()
    await supervisor.stop()


async def test_the_first_that_ends_the_process_is_the_one_that_is_named(timing):
    supervisor = Supervisor(timing)
    jobs = [(name, Job(timing, Fatal(f"{name} is damaged"))) for name in ("one", "two")]
    supervisor.start([Task(name, job.run, essential=True) for name, job in jobs])
    await settle()
    assert await supervisor.wait() == Ending("one", "one is damaged", "")
    await supervisor.stop()


async def test_names_are_unique(timing):
    supervisor = Supervisor(timing)
    with pytest.raises(ValueError, match="same name"):
        supervisor.start([Task("a", Job(timing).run), Task("a", Job(timing).run)])
    assert supervisor.reports == {}, "none of them runs"
