"""What a run leaves for whoever asks when it is gone."""

from __future__ import annotations

import asyncio
import json
import stat

import pytest

from agent.desks import last_state
from agent.desks.last_state import LastState, LastWords, say_last_words
from agent.desks.status import (
    BytesStatus,
    ChannelStatus,
    ClockStatus,
    ConditionStatus,
    DisputeStatus,
    DockStatus,
    IgnoredStatus,
    KeyStatus,
    OpenCheckStatus,
    PowerStatus,
    RuleStatus,
    TaskStatus,
    UplinkStatus,
    WayStatus,
    from_dict,
)
from agent.upstream.mode import LogStatus, Mode, TrustStatus
from agent.upstream.states import LinkState
from foundation.durable import AlreadyLocked
from tests.agent.cli.test_status_page import NOW, device, node, status


async def kept(control, take):
    """Let the task make one round."""
    slept = asyncio.Event()

    async def sleep(seconds):
        slept.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(LastState(control, take, sleep).run())
    await slept.wait()
    task.cancel()


async def test_the_last_snapshot_is_read_back_as_it_was_taken(tmp_path):
    control = tmp_path / "control.sock"
    taken = status(ways=(WayStatus("wwan0", metered=True, used=True, others=("usb0", "usb1")),))

    async def take():
        return taken

    assert last_state.last_state(control) is None
    await kept(control, take)
    plain, when = last_state.last_state(control)
    assert from_dict(plain) == taken
    assert when == pytest.approx((tmp_path / last_state.STATE).stat().st_mtime)
    mode = stat.S_IMODE((tmp_path / last_state.STATE).stat().st_mode)
    assert mode == 0o640, "the group that may ask the agent may read it"
    assert [path.name for path in tmp_path.iterdir()] == [last_state.STATE]


WHOLE = {
    "clock": ClockStatus(NOW, "ntp", 100, 7, (DisputeStatus("gnss", -9, NOW),), "compare", "c.d"),
    "nodes": [node("node-1", LinkState.UNREACHABLE, detail="refused", cause="node.x")],
    "uplink": UplinkStatus(5, 9),
    "ways": (WayStatus("wwan0", metered=True, used=True, others=("usb0", "usb1")),),
    "days": (BytesStatus("2026-11-30", "wwan0", {"statements": 7}),),
    "devices": [device("cold", counters={"readings": 3})],
    "conditions": (ConditionStatus("cold", "warm", "alarm", NOW, "above 8 °C", "critical"),),
    "tasks": [TaskStatus("seal", "waiting", "no key", "enrol", "key.none")],
    "trust": TrustStatus(
        Mode.PARTNER_NODE, "a partner's node", 7, 3, 2, 1, "", 2,
        [LogStatus("log-1", serving=True, size=7)], ("node-2",),
    ),
    "key": KeyStatus("ends", NOW, "renew it", "key.ends"),
    "power": PowerStatus(under_voltage=True, flags=5, celsius=48.5),
    "dock": DockStatus((OpenCheckStatus("R-1", "ASN-1", "door 2", 5),), "no number", NOW, 3, 1),
    "ignored": (IgnoredStatus("cold", "i2c.x", "in repair", NOW),),
    "notify": (ChannelStatus("sms", "failing", NOW, "no answer", "look", "notify.x", 7, 3, 2),),
    "privacy": (RuleStatus("positions", 30, 2, "no node", 1),),
    "names": "x is not resolved",
    "flight": True,
}  # fmt: skip


@pytest.mark.parametrize("taken", [status(**WHOLE), status(disk=None)], ids=["whole", "least"])
def test_a_snapshot_is_the_same_behind_the_socket(taken):
    assert from_dict(json.loads(json.dumps(taken.to_dict()))) == taken


async def test_a_folder_that_takes_no_file_does_not_end_the_task(tmp_path):
    async def take():
        return status()

    await kept(tmp_path / "no folder" / "control.sock", take)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "\udc80", "nul\0"])
def test_rubbish_in_the_file_is_no_state(tmp_path, text):
    control = tmp_path / "control.sock"
    for name in (last_state.STATE, last_state.ENDED):
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert last_state.last_state(control) is None
    assert last_state.last_words(control) is None


def test_last_words_name_the_cause(tmp_path):
    control = tmp_path / "control.sock"
    say_last_words(control, AlreadyLocked(tmp_path / "lock", 7))
    words, _ = last_state.last_words(control)
    assert words == LastWords(
        f"{tmp_path / 'lock'} is locked: process 7 already runs here",
        "stop that process first, or give this one another folder",
        "agent.second",
    )
    assert json.loads((tmp_path / last_state.ENDED).read_text())["cause"] == "agent.second"
