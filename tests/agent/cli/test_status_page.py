"""The status page: it fits the console and says first what needs a person."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.chain.key_watch import OF_STATE, KeyState
from agent.cli.amounts import age, size
from agent.cli.status_page import lines
from agent.desks.status import (
    CardStatus,
    ChannelStatus,
    ClockStatus,
    ConditionStatus,
    DeviceStatus,
    DiskStatus,
    DisputeStatus,
    JournalStatus,
    KeyStatus,
    NodeStatus,
    RuleStatus,
    Status,
    StorageStatus,
    TaskStatus,
    UplinkStatus,
    WayStatus,
    from_dict,
)
from agent.upstream.mode import MEANING, LogStatus, Mode, TrustStatus
from agent.upstream.states import LinkState
from foundation.console import HEIGHT, WIDTH

NOW = 1_790_000_000_000


def show(ms: int) -> str:
    return f"2026-09-21 14:13:20.000 +02:00@{ms}"[:30]


def journal(**changes) -> JournalStatus:
    values = {
        "records": 18_411,
        "waiting": 0,
        "unsealed": 12,
        "sealed": 3,
        "accepted": 2,
        "confirmed": 66,
        "refused": 0,
        "bodies_owed": 3,
        "confirmed_upto": 17_000,
        "unsent_records": 780,
        "oldest_unsent_ms": NOW - 21 * 60_000,
        "disk_bytes": 3_400_000,
    }
    return JournalStatus(**{**values, **changes})


def device(name: str, **changes) -> DeviceStatus:
    values = {
        "name": name,
        "kind": "sensors.sht3x",
        "read_point": "",
        "state": "running",
        "since_ms": NOW - 3_600_000,
        "silent": False,
        "last_ms": NOW - 4000,
    }
    return DeviceStatus(**{**values, **changes})


def node(name: str, state: LinkState, **changes) -> NodeStatus:
    return NodeStatus(name, "tcp://ledger.example:7701", state, NOW - 60_000, **changes)


def status(**changes) -> Status:
    values = {
        "name": "truck-12",
        "gateway": "urn:uuid:7c6d0b3e-0000-4000-8000-000000000000",
        "version": "0.1.0",
        "config": "/etc/tallyman/tallyman.toml",
        "started_ms": NOW - 100_000_000,
        "clock": ClockStatus(NOW, "gnss", 1250, 7),
        "journal": journal(),
        "disk": DiskStatus(12_004, 29_500),
        "storage": StorageStatus("ok", NOW - 100_000_000),
        "card": CardStatus(412_000_000_000, 1_200_000_000, 67.55, 30),
        "ledger": True,
        "nodes": [node("node-1", LinkState.OK)],
        "uplink": None,
        "devices": [device("cold-1"), device("gnss")],
        "tasks": [],
    }
    return Status(**{**values, **changes})


def page(**changes) -> list[str]:
    return lines(status(**changes), show)


DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("state", "until_ms", "row"),
    [
        (KeyState.COUNTS, None, None),
        (KeyState.COUNTS, NOW + 90 * DAY_MS, None),
        (KeyState.ENDS, NOW + 12 * DAY_MS, "key       counts for 12 d more, by the policy"),
        (
            KeyState.EXPIRED,
            NOW - 3 * DAY_MS,
            "key       EXPIRED 3 d ago: what it signs no longer counts",
        ),
    ],
)
def test_a_key_is_shown_where_its_end_is_near(state, until_ms, row):
    advice = OF_STATE[state].next if state in OF_STATE else ""
    found = page(key=KeyStatus(str(state), until_ms, advice))
    assert [line for line in found if line.startswith("key ")] == ([row] if row else [])
    assert (found[-1][:11] == f"next      {advice[:1]}") == bool(advice)


def test_a_source_that_says_another_time_stands_below_the_clock_with_the_next_step():
    disputes = (
        DisputeStatus("gnss", -7_200_000, NOW - 300_000),
        DisputeStatus("quorum", 3000, NOW - 5000),
    )
    found = page(clock=ClockStatus(NOW, "ntp", 100, 7, disputes, "compare both times"))
    assert found[1:4] == [
        "clock     2026-09-21 14:13:20.000 +02:00, by ntp, correct within 0.1 s",
        "          but gnss is 2 h 0 min behind, for 5 min",
        "          but quorum is 3.000 s ahead, for 5 s",
    ]
    assert found[-1] == "next      compare both times"


def test_a_healthy_page():
    assert page() == [
        "truck-12: Tallyman 0.1.0 has run for 1 d 3 h",
        "clock     2026-09-21 14:13:20.000 +02:00, by gnss, correct within 1.25 s",
        "journal   18 411 records, 3.4 MB",
        "disk      12 004 of 29 500 MiB free",
        "card      1.2 GB a day, over 50 years at 30 TBW",
        "batches   71 sealed: 3 to send, 2 sent, 66 confirmed, 0 refused",
        "unsent    780 records, since 2026-09-21 14:13:20.000 +02:00 (21 min)",
        "ledger    node-1: ok for 1 min",
        "devices   2: 2 running, 0 silent, 0 in trouble",
        "  cold-1  running, read 4 s ago",
        "  gnss    running, read 4 s ago",
    ]


@pytest.mark.parametrize("mode", Mode)
def test_the_mode_and_its_meaning_stand_on_one_line(mode):
    """In full: a meaning that is cut off would mislead."""
    found = page(trust=TrustStatus(mode, MEANING[mode]))
    assert f"trust     {mode}: {MEANING[mode]}" in found


def test_views_that_differ_are_shown():
    agree = page(trust=TrustStatus(Mode.OWN_NODE, "", 4, views=3, agreeing=2))
    assert "views     2 of 3 nodes show the same log" in agree
    differ = page(trust=TrustStatus(Mode.OWN_NODE, "", 4, views=3, agreeing=3, unjoined=1))
    assert "views     1 checkpoint of the log that no node connects to ours" in differ


@pytest.mark.parametrize(
    ("views", "more", "shown"),
    [
        (1, {}, False),
        (2, {}, True),
        (2, {"frozen": "two histories"}, False),
        (2, {"logs": [LogStatus("east", True, 4, "")] * 2}, False),
    ],
)
def test_how_many_nodes_show_one_log_is_told_where_there_are_several(views, more, shown):
    found = page(trust=TrustStatus(Mode.OWN_NODE, "", 4, views=views, agreeing=1, **more))
    row = f"views     1 of {views} nodes show the same log"
    assert [line for line in found if line.startswith("views")] == ([row] if shown else [])


def test_trouble_comes_first_with_the_next_step_last():
    found = page(
        devices=[
            device("a"),
            device("cold-2", silent=True, last_ms=NOW - 400_000, detail="no answer"),
            device("z", state="missing", detail="unplugged", advice="plug it in", last_ms=None),
        ]
    )
    assert found[-5:] == [
        "devices   3: 1 running, 1 silent, 1 in trouble",
        "  cold-2  SILENT for 6 min 40 s, running: no answer",
        "  z       missing for 1 h, no reading yet: unplugged",
        "  a       running, read 4 s ago",
        "next      plug it in",
    ]


def test_a_disk_that_refuses_writes_is_the_worst_news():
    found = page(
        journal=journal(
            failing_since_ms=NOW - 90_000, waiting=412, error="disk full", advice="free space"
        ),
        devices=[device("z", state="missing", advice="plug it in")],
    )
    assert "journal   NOT DURABLE for 1 min 30 s: 412 wait; disk full" in found
    assert found[-1] == "next      free space"


def test_an_unvouched_clock_says_so():
    found = page(clock=ClockStatus(5000, "none", None, 1))
    assert found[1].endswith("not synchronised (source none)")


@pytest.mark.parametrize(
    ("spent", "text"),
    [
        (1_500_000, "uplink    1.5 MB of 2.0 MB spent today"),
        (2_000_000, "uplink    2.0 MB of 2.0 MB spent today: only alarms until midnight UTC"),
    ],
)
def test_a_budget_is_shown(spent, text):
    found = status(uplink=UplinkStatus(spent, 2_000_000))
    assert text in lines(found, show)
    assert from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_each_way_to_the_ledger_is_shown():
    ways = (
        WayStatus("eth0", False, False, "no answer within 5 s"),
        WayStatus("wwan0", True, True),
        WayStatus("wlan0", False, False),
    )
    found = status(ways=ways)
    assert [line for line in lines(found, show) if line.startswith("uplink")] == [
        "uplink    eth0: no answer within 5 s",
        "uplink    wwan0: in use, metered",
        "uplink    wlan0: standing by",
    ]
    assert from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_whether_alarms_get_out_and_what_was_never_tried_is_not_called_well():
    channels = (
        ChannelStatus("webhook", "failing", NOW - 720_000, "no such name", "look at it", "x", NOW),
        ChannelStatus("mqtt", "ok", NOW, delivered=3, lost=2),
        ChannelStatus("command", "unknown", NOW),
    )
    found = status(notify=channels)
    shown = lines(found, show)
    assert [line for line in shown if line.startswith("alarms")] == [
        "alarms    webhook: FAILING for 12 min, an event waits: no such name",
        "alarms    mqtt ok, 3 events told, 2 lost; command not tried yet",
    ]
    assert shown[-1] == "next      look at it"
    assert from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_gateway_that_only_collects():
    found = page(ledger=False, nodes=[], journal=journal(unsent_records=0), disk=None)
    assert "ledger    no node configured: records are collected and kept here" in found
    assert "unsent    nothing" in found
    assert "disk      unknown" in found


@pytest.mark.parametrize("state", list(LinkState))
def test_each_link_state_is_named(state):
    found = page(nodes=[node("node-1", state, detail="why", advice="do this")])
    left = ", 3 batches to send" if state is LinkState.OK else ""
    assert f"ledger    node-1: {state} for 1 min: why{left}" in found
    assert (found[-1] == "next      do this") == (state is not LinkState.OK)


def test_many_devices_nodes_and_long_texts_fit_the_console():
    devices = [device(f"sensor-{n:03d}", detail="x" * 200) for n in range(200)]
    devices.append(device("the-one-in-trouble", state="faulty", advice="yyy " * 100))
    nodes = [node(f"node-{n}", LinkState.OK) for n in range(9)]
    nodes.append(node("bad", LinkState.FROZEN, detail="z" * 200))
    tasks = [TaskStatus(f"task {n}", "waiting", "e" * 200, "") for n in range(9)]
    found = page(devices=devices, nodes=nodes, tasks=tasks, name="n" * 100)
    assert len(found) <= HEIGHT
    assert max(map(len, found)) <= WIDTH
    text = "\n".join(found)
    assert "bad: frozen" in text
    assert "the-one-in-trouble" in text
    assert "more nodes" in text
    assert "more devices" in text
    assert any(line.startswith("next      yyy") for line in found)


@given(
    devices=st.integers(0, 60),
    nodes=st.integers(0, 9),
    tasks=st.integers(0, 5),
    trouble=st.booleans(),
)
def test_every_page_fits(devices, nodes, tasks, trouble):
    found = page(
        devices=[
            device(f"d{n}", silent=trouble and n % 3 == 0, advice="do" if trouble else "")
            for n in range(devices)
        ],
        nodes=[node(f"n{n}", LinkState.UNREACHABLE, detail="away") for n in range(nodes)],
        tasks=[TaskStatus("t", "waiting", "e", "") for _ in range(tasks)],
    )
    assert len(found) <= HEIGHT
    assert max(map(len, found)) <= WIDTH
    shown = sum(line.startswith("  d") for line in found)
    more = [line for line in found if "more devices" in line]
    hidden = int(more[0].split()[2]) if more else 0
    assert shown + hidden == devices


def test_what_there_is_no_room_for_is_counted():
    logs = [LogStatus(f"log-{n}", serving=False, size=1) for n in range(30)]
    found = page(trust=TrustStatus(Mode.PROOF_ONLY, "", wanted=2, logs=logs))
    shown = [line for line in found if "none of its nodes serves us now" in line]
    (rest,) = [line for line in found if "more line" in line]
    assert rest == f"          … and {30 - len(shown)} more lines: see --json"
    assert found.index(rest) == found.index(shown[-1]) + 1


def test_no_line_is_left_out_where_the_word_that_one_is_takes_its_place():
    for number in range(1, 31):
        logs = [LogStatus(f"log-{n}", serving=False, size=1) for n in range(number)]
        found = page(trust=TrustStatus(Mode.PROOF_ONLY, "", wanted=2, logs=logs))
        assert not [line for line in found if "and 1 more line" in line], number


def test_with_everything_wrong_at_once_the_worst_is_seen_and_the_rest_is_counted():
    """Nine logs, nine nodes, two disputes, a bad disk, tasks, a key, a budget, 200 devices."""
    logs = [LogStatus(f"log-{n}", serving=False, size=1) for n in range(9)]
    found = page(
        clock=ClockStatus(
            NOW, "ntp", 1, 7, [DisputeStatus(f"source-{n}", 5, NOW) for n in range(2)], "compare"
        ),
        storage=StorageStatus("failing", NOW, "i/o error", "replace the card " * 20, 9, True),
        journal=journal(failing_since_ms=NOW - 5000, error="i/o error", advice="replace"),
        tasks=[TaskStatus(f"task {n}", "given-up", "e", "a") for n in range(5)],
        nodes=[node(f"node-{n}", LinkState.UNREACHABLE) for n in range(9)],
        trust=TrustStatus(Mode.PROOF_ONLY, "", wanted=2, logs=logs, unjoined=1),
        key=KeyStatus(str(KeyState.EXPIRED), NOW - 1, "ask"),
        uplink=UplinkStatus(3, 2),
        devices=[device(f"sensor-{n:03d}", state="missing") for n in range(200)],
    )
    assert len(found) <= HEIGHT
    assert max(map(len, found)) <= WIDTH
    text = "\n".join(found)
    assert "storage   FAILING" in text
    assert "task      task 0: given-up" in text
    assert "devices   200: 0 running, 0 silent, 200 in trouble" in text
    assert "sensor-000" in text
    assert "… and 199 more devices: see tallyman devices" in text
    assert "more lines: see --json" in text
    assert found[-1].startswith("          ") or found[-1].startswith("next")


def test_the_snapshot_survives_json():
    first = status(
        disk=None, tasks=[TaskStatus("t", "waiting", "e", "a")], nodes=[node("n", LinkState.FROZEN)]
    )
    assert from_dict(json.loads(json.dumps(first.to_dict()))) == first


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (3_601_000, "1 h"),
        (90_000_000, "1 d 1 h"),
        (86_460_000, "1 d"),
    ],
)
def test_ages(milliseconds, text):
    assert age(milliseconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (3_400_000, "3.4 MB")]
)
def test_sizes(count, text):
    assert size(count) == text


def condition(rule, state):
    return ConditionStatus("cargo", rule, state, NOW - 90_000, "temperature above 8 °C", "critical")


def test_goods_are_one_line_while_all_is_well():
    assert "goods     ok by 2 rules" in page(
        conditions=[condition("a", "ok"), condition("b", "ok")]
    )
    assert not any(line.startswith("goods") for line in page())


def test_what_is_not_well_comes_first_and_the_worst_of_it():
    states = ("waiting", "ok", "unknown", "excursion", "alarm")
    lines = page(conditions=[condition(f"rule {state}", state) for state in states])
    at = next(index for index, line in enumerate(lines) if line.startswith("goods"))
    assert lines[at].startswith("goods     cargo: ALARM for ")
    assert lines[at].endswith(": rule alarm: temperature above 8 °C")
    assert [line.split()[2] for line in lines[at : at + 3]] == ["ALARM", "EXCURSION", "UNKNOWN"]
    assert lines[at + 3] == "goods     … and 1 more rule: see --json"
    assert 'tallyman override cargo "rule alarm"' in " ".join(" ".join(lines).split())
    assert len(lines) <= 24


def test_of_several_logs_it_says_how_many_vouch_and_which_do_not():
    logs = [
        LogStatus("log.example.com/east", serving=True, size=9),
        LogStatus("log.example.com/north", serving=False, size=4, frozen="two histories"),
        LogStatus("log.example.com/south", serving=False, size=7),
    ]
    found = status(trust=TrustStatus(Mode.PROOF_ONLY, "", wanted=2, logs=logs))
    lines = page(trust=found.trust)
    at = lines.index("logs      1 of 3 logs vouch, 2 must")
    assert lines[at + 1 : at + 3] == [
        "          log.example.com/north no longer counts: it signed two histories",
        "          log.example.com/south: none of its nodes serves us now",
    ]
    assert from_dict(json.loads(json.dumps(found.to_dict()))) == found


UNKNOWN = dict.fromkeys(
    (
        "records",
        "unsealed",
        "sealed",
        "accepted",
        "confirmed",
        "refused",
        "bodies_owed",
        "confirmed_upto",
        "unsent_records",
        "oldest_unsent_ms",
        "disk_bytes",
    )
)


def test_a_journal_that_was_never_read_is_unknown_not_empty():
    shown = page(journal=journal(**UNKNOWN, error="the disk is slow to answer"))
    assert shown[2] == "journal   unknown, as it could not be read: the disk is slow to answer"
    assert [line for line in shown if line.startswith(("batches", "unsent"))] == [
        "batches   unknown, as it could not be read",
        "unsent    unknown, as it could not be read",
    ]
    assert not any(" 0 records" in line or "nothing" in line for line in shown)


def test_old_numbers_say_how_old_they_are():
    old = journal(as_of_ms=NOW - 90_000, error="the disk is slow to answer")
    shown = lines(status(journal=old), lambda ms: f"{(ms - NOW) // 1000} s")
    assert shown[2].startswith("journal   18 411 records, 3.4 MB, as of -90 s (")
    (unsent,) = [line for line in shown if line.startswith("unsent")]
    assert "as of -90 s" in unsent


def test_nothing_unsent_says_how_old_that_is():
    old = journal(as_of_ms=NOW - 90_000, unsent_records=0, oldest_unsent_ms=None)
    (unsent,) = [line for line in page(journal=old) if line.startswith("unsent")]
    assert unsent.startswith("unsent    nothing as of ")


def test_journals_of_earlier_epochs_are_not_said_to_be_erased():
    found = page(privacy=[RuleStatus("position", 30, 0, "", 2)])
    at = found.index("privacy   erased: position after 30 days")
    assert found[at + 1] == "          but not in 2 earlier epochs: delete their folders in epochs/"


@pytest.mark.parametrize(
    ("rules", "row"),
    [
        ([], None),
        ([RuleStatus("position", 30)], "privacy   erased: position after 30 days; not looked yet"),
        (
            [RuleStatus("position", 30, 0), RuleStatus("driver", 1, 0)],
            "privacy   erased: position after 30 days, driver after 1 day",
        ),
        (
            [RuleStatus("position", 30, 12), RuleStatus("driver", 90, 0)],
            "privacy   12 due batches not erased: no node has signed since they were due",
        ),
        (
            [RuleStatus("position", 30, None, "the disk is full")],
            "privacy   NOT ERASED: the disk is full",
        ),
    ],
)
def test_what_is_to_be_erased_is_told_and_what_keeps_it(rules, row):
    found = page(privacy=rules)
    assert [line for line in found if line.startswith("privacy")] == ([row] if row else [])
    told = status(privacy=tuple(rules))
    assert from_dict(told.to_dict()).privacy == tuple(rules)


def test_flight_mode_is_told():
    row = "flight    mode is on: the modems' radios are to be off"
    assert row in page(flight=True)
    assert row not in page()


@pytest.mark.parametrize(
    ("reserve", "rows"),
    [
        (False, ["storage   FAILING for 5 s: i/o error"]),
        (True, ["storage   FAILING for 5 s: i/o error",
                "          1 200 readings refused so far; alarms go into the reserve"]),
    ],
)  # fmt: skip
def test_a_disk_in_trouble_tells_what_it_costs(reserve, rows):
    found = page(storage=StorageStatus("failing", NOW - 5000, "i/o error", "", 1200, reserve))
    at = found.index(rows[0])
    assert [row for row in found[at : at + 2] if not row.startswith("disk")] == rows


@pytest.mark.parametrize(
    ("card", "text"),
    [
        (CardStatus(412_000, None, None, 30),
         "412.0 kB written; a forecast needs an hour of counting"),
        (CardStatus(1, 1_200_000, 50.0, 30), "1.2 MB a day, about 50.0 years at 30 TBW"),
        (CardStatus(1, 1_200_000, 50.1, 30), "1.2 MB a day, over 50 years at 30 TBW"),
        (CardStatus(1, 1_200_000, None, 30, "worn 10 %"), "1.2 MB a day; worn 10 %"),
        (CardStatus(1, 2, 3.0, 30, "", "no counter"), "wear unknown: no counter"),
    ],
)  # fmt: skip
def test_a_card_s_wear_is_told_as_far_as_it_is_known(card, text):
    assert f"card      {text}" in page(card=card)


@pytest.mark.parametrize(
    ("more", "row"),
    [
        ({"views": 3, "agreeing": 2}, "views     2 of 3 nodes show the same log"),
        ({"views": 1, "agreeing": 1}, None),
        ({"views": 3, "agreeing": 2, "frozen": "two histories"}, None),
        ({"views": 3, "agreeing": 2, "unjoined": 2},
         "views     2 checkpoints of the log that no node connects to ours"),
    ],
)  # fmt: skip
def test_nodes_that_show_the_same_log_are_counted_where_there_are_several(more, row):
    found = page(trust=TrustStatus(Mode.PROOF_ONLY, "", **more))
    assert [line for line in found if line.startswith("views")] == ([row] if row else [])


def test_a_rule_that_nobody_looked_at_yet_is_enough_to_say_so():
    found = page(privacy=[RuleStatus("position", 30, 0), RuleStatus("driver", 1)])
    assert "privacy   erased: position after 30 days, driver after 1 day; not looked yet" in found


def test_of_a_journal_of_which_half_is_known_nothing_is_told_as_known():
    found = page(journal=journal(records=None, error="slow"))
    assert found[2] == "journal   unknown, as it could not be read: slow"
    assert page(journal=journal(disk_bytes=None, error="slow"))[2] == found[2]


def test_four_nodes_and_two_tasks_are_shown_and_more_nodes_counted():
    nodes = [node(f"node-{number}", LinkState.OK) for number in range(4)]
    rows = [line for line in page(nodes=nodes) if line.startswith("ledger")]
    assert [row.split()[1] for row in rows] == ["node-0:", "node-1:", "node-2:", "node-3:"]
    rows = [line for line in page(nodes=[*nodes, nodes[0]]) if line.startswith("ledger")]
    assert rows[4:] == ["ledger    … and 1 more node: see --json"]
    tasks = [TaskStatus(f"t{number}", "waiting", "e", "") for number in range(3)]
    rows = [line for line in page(tasks=tasks) if line.startswith("task")]
    assert rows == ["task      t0: waiting: e", "task      t1: waiting: e"]


def test_devices_fill_the_console_to_its_last_line():
    bare = len(page(devices=[])) - 1  # all but the row of how many devices there are
    room = HEIGHT - bare - 1
    full = page(devices=[device(f"d{number:02}") for number in range(room)])
    assert len(full) == HEIGHT
    assert not any("more device" in line for line in full)
    more = page(devices=[device(f"d{number:02}") for number in range(room + 1)])
    assert len(more) == HEIGHT
    assert more[-1] == "  … and 2 more devices: see tallyman devices"


def test_advice_takes_three_lines_at_most_and_says_where_it_goes_on():
    told = page(journal=journal(advice="word " * 60))[-3:]
    assert told[0].startswith("next      word word")
    assert all(line.startswith(" " * 10 + "word") for line in told[1:])
    assert told[2].endswith(" …")
