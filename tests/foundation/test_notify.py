"""sd_notify, and a watchdog that only progress feeds."""

from __future__ import annotations

import asyncio
import logging
import os
import socket

import pytest

from foundation.notify import (
    Notifier,
    Progress,
    feed_watchdog,
    from_environment,
    watchdog_seconds,
)
from tests.agent.fakes import FakeTiming


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """A service manager's socket and its address in $NOTIFY_SOCKET."""
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.settimeout(1)
        receiver.bind(name if request.param == "path" else "\0" + name)
        yield receiver, name if request.param == "path" else "@" + name


def test_states_reach_the_manager(manager):
    receiver, address = manager
    notifier = from_environment({"NOTIFY_SOCKET": address})
    assert notifier.ready("3 devices\nREADY=0")
    assert receiver.recv(200) == b"READY=1\nSTATUS=3 devices READY=0"
    assert notifier.status("ok")
    assert receiver.recv(200) == b"STATUS=ok"
    assert notifier.watchdog()
    assert receiver.recv(200) == b"WATCHDOG=1"
    assert notifier.stopping()
    assert receiver.recv(200) == b"STOPPING=1"


def test_without_a_manager_nothing_happens(tmp_path):
    assert not from_environment({}).ready("x")
    assert not Notifier(str(tmp_path / "nobody")).ready("x")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "rubbish"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_the_watchdogs_limit(environ, seconds):
    assert watchdog_seconds(environ) == seconds


def test_marks_are_late_after_their_own_limits():
    timing = FakeTiming(0.0)
    progress = Progress(timing.monotonic)
    progress.expect("journal", 10.0)
    progress.expect("upstream", 60.0)
    timing.now = 10.0
    assert progress.late() == []
    timing.now = 10.1
    assert progress.late() == ["journal"]
    progress.rest("journal")
    timing.now = 60.1
    assert progress.late() == ["upstream"]
    progress.mark("journal")
    progress.forget("upstream")
    assert progress.late() == []
    timing.now = 71.0
    assert progress.late() == ["journal"]


class Counter(Notifier):
    def __init__(self):
        super().__init__(None)
        self.fed = 0

    def watchdog(self) -> bool:
        self.fed += 1
        return True


async def test_the_watchdog_starves_while_a_task_is_late(caplog):
    timing = FakeTiming(0.0)
    progress = Progress(timing.monotonic)
    progress.expect("journal", 12.0)
    notifier = Counter()
    feeding = asyncio.create_task(feed_watchdog(notifier, progress, 10.0, timing.sleep))
    with caplog.at_level(logging.ERROR):
        await timing.advance(11.0)
        assert notifier.fed == 3  # at 0, 5 and 10 s
        await timing.advance(20.0)
        assert notifier.fed == 3
    assert caplog.text.count("no progress in journal") == 1
    progress.mark("journal")
    await timing.advance(5.0)
    assert notifier.fed == 4
    feeding.cancel()
    await asyncio.wait({feeding})
