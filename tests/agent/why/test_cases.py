"""What each part is judged by: every fact that the snapshot, the files and the machine tell of it."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from agent.clock.causes import ClockFacts
from agent.desks.causes import AgentFacts, DockFacts
from agent.desks.last_state import LastWords
from agent.desks.notify_causes import NotifyFacts
from agent.desks.status import (
    ChannelStatus,
    ClockStatus,
    DisputeStatus,
    DockStatus,
    KeyStatus,
    OpenCheckStatus,
    StorageStatus,
    TaskStatus,
    UplinkStatus,
    WayStatus,
)
from agent.intake.causes import NeighbourFacts
from agent.journal.causes import StoreFacts
from agent.light_client.causes import ProofFacts
from agent.machine.causes import CardFacts, PowerFacts
from agent.upstream.mode import Mode, TrustStatus
from agent.upstream.queue_causes import QueueFacts
from agent.upstream.states import LinkState
from agent.why import ledger_cases, machine_cases, people_cases
from agent.why.device_case import device_case, names_of, word_of
from agent.why.heard import Contact, Heard
from agent.why.judge import Named
from drivers.cause import Neighbour
from foundation.release import RELEASED
from tests.agent.cli.test_status_page import NOW, device, journal, node, status
from tests.agent.why.test_targets import CONFIG, DOWN, HOUR_MS, MODEM, NOTIFY, answered, known

OK, AWAY = LinkState.OK, LinkState.UNREACHABLE


def uplink(config=CONFIG, **changes):
    return ledger_cases.uplink(known(answered(**changes), config))[-1]


def test_the_way_there_is_judged_by_its_bytes_its_interface_and_its_names():
    ways = (
        WayStatus("wwan0", True, False, "No such device"),
        WayStatus("eth0", False, True, sends="new", spent=90, budget=100),
    )
    case = uplink(ways=ways, uplink=UplinkStatus(7, 2000), names="x is not resolved")
    facts = case.facts
    assert (facts.nodes, facts.spent, facts.budget) == (1, 7, 2000)
    assert (facts.dead, facts.used) == ({"wwan0": "No such device"}, "eth0")
    assert (facts.names, facts.sends) == ("x is not resolved", "new")
    assert (case.well, case.names, case.named, case.probe) == (
        "node-1 takes what is sent", {"host": "NODE"}, [], False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spent", "budget", "told"),
    [(99, 100, (7, 2000)), (100, 100, (100, 100)), (101, 100, (101, 100)), (5, 0, (7, 2000)),
     (1, 1, (1, 1))],
)  # fmt: skip
def test_bytes_are_those_of_the_way_in_use_once_it_has_none_left(spent, budget, told):
    ways = (
        WayStatus("eth0", False, False, spent=9, budget=9),
        WayStatus("wwan0", True, True, spent=spent, budget=budget),
    )
    facts = uplink(ways=ways, uplink=UplinkStatus(7, 2000)).facts
    assert (facts.spent, facts.budget) == told


def test_of_a_way_without_limits_and_without_an_agent_no_bytes_are_known():
    facts = uplink().facts
    assert (facts.spent, facts.budget, facts.used, facts.sends) == (None, None, "", "backlog")
    (case,) = ledger_cases.uplink(known(DOWN, config=None))
    assert (case.facts.nodes, case.facts.names, case.well) == (None, "", "")
    assert case.facts.listens() == {}


def test_only_all_nodes_together_are_well_and_the_first_that_is_not_is_the_host():
    nodes = [node("a", OK), replace(node("b", AWAY), endpoint="tcp://[2001:db8::7]:7701")]
    case = uplink(nodes=nodes)
    assert (case.well, case.names) == ("", {"host": "[2001:db8::7]"})
    assert uplink(nodes=[node("a", OK), node("b", OK)]).well == "a, b takes what is sent"
    assert uplink(nodes=[]).well == ""


def test_what_a_dead_interface_says_stands_before_what_nodes_say():
    nodes = [
        node("a", AWAY, detail="no answer", advice="look", cause="uplink.unreachable"),
        node("b", AWAY, cause="uplink.unreachable"), node("c", OK),
    ]  # fmt: skip
    assert uplink(nodes=nodes).named == [
        Named("uplink.unreachable", "a: no answer", "look"),
        Named("uplink.unreachable", f"b: {AWAY}", ""),
    ]
    way = WayStatus("wwan0", True, True, "No such device", manager="unavailable")
    spare = WayStatus("eth0", False, False, "Network is down")
    assert uplink(nodes=nodes, ways=(way, spare)).named == [
        Named("uplink.no-interface", "wwan0: No such device; NetworkManager says: unavailable")
    ]
    well = WayStatus("eth0", False, True)
    assert [each.evidence for each in uplink(nodes=nodes, ways=(well,)).named] == [
        "a: no answer", f"b: {AWAY}",
    ]  # fmt: skip


def test_a_fault_of_proofs_that_a_node_names_is_judged_with_the_way_there():
    forked = [node("a", LinkState.FROZEN, cause="proof.fork"), node("b", AWAY, cause="no.such")]
    way, proof = ledger_cases.uplink(known(answered(nodes=forked)))
    assert [row.id for row in proof.rows] == ["proof.fork"]
    assert proof.named == way.named
    assert (proof.target, proof.facts) == ("uplink", ProofFacts())


@pytest.mark.parametrize(
    ("endpoint", "asked"),
    [("tcp://ledger.example:7701", ("ledger.example", 7701)),
     ("tcp://[2001:db8::7]:80", ("2001:db8::7", 80)), ("ipc://run/node", None)],
)  # fmt: skip
def test_each_node_is_looked_for_where_its_endpoint_says(endpoint, asked):
    found = known(DOWN)
    (configured,) = found.config.ledger.nodes
    ledger = replace(found.config.ledger, nodes=(replace(configured, endpoint=endpoint),))
    found = replace(found, config=replace(found.config, ledger=ledger), probe=True)
    looked = []
    found.machine.listens = lambda *where: looked.append(where) or True
    (case,) = ledger_cases.uplink(found)
    assert case.facts.listens() == ({} if asked is None else {"node-1": True})
    assert looked == ([] if asked is None else [asked])
    assert case.probe


@pytest.mark.parametrize(
    ("interface", "others", "blamed"),
    [("wwan0", (), True), ("wwan1", (), False), ("wwan1", ("wwan0",), True)],
)
def test_a_modem_is_judged_where_the_way_in_use_leads_through_it(interface, others, blamed):
    ways = (WayStatus("eth0", False, False), WayStatus(interface, True, True, others=others))
    radio = device("radio", kind="modem.at", cause="modem.no-sim", detail="no SIM card")
    heard = answered(devices=[device("cold-1", cause="i2c.held"), radio], nodes=[], ways=ways)
    first, *_ = ledger_cases.uplink(known(heard, MODEM))
    assert [each.cause for each in first.named] == (["modem.no-sim"] if blamed else [])
    assert first.target == "uplink"
    unnamed = MODEM.replace(b'interface = "wwan0"\n', b"")
    assert ledger_cases.uplink(known(heard, unnamed))[0].facts.name == "radio"
    well = answered(devices=[device("radio", kind="modem.at")], nodes=[], ways=ways)
    assert len(ledger_cases.uplink(known(well, MODEM))) == 1


def queue(**changes):
    (case,) = ledger_cases.queue(known(answered(**changes)))
    return case.facts


def test_what_waits_is_judged_by_what_is_known_of_it():
    serving = node("b", OK, detail="sends batch 7")
    nodes = [node("a", AWAY, detail="no answer"), node("c", AWAY), serving, node("d", OK)]
    waits = journal(refused=2, oldest_unsent_ms=NOW - 3 * HOUR_MS)
    assert queue(nodes=nodes, journal=waits) == QueueFacts(
        780, 3, 3.0, True, True, False, 2, "sends batch 7",
        ("a: no answer", f"c: {AWAY}", "b: sends batch 7", f"d: {OK}"),
    )  # fmt: skip
    empty = queue(nodes=[nodes[0]], journal=journal(oldest_unsent_ms=None), ledger=False)
    assert (empty.hours, empty.serving, empty.configured, empty.doing) == (None, None, False, "")
    assert queue(nodes=[nodes[0]]).serving is False


@pytest.mark.parametrize(("spent", "over"), [(1999, False), (2000, True), (2001, True)])
def test_a_budget_is_spent_from_its_last_byte_on(spent, over):
    assert queue(uplink=UplinkStatus(spent, 2000)).budget_spent is over


@pytest.mark.parametrize(("config", "configured"), [(CONFIG, True), (b"[gateway]\n", False)])
def test_without_a_snapshot_only_whether_a_node_is_configured_is_known(config, configured):
    (case,) = ledger_cases.queue(known(DOWN, config))
    assert case.facts == QueueFacts(configured=configured)
    (case,) = ledger_cases.queue(known(DOWN, config=None))
    assert case.facts == QueueFacts()


def proofs(**changes):
    return ledger_cases.proof(known(answered(**changes)))


TRUST = TrustStatus(Mode.OWN_NODE, "", 7, 3, 2, away=("insurer",), unjoined=4)


def test_proofs_are_judged_by_batches_nodes_and_witnesses():
    nodes = [node("a", OK), node("b", OK, detail="waiting for receipts")]
    views = TRUST.views
    proof, *_ = proofs(nodes=nodes, trust=TRUST)
    assert views > 1
    assert proof.facts == ProofFacts(2, 66, True, True, views, ("insurer",), 4)
    assert proof.well == "a batch was confirmed, and no node shows a fault"
    away = replace(nodes[1], state=AWAY)
    proof, *_ = proofs(nodes=[away], ledger=False, trust=replace(TRUST, views=1))
    assert proof.facts == ProofFacts(2, 66, None, False, None, ("insurer",), 4)
    assert proof.well == ""
    assert proofs(nodes=[away])[0].facts == ProofFacts(2, 66, False, False)


@pytest.mark.parametrize(
    ("nodes", "confirmed", "well"),
    [([OK, OK], 1, True), ([OK, AWAY], 1, False), ([], 1, False), ([OK], 0, False),
     ([OK], None, False)],
)  # fmt: skip
def test_proofs_are_well_where_each_node_is_and_a_batch_was_confirmed(nodes, confirmed, well):
    told = [node(f"node-{number}", state) for number, state in enumerate(nodes)]
    assert bool(proofs(nodes=told, journal=journal(confirmed=confirmed))[0].well) is well


def test_keys_and_signing_are_judged_by_what_they_name():
    ends = KeyStatus("ends", NOW, "rotate", "key.ends")
    failing = TaskStatus("batcher", "waiting", "token away", "plug", "proof.token-away")
    forked = node("a", LinkState.FROZEN, detail="two heads", advice="stop", cause="proof.fork")
    proof, key, signing, conflict, none = proofs(key=ends, tasks=[failing], nodes=[forked])
    assert (key.named, key.well) == ([Named("key.ends", "the key ends", "rotate")], "")
    of_fork = Named("proof.fork", "a: two heads", "stop")
    of_task = Named("proof.token-away", "batcher: token away", "plug")
    assert (signing.named, signing.well) == ([of_fork, of_task], "")
    assert proof.named == conflict.named == [of_fork]
    assert (conflict.facts.nodes, none.facts.nodes) == (None, 1)


def test_a_key_that_counts_and_batches_that_are_signed_are_well():
    other = TaskStatus("views", "waiting", "e", "")
    _, key, signing, _, none = proofs(key=KeyStatus("counts", None), tasks=[other], ledger=False)
    assert (key.named, key.well) == ([], "by the policy the key counts")
    assert signing.well == "batches are sealed and signed"
    assert none.facts.nodes == 0
    assert proofs(key=None)[1].well == ""


def test_without_a_snapshot_proofs_are_judged_by_the_last_words_alone():
    words = LastWords("no token", "plug it in", "proof.token-away")
    (case,) = ledger_cases.proof(known(Heard(Contact.DOWN, None, None, words, 5.0)))
    assert case.facts == ProofFacts()
    assert case.named == [Named("proof.token-away", "no token", "plug it in")]


EARLY = int(RELEASED.timestamp() * 1000)


def clock_facts(found):
    (case,) = machine_cases.clock(found)
    return replace(case.facts, kernel_ms=None)  # this machine's own


def test_a_clock_is_judged_by_who_disputes_it_and_by_receivers_without_a_time():
    disputes = (DisputeStatus("ntp", 90_000, NOW), DisputeStatus("rtc", -90_000, NOW))
    gps = device("gps", kind="gnss.nmea", state="missing", detail="no port")
    heard = answered(clock=ClockStatus(NOW, "gnss", None, 7, disputes), devices=[gps])
    minutes = "1 min 30 s"
    assert clock_facts(known(heard)) == ClockFacts(
        "gnss", False, [f"ntp is {minutes} ahead of gnss", f"rtc is {minutes} behind of gnss"],
        asked=True, early=False, receivers=["gps: no port"],
    )  # fmt: skip
    well = answered(devices=[replace(gps, state="running")])
    assert clock_facts(known(well)) == ClockFacts(
        "gnss", True, [], asked=True, early=False, receivers=[]
    )
    silent = replace(well, contact=Contact.SILENT)
    assert clock_facts(known(silent)) == ClockFacts(asked=True, early=False)


@pytest.mark.parametrize(("ms", "early"), [(EARLY - 1, True), (EARLY, False)])
def test_a_clock_before_this_release_was_made_is_early(ms, early):
    assert clock_facts(replace(known(DOWN), now_ms=ms)).early is early


def test_whether_a_receiver_is_missing_is_known_from_configuration_or_snapshot():
    for heard, config, count in (
        (DOWN, b"[gateway]\n", 0),
        (answered(), None, 0),
        (DOWN, None, None),
    ):
        assert machine_cases.no_receiver(known(heard, config)).facts.receivers == count


def store(heard, folder):
    own, card = machine_cases.store(known(heard, state=folder))
    return own, card.facts


def test_of_a_disk_that_cannot_be_looked_at_only_its_folder_is_known(tmp_path, monkeypatch):
    def broken(folder):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(machine_cases, "disk_space", broken)
    own, card = store(DOWN, tmp_path)
    assert (own.facts, card) == (StoreFacts(str(tmp_path), there=True), CardFacts())
    own, _ = store(DOWN, tmp_path / "nowhere")
    assert own.facts == StoreFacts(str(tmp_path / "nowhere"), there=False)


def test_a_disk_is_well_where_the_agent_finds_nothing_wrong_with_it(tmp_path):
    own, card = store(answered(), tmp_path)
    assert (own.well, own.named) == ("the agent finds nothing wrong with its disk", [])
    assert own.names == {"folder": str(tmp_path)}
    assert card == CardFacts(67.55, "")
    full = StorageStatus("full", NOW, "no space", "make room", cause="store.full")
    own, _ = store(answered(storage=full), tmp_path)
    assert (own.well, own.named) == ("", [Named("store.full", "no space", "make room")])
    own, _ = store(answered(storage=replace(full, error="")), tmp_path)
    assert own.named == [Named("store.full", "full", "make room")]
    failing = journal(failing_since_ms=NOW, error="input/output error", advice="a new card")
    own, _ = store(answered(journal=failing), tmp_path)
    assert own.well == ""
    assert own.named == [Named("store.failing", "input/output error", "a new card")]
    for heard in (DOWN, Heard(Contact.SILENT, status(), 1.0)):
        assert store(heard, tmp_path)[0].well == ""
    assert store(DOWN, tmp_path)[1] == CardFacts()
    assert store(answered(storage=StorageStatus("slow", NOW)), tmp_path)[0].well == ""


def test_what_the_state_folder_shows_is_looked_at(tmp_path):
    seen = os.statvfs(tmp_path)
    facts = store(DOWN, tmp_path)[0].facts
    assert (facts.there, facts.ring, facts.used, facts.read_only) == (True, False, False, False)
    assert facts.total == seen.f_blocks * seen.f_frsize >> 20
    assert 0 < facts.free <= facts.total
    for name in ("journal.ring", "boot.toml"):
        (tmp_path / name).touch()
    facts = store(DOWN, tmp_path)[0].facts
    assert (facts.ring, facts.used) == (True, True)
    gone = store(DOWN, tmp_path / "gone")[0].facts
    assert (gone.folder, gone.there, gone.free) == (str(tmp_path / "gone"), False, None)


def test_supply_and_heat_are_as_the_agent_saw_them_or_as_the_board_says(tmp_path):
    told = status().power
    heard = answered(power=replace(told, under_voltage=True, flags=5, celsius=61.5))
    (case,) = machine_cases.power_of(known(heard))
    assert case.facts == PowerFacts(True, 5, 61.5)
    silent = replace(heard, contact=Contact.SILENT)
    (case,) = machine_cases.power_of(replace(known(silent), sys=tmp_path))
    assert case.facts == PowerFacts(None, None, None)
    heat = tmp_path / "class" / "thermal" / "thermal_zone0"
    heat.mkdir(parents=True)
    (heat / "temp").write_text("48312\n")
    (case,) = machine_cases.power_of(replace(known(DOWN), sys=tmp_path))
    assert case.facts.celsius == pytest.approx(48.3, abs=0.05)


def test_a_device_is_judged_by_its_words_its_options_and_its_neighbours():
    said = device(
        "cold-1", state="missing", detail="no chip answers", advice="plug", silent=True,
        counters={"readings": 3}, cause="i2c.no-answer", since_ms=NOW - 9000,
    )  # fmt: skip
    found = known(answered(devices=[said, device("cold-2", last_ms=None)]))
    case = device_case("cold-1", found)
    word = case.facts.word
    assert (word.state, word.detail, word.cause, word.advice) == (
        "missing", "no chip answers", "i2c.no-answer", "plug",
    )  # fmt: skip
    assert (word.since, word.read, word.silent, word.counters) == (9.0, 4.0, True, {"readings": 3})
    assert (case.facts.kind, case.facts.option("bus")) == ("sensors.sht3x", "/dev/i2c-1")
    assert case.named == [Named("i2c.no-answer", "no chip answers", "plug")]
    assert (case.well, case.names["bus_number"], case.names["name"]) == ("", "1", "cold-1")
    gps, cold = case.facts.others
    assert gps == Neighbour("gps", "gnss.nmea", found.config.device("gps").options, None)
    assert (cold.name, cold.word) == ("cold-2", word_of(device("cold-2", last_ms=None), NOW))
    assert device_case("cold-2", found).well == "its driver has it running"


def test_a_device_that_only_the_snapshot_knows_has_its_kind_from_there():
    found = known(answered(devices=[device("old", cause="x", detail="")]), config=None)
    case = device_case("old", found)
    assert (case.facts.kind, case.facts.options, case.facts.others) == ("sensors.sht3x", {}, [])
    assert case.named == [Named("x", "running", "")]
    assert device_case("none", found).facts.kind == ""


@pytest.mark.parametrize(
    ("address", "host"), [("10.0.0.7:5084", "10.0.0.7"), ("reader-1", "reader-1")]
)
def test_a_device_on_the_network_has_a_host(address, host):
    assert names_of("uhf", {"address": address})["host"] == host
    assert "host" not in names_of("cold", {"address": 0x45})


def test_the_dock_is_judged_by_its_checks_its_refusals_and_its_neighbours():
    dock = DockStatus([OpenCheckStatus("R-1", "ASN1", "door 2")], "no JSON", NOW, 3, 1)
    task = TaskStatus("neighbours", "waiting", "no key", "copy it", "dock.neighbour-key")
    own, others = people_cases.dock(known(answered(dock=dock, tasks=[task])))
    assert own.facts == DockFacts(["check R-1 of notice ASN1 at door 2"], "no JSON")
    assert others.facts == NeighbourFacts(3, 1)
    assert others.named == [Named("dock.neighbour-key", "neighbours: no key", "copy it")]
    words = LastWords("no key", "copy it", "dock.neighbour-key")
    own, others = people_cases.dock(known(Heard(Contact.DOWN, None, None, words, 5.0)))
    assert (own.facts, others.facts) == (DockFacts(), NeighbourFacts())
    assert others.named == [Named("dock.neighbour-key", "no key", "copy it")]


def test_who_is_told_is_judged_by_what_each_channel_says():
    channels = (
        ChannelStatus("webhook", "failing", NOW, "401", "renew", "notify.refused", lost=1),
        ChannelStatus("mqtt", "down", NOW, cause="notify.down"),
        ChannelStatus("command", "ok", NOW),
    )
    (case,) = people_cases.notify(known(answered(notify=channels), NOTIFY))
    assert case.facts == NotifyFacts(("webhook",), ["webhook: 1 record"])
    assert case.named == [
        Named("notify.refused", "webhook: 401", "renew"), Named("notify.down", "mqtt: down"),
    ]  # fmt: skip
    assert case.well == ""
    for told, well in ((channels[2:], True), ((), False), (channels[1:], False)):
        (case,) = people_cases.notify(known(answered(notify=told), NOTIFY))
        assert bool(case.well) is well
    (case,) = people_cases.notify(known(DOWN, config=None))
    assert case.facts == NotifyFacts(None, [])


@pytest.mark.parametrize(
    ("contact", "runs", "listening", "forbidden"),
    [
        (Contact.ANSWERED, True, True, False),
        (Contact.SILENT, False, True, False),
        (Contact.DOWN, False, False, False),
        (Contact.FORBIDDEN, False, None, True),
        (Contact.REFUSED, True, True, False),
    ],
)
def test_an_agent_is_judged_by_how_it_met_the_question(contact, runs, listening, forbidden):
    words = LastWords("no key", "make one", "")
    tasks = [TaskStatus("views", "given-up", "no city", "")]
    heard = Heard(contact, status(tasks=tasks), 0.0, words, 5.0)
    (case,) = people_cases.agent(known(heard, error="line 3"))
    now = contact is Contact.ANSWERED
    assert case.facts == AgentFacts(
        runs, listening, forbidden, "" if now else "no key", "line 3",
        tasks=("views: no city",) if now else (),
    )  # fmt: skip
    (case,) = people_cases.agent(known(Heard(contact)))
    assert (case.facts.ended, case.facts.tasks) == ("", ())


@pytest.mark.parametrize(
    ("age", "told"), [(None, True), (99_999.0, True), (100_000.0, True), (100_000.1, False)]
)
def test_a_refused_second_start_counts_since_the_first_one(age, told):
    """The agent that answers has run for 100,000 s."""
    words = LastWords("lock is locked", "stop it", "agent.second")
    (case,) = people_cases.agent(known(Heard(Contact.ANSWERED, status(), 0.0, words, age)))
    assert case.named == ([Named("agent.second", "lock is locked", "stop it")] if told else [])


def test_receivers_and_devices_are_those_of_the_configuration_where_it_can_be_read():
    heard = answered(devices=[device("old", kind="gnss.ubx"), device("new", kind="sensors.sht3x")])
    found = known(heard)
    assert (found.receivers, found.devices) == (["gps"], ["gps", "cold-1", "cold-2"])
    found = known(heard, config=None)
    assert (found.receivers, found.devices) == (["old"], ["old", "new"])
    assert (known(DOWN, config=None).receivers, known(DOWN, config=None).devices) == ([], [])
