"""What the snapshot says leads to the right cause; without one every target still answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.chain.causes import KEY_ENDS
from agent.config.settings import parse
from agent.desks.last_state import LastWords
from agent.desks.status import (
    CardStatus,
    ChannelStatus,
    DisputeStatus,
    DockStatus,
    IgnoredStatus,
    KeyStatus,
    OpenCheckStatus,
    PowerStatus,
    StorageStatus,
    TaskStatus,
    UplinkStatus,
    WayStatus,
)
from agent.light_client.causes import EXPIRED
from agent.upstream.causes import OF_STATE
from agent.upstream.mode import Mode, TrustStatus
from agent.upstream.states import LinkState
from agent.why.answer import of_all, of_target, row_of, targets
from agent.why.heard import Contact, Heard
from agent.why.judge import Likelihood
from agent.why.question import Known
from drivers import catalog
from tests.agent.cli.test_status_page import NOW, device, journal, node, status

HOUR_MS = 3_600_000
CONFIG = b"""
[gateway]
state_dir = "/nowhere/state"
[[device]]
name = "gps"
kind = "gnss.nmea"
port = "/dev/ttyUSB0"
[[device]]
name = "cold-1"
kind = "sensors.sht3x"
bus = "/dev/i2c-1"
[[device]]
name = "cold-2"
kind = "sensors.sht3x"
bus = "/dev/i2c-1"
address = 0x45
[ledger]
policy = "p"
[[ledger.node]]
name = "node-1"
endpoint = "tcp://ledger.example:7701"
server_key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
"""


class Machine:
    """One on which nothing is, but for what a test puts there."""

    def __init__(self, **seen):
        self.seen = seen

    def there(self, path):
        return self.seen.get("there", False)

    def may_open(self, path):
        return self.seen.get("may_open")

    def holders(self, path):
        return self.seen.get("holders")

    def unused(self, path, taken):
        return self.seen.get("unused", ())

    def answers(self, bus, address):
        return self.seen.get("answers", {}).get(address)

    def listens(self, host, port):
        return self.seen.get("listens")


def known(heard, config=CONFIG, error="", state=Path("/nowhere"), **seen):
    read = None if config is None else parse(config, Path("/etc/t.toml"), catalog)
    return Known(heard, Machine(**seen), read, error, state, Path("/nowhere/sys"), NOW)


@pytest.fixture
def state(tmp_path):
    for name in ("journal.sqlite", "journal.ring", "boot.toml"):
        (tmp_path / name).touch()
    return tmp_path


def answered(**changes):
    return Heard(Contact.ANSWERED, status(**changes), 0.0)


DOWN = Heard(Contact.DOWN)


def likely(answer):
    return [each.row.id for each in answer.causes if each.likelihood is Likelihood.LIKELY]


def of_node(state, detail="so it says"):
    row = OF_STATE[state]
    return node("node-1", state, detail=detail, advice=row.next, cause=row.id)


def test_what_may_be_asked_for_is_each_device_and_each_part_once():
    """A device is called gps here: it stands for itself."""
    parts = ["uplink", "clock", "store", "queue", "proof", "power", "dock", "notify", "agent"]
    assert targets(known(DOWN)) == ["gps", "cold-1", "cold-2", *parts]


@pytest.mark.parametrize("target", targets(known(DOWN)))
def test_every_target_answers_where_nothing_is_there(target):
    answer = of_target(target, known(DOWN))
    first = "store.no-folder" if target == "store" else "agent.down"
    assert answer.causes[0].row.id == first
    assert all(each.row.next and each.row.sentence for each in answer.causes)


def test_a_device_that_no_agent_reads_may_still_have_any_cause_but_those_seen_from_outside():
    answer = of_target(
        "gps", known(DOWN, there=True, may_open=True, holders=["minicom (process 7)"])
    )
    assert likely(answer) == ["agent.down", "serial.held"]
    assert {"serial.absent", "serial.moved", "serial.forbidden"} == {
        each.row.id for each in answer.ruled_out
    }
    unknown = {each.row.id for each in answer.causes if each.likelihood is Likelihood.UNKNOWN}
    assert {"gnss.frozen", "gnss.no-fix", "device.lost"} <= unknown


def test_a_port_that_is_there_under_another_name_was_moved():
    gone = device("gps", state="missing", detail="there is no serial port", cause="serial.absent")
    answer = of_target("gps", known(answered(devices=[gone]), unused=["/dev/ttyUSB1"]))
    assert likely(answer) == ["serial.moved", "serial.absent"]
    assert "/dev/ttyUSB1 is there" in answer.causes[0].pro[1]


def test_a_name_that_udev_keeps_is_gone_with_its_device_whatever_else_is_plugged_in():
    stable = CONFIG.replace(b"/dev/ttyUSB0", b"/dev/serial/by-id/usb-u-blox_7-if00")
    gone = device("gps", state="missing", detail="there is no serial port", cause="serial.absent")
    found = known(answered(devices=[gone]), stable, unused=["/dev/serial/by-id/usb-other"])
    answer = of_target("gps", found)
    assert likely(answer) == ["serial.absent"]
    assert "serial.moved" in {each.row.id for each in answer.ruled_out}


def test_a_chip_that_answers_at_its_other_address_is_configured_wrongly():
    silent = device("cold-1", state="missing", detail="no chip answers", cause="i2c.no-answer")
    well = device("gps")
    found = known(answered(devices=[silent, well]), answers={0x44: False})
    assert likely(of_target("cold-1", found)) == ["i2c.no-answer"], "0x45 is cold-2's own"
    alone = CONFIG.replace(b'name = "cold-2"', b'name = "x"').replace(b"address = 0x45\n", b"")
    alone = alone.replace(b'bus = "/dev/i2c-1"\n[ledger]', b'bus = "/dev/i2c-2"\n[ledger]')
    found = known(answered(devices=[silent]), alone, answers={0x44: False, 0x45: True})
    assert likely(of_target("cold-1", found)) == ["i2c.address", "i2c.no-answer"]


def test_a_well_device_has_no_cause_and_says_what_ruled_them_out():
    answer = of_target("cold-1", known(answered()))
    assert not answer.causes
    assert any("read 4 s ago" in phrase for each in answer.ruled_out for phrase in each.contra)


def test_a_device_that_runs_and_says_nothing_is_quiet():
    silent = [device("cold-1", silent=True)]
    answer = of_target("cold-1", known(answered(devices=silent), there=True))
    assert likely(answer) == ["device.quiet"]


CASES = [
    ("uplink", {"nodes": [of_node(state)]}, OF_STATE[state].id)
    for state in OF_STATE
    if OF_STATE[state].id.startswith("uplink.")
]
CASES += [
    ("uplink", {"nodes": [of_node(LinkState.FROZEN)]}, "proof.fork"),
    ("uplink", {"nodes": [of_node(LinkState.WITHHELD)]}, "proof.withheld"),
    ("uplink", {"uplink": UplinkStatus(2000, 2000)}, "uplink.budget"),
    (
        "uplink",
        {
            "nodes": [of_node(LinkState.UNREACHABLE)],
            "ways": (WayStatus("wwan0", True, True, "no default route"),),
        },
        "uplink.no-route",
    ),
    *(
        (
            "uplink",
            {
                "nodes": [of_node(LinkState.UNREACHABLE)],
                "ways": (WayStatus("wwan0", True, True, trouble), WayStatus("eth0", False, False)),
            },
            cause,
        )
        for trouble, cause in (
            ("No such device", "uplink.no-interface"),
            ("Network is unreachable", "uplink.no-carrier"),
            ("Network is down", "uplink.no-carrier"),
            ("no default route", "uplink.no-route"),
            ("the name ledger.example is not resolved", "uplink.names"),
            ("no answer within 5 s", "uplink.silent"),
            ("No route to host", "uplink.silent"),
            ("Permission denied", "uplink.no-way"),
        )
    ),
    (
        "uplink",
        {"names": "ledger.example is not resolved, its last address, 203.0.113.7, is used"},
        "uplink.names",
    ),
    (
        "uplink",
        {"ways": (WayStatus("wwan0", True, True, spent=2000, budget=2000),)},
        "uplink.budget",
    ),
    (
        "uplink",
        {"ways": (WayStatus("sat0", True, True, sends="alarms"),)},
        "uplink.restricted",
    ),
    ("proof", {"nodes": [of_node(LinkState.FROZEN)]}, "proof.fork"),
    ("proof", {"nodes": [of_node(LinkState.CONFLICT)]}, "proof.conflict"),
    ("proof", {"nodes": [of_node(LinkState.EXPIRED)]}, EXPIRED.id),
    (
        "proof",
        {"nodes": [node("node-1", LinkState.OK, detail="waiting for receipts")]},
        "proof.quorum",
    ),
    (
        "proof",
        {
            "trust": TrustStatus(Mode.OWN_NODE, "", 7, 3, 2, away=("insurer",)),
            "journal": journal(accepted=0),
        },
        "proof.witness-away",
    ),
    ("proof", {"key": KeyStatus("ends", NOW + HOUR_MS, "rotate", KEY_ENDS.id)}, KEY_ENDS.id),
    (
        "proof",
        {
            "tasks": [TaskStatus("batcher", "waiting", "token away", "plug", "proof.token-away")],
            "journal": journal(accepted=0),
        },
        "proof.token-away",
    ),
    ("queue", {"nodes": [of_node(LinkState.UNREACHABLE)]}, "queue.uplink"),
    ("queue", {"journal": journal(oldest_unsent_ms=NOW - 48 * HOUR_MS)}, "queue.old"),
    ("queue", {"uplink": UplinkStatus(2000, 2000)}, "queue.budget"),
    ("queue", {"journal": journal(refused=2)}, "queue.refused"),
    ("queue", {"journal": journal(sealed=900)}, "queue.catching-up"),
    (
        "store",
        {"storage": StorageStatus("full", NOW, "no space", cause="store.full")},
        "store.full",
    ),
    ("store", {"card": CardStatus(1, 1, 0.3, 30)}, "store.worn"),
    (
        "store",
        {"card": CardStatus(1, 1, None, 30, "the card says: 100 % of its life")},
        "store.worn",
    ),
    ("power", {"power": PowerStatus(under_voltage=True, flags=0x50005)}, "power.under-voltage"),
    ("power", {"power": PowerStatus(under_voltage=False, flags=0x50000)}, "power.dipped"),
    ("power", {"power": PowerStatus(celsius=84.0)}, "power.hot"),
    ("dock", {"dock": DockStatus([OpenCheckStatus("R-1", "ASN1", "door 2")])}, "dock.check-open"),
    ("dock", {"dock": DockStatus(refused="line 3 is no JSON")}, "dock.notice-refused"),
    ("dock", {"dock": DockStatus(heard=0, unopened=4)}, "dock.neighbour-key"),
    ("agent", {"tasks": [TaskStatus("views", "given-up", "no city", "")]}, "agent.task"),
]


@pytest.mark.parametrize(("target", "changes", "cause"), CASES)
def test_the_right_cause_comes_first(target, changes, cause, state):
    found = known(answered(**changes), state=state)
    answer = of_target(target, found)
    assert likely(answer)[:1] == [cause]
    assert cause not in {each.row.id for each in answer.ruled_out}
    everything = of_all(found)
    assert cause in {each.row.id for each in everything.causes}


@pytest.mark.parametrize("target", [each for each in targets(known(DOWN)) if each != "clock"])
def test_nothing_is_likely_where_all_is_well(target, state):
    devices = [device("gps"), device("cold-1"), device("cold-2")]
    found = known(answered(journal=journal(accepted=0), devices=devices), state=state)
    assert not likely(of_target(target, found))


def test_a_ring_that_somebody_removed_is_seen_from_outside(state):
    (state / "journal.ring").unlink()
    assert likely(of_target("store", known(answered(), state=state))) == ["store.ring-gone"]


def test_a_look_at_the_nodes_costs_bytes_and_is_made_when_asked_for(state):
    found = known(DOWN, state=state, listens=False)
    assert "uplink.unreachable" not in likely(of_target("uplink", found))
    answer = of_target("uplink", replace(found, probe=True))
    assert likely(answer) == ["agent.down", "uplink.unreachable"]
    assert answer.causes[1].pro == ("node-1 takes no connection",)


@pytest.mark.parametrize(
    ("target", "cause"),
    [("uplink", "uplink.no-node"), ("proof", "uplink.no-node"), ("queue", "queue.no-node")],
)
def test_a_gateway_without_a_node_may_be_meant_so(target, cause, state):
    alone = CONFIG[: CONFIG.index(b"[ledger]")]
    found = known(answered(ledger=False, nodes=[]), alone, state=state)
    answer = of_target(target, found)
    assert (answer.causes[0].row.id, answer.causes[0].likelihood) == (cause, Likelihood.POSSIBLE)
    owners = [each.target for each in of_all(found).causes if each.row.id == cause]
    assert owners == [cause.partition(".")[0]], "told once, as that of the uplink"


def test_no_receiver_is_no_receiver_that_fails():
    (cause,) = of_target("gps", known(answered(devices=[]), b"[gateway]\n")).causes
    assert (cause.row.id, cause.likelihood) == ("gps.none", Likelihood.POSSIBLE)


def test_a_clock_that_is_disputed_says_by_whom():
    clock = replace(status().clock, disputes=(DisputeStatus("ntp", -HOUR_MS, NOW),))
    answer = of_target("clock", known(answered(clock=clock)))
    assert likely(answer) == ["clock.disputed"]
    assert answer.causes[0].pro == ("ntp is 1 h 0 min behind of gnss",)


def test_what_ended_the_last_run_is_the_cause_until_the_next_one_runs(state):
    words = LastWords("journal.ring is gone", "restore it", "store.ring-gone")
    down = Heard(Contact.DOWN, None, None, words, 60.0)
    found = known(down, state=state)
    assert likely(of_target("store", found))[:2] == ["store.ring-gone", "agent.down"]
    assert likely(of_target("gps", known(down)))[:1] == ["agent.down"]
    runs = Heard(Contact.ANSWERED, status(), 0.0, words, 60.0)
    assert "store.ring-gone" not in likely(of_target("store", known(runs)))


def test_what_keeps_the_agent_down_comes_before_that_it_is():
    assert likely(of_target("store", known(DOWN)))[:2] == ["store.no-folder", "agent.down"]
    broken = known(DOWN, config=None, error="line 3: no such key")
    assert likely(of_target("clock", broken))[:2] == ["agent.config", "agent.down"]


def test_a_second_start_that_was_refused_is_told_while_the_first_one_runs():
    words = LastWords("lock is locked: process 7", "stop it", "agent.second")
    found = known(Heard(Contact.ANSWERED, status(), 0.0, words, 60.0))
    assert likely(of_target("agent", found)) == ["agent.second"]
    before = Heard(Contact.ANSWERED, status(), 0.0, words, 1_000_000.0)
    assert not likely(of_target("agent", known(before))), "that was before this start"


def test_a_last_state_still_tells_and_the_agent_stands_before_it():
    gone = device("cold-1", state="missing", detail="no chip answers", cause="i2c.no-answer")
    hung = Heard(Contact.SILENT, status(devices=[gone]), 8.0)
    answer = of_target("cold-1", known(hung))
    assert likely(answer) == ["agent.hung", "i2c.no-answer"]


def test_a_cause_left_alone_is_set_apart_until_its_end():
    gone = device("cold-1", state="missing", detail="no chip answers", cause="i2c.no-answer")
    word = IgnoredStatus("cold-1", "i2c.no-answer", "in repair", NOW + HOUR_MS)
    answer = of_target("cold-1", known(answered(devices=[gone], ignored=(word,))))
    assert not likely(answer)
    assert [(each.row.id, said.reason) for each, said in answer.ignored] == [
        ("i2c.no-answer", "in repair")
    ]
    over = replace(word, until_ms=NOW)
    answer = of_target("cold-1", known(answered(devices=[gone], ignored=(over,))))
    assert likely(answer) == ["i2c.no-answer"]


def test_a_broken_configuration_is_a_cause_and_the_snapshot_still_names_the_devices():
    found = known(answered(), config=None, error="line 3: no such key")
    assert targets(found)[:2] == ["cold-1", "gnss"]
    assert likely(of_target("agent", found)) == ["agent.config"]
    assert row_of("cold-1", "device.quiet", found) is not None
    assert row_of("cold-1", "no.such", found) is None


def told(state="ok", **changes):
    return answered(notify=(ChannelStatus("webhook", state, NOW - 60_000, **changes),))


NOTIFY = CONFIG + b'[notify]\nwebhook = "https://alarms.example/"\n'


def test_why_alarms_do_not_get_out_is_what_the_channel_named():
    down = told("down", detail="tallyman-notify says nothing", cause="notify.down")
    assert likely(of_target("notify", known(down, NOTIFY))) == ["notify.down"]
    assert "notify.down" in likely(of_all(known(down, NOTIFY)))
    refused = told("failing", detail="401 Unauthorized", cause="notify.refused")
    answer = of_target("notify", known(refused, NOTIFY))
    assert likely(answer) == ["notify.refused"]
    assert answer.causes[0].pro == ("webhook: 401 Unauthorized",)
    assert "notify.nobody" in {each.row.id for each in answer.ruled_out}


def test_a_channel_that_is_well_rules_out_the_rest_and_one_not_tried_rules_out_nothing():
    well = of_target("notify", known(told(), NOTIFY))
    assert {"notify.down", "notify.unreached"} <= {each.row.id for each in well.ruled_out}
    untried = of_target("notify", known(told("unknown"), NOTIFY))
    assert "notify.unreached" not in {each.row.id for each in untried.ruled_out}
    assert likely(of_target("notify", known(told(lost=7), NOTIFY))) == ["notify.lost"]


def test_who_wants_nobody_to_be_told_is_not_in_trouble():
    assert not [each for each in of_all(known(answered())).causes if each.target == "notify"]


MODEM = (
    CONFIG
    + b"""
