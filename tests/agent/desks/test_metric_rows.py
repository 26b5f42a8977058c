"""What `tallyman metrics` counts, out of a status: numbers that are known, and none for the rest."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from agent.chain.seal_tally import SealTally
from agent.desks import machine_rows, metric_rows
from agent.desks.metrics import Meters, MetricsDesk
from agent.desks.status import (
    CardStatus,
    ClockStatus,
    DiskStatus,
    StorageStatus,
    TaskStatus,
    UplinkStatus,
)
from agent.journal.journal import Counts
from agent.journal.recorder import RecorderState
from agent.machine.usage import MachineUsage
from agent.upstream.states import LinkState
from agent.upstream.traffic import UpstreamMeters
from foundation.metrics import to_plain, to_text
from tests.agent.cli.test_status_page import NOW, device, journal, node, status


def values(families):
    return {
        family.name: [sample.value for sample in family.samples if sample.value is not None]
        for family in families
    }


@pytest.mark.parametrize("answers", [0, 1])
def test_whether_the_agent_answers_is_one_number(answers):
    assert values([metric_rows.up(answers)]) == {"tallyman_up": [answers]}


def test_an_agent_that_was_asked_is_up_and_says_how_long():
    found = status()
    said = values(metric_rows.node(replace(found, started_ms=found.clock.wall_ms - 90_500)))
    assert (said["tallyman_up"], said["tallyman_info"]) == ([1], [1])
    assert said["tallyman_running_seconds"] == [90.5]
    assert said["tallyman_failed_tasks"] == [len(found.tasks)]


@pytest.mark.parametrize(
    ("oldest", "age"), [(5_000, [4.5]), (9_500, [0.0]), (10_000, [0.0]), (None, [])]
)
def test_the_oldest_record_that_no_node_has_is_never_from_later(oldest, age):
    found = replace(journal(), oldest_unsent_ms=oldest, as_of_ms=None)
    assert (
        values(metric_rows.journal(found, 9_500)).get("tallyman_oldest_unsent_seconds", []) == age
    )


def test_of_a_disk_that_does_not_answer_only_what_waits_is_told():
    found = replace(journal(), waiting=3, as_of_ms=1)
    assert values(metric_rows.journal(found, 9_500)) == {"tallyman_waiting_records": [3]}


def samples(*families):
    """The numbers as Prometheus reads them, without what explains them."""
    return [line for line in to_text(families).splitlines() if not line.startswith("#")]


def test_a_gateway_in_numbers():
    found = status(
        devices=[device("cold", counters={"readings": 3}), device("hall", silent=True, last_ms=None)],
        tasks=[TaskStatus("t", "waiting", "e", "")],
    )  # fmt: skip
    assert samples(*metric_rows.node(found))[1:] == [
        f'tallyman_info{{name="truck-12",gateway="{found.gateway}",version="0.1.0"}} 1',
        "tallyman_running_seconds 100000.0",
        "tallyman_failed_tasks 1",
        "tallyman_waiting_records 0",
        "tallyman_journal_records 18411",
        "tallyman_journal_bytes 3400000",
        'tallyman_batches{state="sealed"} 3',
        'tallyman_batches{state="accepted"} 2',
        'tallyman_batches{state="confirmed"} 66',
        'tallyman_batches{state="refused"} 0',
        "tallyman_unsent_records 780",
        "tallyman_oldest_unsent_seconds 1260.0",
        'tallyman_clock_source{source="gnss"} 1',
        "tallyman_clock_bound_seconds 1.25",
        "tallyman_clock_disputes 0",
    ]
    assert samples(*metric_rows.devices(found)) == [
        'tallyman_device_running{device="cold",kind="sensors.sht3x",state="running"} 1',
        'tallyman_device_running{device="hall",kind="sensors.sht3x",state="running"} 0',
        "tallyman_open_gaps 1",
        'tallyman_device_reading_age_seconds{device="cold"} 4.0',
        'tallyman_device_events_total{device="cold",event="readings"} 3',
    ]


def test_a_clock_that_nobody_vouches_for_has_no_bound():
    unsure = ClockStatus(NOW, "none", None, 1)
    assert samples(*metric_rows.clock(unsure)) == [
        'tallyman_clock_source{source="none"} 1', "tallyman_clock_disputes 0",
    ]  # fmt: skip


@pytest.mark.parametrize(("watts", "joules"), [(0.0, []), (2.5, [5.0])])
def test_sealing_costs_joules_where_somebody_says_what_the_board_draws(watts, joules):
    tally = SimpleNamespace(
        batches=4, cpu_seconds=2.0, records=900, statement_bytes=300, body_bytes=5000
    )
    assert samples(*metric_rows.sealing(tally, watts)) == [
        "tallyman_seal_cpu_seconds_sum 2.0",
        "tallyman_seal_cpu_seconds_count 4",
        "tallyman_sealed_records_total 900",
        'tallyman_sealed_bytes_total{part="statement"} 300',
        'tallyman_sealed_bytes_total{part="body"} 5000',
        *(f'tallyman_seal_joules_total{{factor="2.5 W"}} {each}' for each in joules),
    ]


def test_what_nodes_were_asked_and_how_they_answered():
    timed = SimpleNamespace(count=3, seconds=1.5)
    traffic = SimpleNamespace(answered={"register": timed}, unanswered=2, sent=700, received=90)
    meters = SimpleNamespace(nodes={"node-1": traffic}, proven={"log": timed})
    nodes = [node("node-1", LinkState.OK), node("node-2", LinkState.UNREACHABLE)]
    found = status(nodes=nodes, uplink=UplinkStatus(5, 9))
    assert samples(*metric_rows.peers(found, meters)) == [
        'tallyman_ledger_node_answers{node="node-1"} 1',
        'tallyman_ledger_node_answers{node="node-2"} 0',
        'tallyman_ledger_request_seconds_sum{node="node-1",request="register"} 1.5',
        'tallyman_ledger_request_seconds_count{node="node-1",request="register"} 3',
        'tallyman_proof_seconds_sum{log="log"} 1.5',
        'tallyman_proof_seconds_count{log="log"} 3',
        'tallyman_ledger_unanswered_total{node="node-1"} 2',
        'tallyman_ledger_bytes_total{node="node-1",direction="sent"} 700',
        'tallyman_ledger_bytes_total{node="node-1",direction="received"} 90',
        "tallyman_uplink_spent_bytes 5",
        "tallyman_uplink_budget_bytes 9",
    ]


def test_a_disk_s_space_is_told_in_bytes_and_its_state_as_one_of_all():
    assert samples(*machine_rows.disk(DiskStatus(3, 5))) == [
        "tallyman_disk_free_bytes 3145728", "tallyman_disk_bytes 5242880",
    ]  # fmt: skip
    assert samples(*machine_rows.disk(None)) == []
    bad = StorageStatus("full", NOW)
    told = samples(*machine_rows.storage(bad, CardStatus(7, None, None, 0)))
    assert [line for line in told if line.endswith(" 1")] == [
        'tallyman_storage_state{state="full"} 1'
    ]
    assert told[-1] == "tallyman_card_written_bytes_total 7"
    assert (
        len(samples(*machine_rows.storage(bad, CardStatus(7, None, None, 0, problem="x"))))
        == len(told) - 1
    )


def test_the_machine_in_numbers():
    usage = MachineUsage(
        {"user": 5.5}, 1000, 400, {"eth0": SimpleNamespace(sent=7, received=9)}, 48.5
    )
    assert samples(*machine_rows.machine(usage)) == [
        'tallyman_machine_cpu_seconds_total{mode="user"} 5.5',
        "tallyman_machine_memory_bytes 1000",
        "tallyman_machine_memory_available_bytes 400",
        'tallyman_machine_network_bytes_total{interface="eth0",direction="sent"} 7',
        'tallyman_machine_network_bytes_total{interface="eth0",direction="received"} 9',
        "tallyman_machine_soc_celsius 48.5",
    ]


def test_what_becoming_durable_takes_and_which_data_is_missing():
    state = RecorderState(commits=9, commit_seconds=0.5, commit_failures=2)
    state.gaps["open"] += 3
    assert samples(*metric_rows.recording(state)) == [
        "tallyman_commit_seconds_sum 0.5",
        "tallyman_commit_seconds_count 9",
        "tallyman_commit_failures_total 2",
        'tallyman_gap_records_total{state="open"} 3',
        'tallyman_gap_records_total{state="closed"} 0',
    ]


def test_a_journal_is_counted_without_an_agent_as_with_one():
    counts = Counts(records=70, unsealed=1, sealed=2, accepted=3, confirmed=4, refused=5,
                    bodies_owed=6, unsent_records=7, oldest_unsent_ms=8, confirmed_upto=60,
                    disk_bytes=4096)  # fmt: skip
    assert samples(*metric_rows.stored(counts)) == [
        "tallyman_journal_records 70",
        "tallyman_journal_bytes 4096",
        'tallyman_batches{state="sealed"} 2',
        'tallyman_batches{state="accepted"} 3',
        'tallyman_batches{state="confirmed"} 4',
        'tallyman_batches{state="refused"} 5',
        "tallyman_unsent_records 7",
    ]


@pytest.fixture
def proc(tmp_path, monkeypatch):
    """A machine that gives this process two seconds, and three pages that are resident."""
    (tmp_path / "self").mkdir()
    (tmp_path / "self/statm").write_text("9 3 1 1 0 1 0\n")
    monkeypatch.setattr("os.times", lambda: SimpleNamespace(user=1.5, system=0.5))
    monkeypatch.setattr("os.sysconf", lambda name: 4096)
    return tmp_path


def test_the_agent_s_own_process_in_numbers(proc):
    assert samples(*machine_rows.process(proc)) == [
        "tallyman_process_cpu_seconds_total 2.0", "tallyman_process_resident_bytes 12288",
    ]  # fmt: skip


async def test_who_asks_for_the_numbers_gets_those_of_each_part(proc):
    async def take():
        return found

    found = status(uplink=UplinkStatus(5, 9))
    meters = Meters(
        SimpleNamespace(take=take), RecorderState(commits=9), SealTally(batches=4),
        lambda: UpstreamMeters({}, {}), list, 2.5, proc,
    )  # fmt: skip
    read = await meters.read()
    verbs = MetricsDesk(meters).verbs()
    assert [each async for each in verbs["metrics"]({})] == [to_plain(read)]
    assert list(verbs) == ["metrics"]
    told = samples(*read)
    for part in (
        metric_rows.node(found), metric_rows.recording(meters.recorder),
        metric_rows.sealing(meters.sealing, 2.5), metric_rows.devices(found),
        metric_rows.peers(found, UpstreamMeters({}, {})), machine_rows.disk(found.disk),
        machine_rows.storage(found.storage, found.card), machine_rows.process(proc),
    ):  # fmt: skip
        assert set(samples(*part)) <= set(told)
