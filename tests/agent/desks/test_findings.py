"""What a technician finds wrong: each part by its name, the worst first, and nothing where all is well."""

from __future__ import annotations

import pytest

from agent.clock.causes import NO_SOURCE
from agent.desks.findings import Finding, findings
from agent.desks.status import (
    ChannelStatus,
    ClockStatus,
    ConditionStatus,
    DisputeStatus,
    KeyStatus,
    PowerStatus,
    StorageStatus,
    TaskStatus,
    WayStatus,
)
from agent.machine.causes import UNDER_VOLTAGE
from agent.upstream.states import LinkState
from tests.agent.cli.test_status_page import NOW, device, journal, node, status

DISPUTES = (DisputeStatus("gnss", 5000, NOW), DisputeStatus("rtc", 9000, NOW))


def rule(name, state):
    return ConditionStatus("cargo", name, state, NOW, "9.1 °C", "critical")


EVERYTHING = {
    "storage": StorageStatus("full", NOW, "no space left", "make room", cause="disk.full"),
    "journal": journal(error="the disk is slow to answer", advice="wait"),
    "conditions": [rule(each, each) for each in ("ok", "waiting", "excursion", "unknown", "alarm")],
    "tasks": [TaskStatus("seal", "given-up", "no key", "enrol", "key.none")],
    "power": PowerStatus(under_voltage=True),
    "key": KeyStatus("ends", NOW, "renew it", "key.ends"),
    "notify": [
        ChannelStatus("sms", "failing", NOW, "no answer", "look at the modem", "notify.refused"),
        ChannelStatus("mqtt", "ok", NOW, "connected"),
    ],
    "clock": ClockStatus(NOW, "none", None, 7, DISPUTES, "compare both times", "clock.disputed"),
    "ways": [WayStatus("wwan0", metered=True, used=False, trouble="no address"),
             WayStatus("eth0", metered=False, used=True)],
    "nodes": [node("node-1", LinkState.OK), node("node-2", LinkState.UNREACHABLE),
              node("node-3", LinkState.UNREACHABLE, detail="refused", advice="ask", cause="node.x")],
    "devices": [
        device("cold"),
        device("hall", silent=True, detail="no value for 60 s"),
        device("door", state="waiting", advice="plug it in", cause="device.missing"),
        device("lamp", advice="calibrate it"),
    ],
}  # fmt: skip


def test_everything_that_needs_somebody_is_told_the_worst_first():
    assert findings(status(**EVERYTHING)) == [
        Finding("storage", "full: no space left", "make room", "disk.full"),
        Finding("cargo", "excursion: excursion, 9.1 °C"),
        Finding("cargo", "alarm: alarm, 9.1 °C"),
        Finding("task seal", "given-up: no key", "enrol", "key.none"),
        Finding("power", UNDER_VOLTAGE.sentence, UNDER_VOLTAGE.next, UNDER_VOLTAGE.id),
        Finding("key", "ends", "renew it", "key.ends"),
        Finding("telling by sms", "no answer", "look at the modem", "notify.refused"),
        Finding("clock", "gnss says another time", "compare both times", "clock.disputed"),
        Finding("clock", "rtc says another time", "compare both times", "clock.disputed"),
        Finding("clock", "not synchronised (source none)", NO_SOURCE.next, NO_SOURCE.id),
        Finding("way wwan0", "no address"),
        Finding("node node-2", str(LinkState.UNREACHABLE)),
        Finding("node node-3", f"{LinkState.UNREACHABLE}: refused", "ask", "node.x"),
        Finding("hall", "silent, running: no value for 60 s"),
        Finding("door", "waiting", "plug it in", "device.missing"),
        Finding("lamp", "running", "calibrate it"),
    ]


def test_a_journal_that_fails_is_told_where_its_disk_does_well():
    failing = journal(error="it cannot be read", advice="see the log")
    assert findings(status(journal=failing)) == [
        Finding("journal", "it cannot be read", "see the log")
    ]


@pytest.mark.parametrize("key", [None, KeyStatus("counts", NOW)])
def test_where_all_is_well_nothing_is_found(key):
    assert findings(status(key=key)) == []