[[device]]
name = "radio"
kind = "modem.at"
port = "/dev/ttyUSB2"
interface = "wwan0"
"""
)


def radio(cause, **changes):
    detail = next(row.sentence for row in catalog.causes("modem.at") if row.id == cause)
    return device("radio", kind="modem.at", cause=cause, detail=detail, advice="x", **changes)


@pytest.mark.parametrize(
    "cause",
    ["modem.refused", "modem.no-roaming", "modem.wrong-apn", "modem.out-of-data", "modem.no-sim",
     "modem.radio-off", "modem.no-network", "serial.held"],
)  # fmt: skip
def test_what_the_modem_knows_of_its_way_comes_first(cause):
    silent = WayStatus("wwan0", True, True, "no answer within 5 s")
    heard = answered(devices=[radio(cause)], nodes=[of_node(LinkState.UNREACHABLE)], ways=(silent,))
    answer = of_target("uplink", known(heard, MODEM))
    assert likely(answer)[:2] == [cause, "uplink.silent"]
    everything = [each.row.id for each in of_all(known(heard, MODEM)).causes]
    assert everything.count(cause) == 1


@pytest.mark.parametrize("ways", [(), (WayStatus("eth0", False, True, "no default route"),)])
def test_a_modem_that_is_not_the_way_is_not_to_blame(ways):
    heard = answered(
        devices=[radio("modem.refused")], nodes=[of_node(LinkState.UNREACHABLE)], ways=ways
    )
    answer = of_target("uplink", known(heard, MODEM))
    first = "uplink.no-route" if ways else "modem.refused"  # without ways it may be the one
    assert likely(answer)[0] == first
    serving = answered(devices=[radio("modem.refused")], ways=ways)
    assert "modem.refused" not in likely(of_target("uplink", known(serving, MODEM)))
