"""The table of tasks: restarts, back-off, giving up, the end of the process."""

from __future__ import annotations

import asyncio
import logging

import pytest

from agent.machine.supervisor import STEADY_AFTER, Restart, Supervisor, Task, TaskState
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


async def test_names_are_unique(timing):
    supervisor = Supervisor(timing)
    with pytest.raises(ValueError, match="same name"):
        supervisor.start([Task("a", Job(timing).run), Task("a", Job(timing).run)])
    assert supervisor.reports == {}, "none of them runs"
