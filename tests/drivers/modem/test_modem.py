"""What the driver makes of a modem's answers: readings, what is wrong, and what is done about it."""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.modem import modem as driving
from drivers.modem.managed import ManagedModem
from drivers.reading import Quality
from foundation.release import RELEASED
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.modem.scripted_modem import OK, SILENT, Driven

WHOLE = {
    "state": "home", "domain": "cs", "technology": "lte", "operator": "TIM", "plmn": "22201",
    "dbm": -91.0, "rsrq": -7.5, "sinr": 10.0, "area": 0x30A2, "cell": 134718401,
    "address": "10.64.1.2", "data": None, "sim": None, "imei": "490154203237518",
    "iccid": "89391078000234163954", "problem": None,
}  # fmt: skip
NO_CALL = {"AT+CGPADDR=1": ["+CGPADDR: 1,0.0.0.0", OK]}
SEARCHING = {"AT+CREG?": ["+CREG: 2,2", OK]}


async def test_a_reading_has_all_that_it_says_and_its_numbers_once():
    async with Driven().open() as run:
        first = await run.next()
        second = await run.next()
        assert run.driver.health.detail == "home in TIM, lte, -91 dBm, 10.64.1.2"
    assert (first.device, first.quality, dict(first.fields)) == ("modem", Quality.OK, WHOLE)
    assert dict(second.fields) == WHOLE | {"imei": None, "iccid": None}
    assert second.monotonic - first.monotonic == pytest.approx(60.0, abs=1.0)


async def test_it_is_set_up_once_and_asked_again_and_again():
    async with Driven().open() as run:
        await run.next()
        begun = len(run.link.commands)
        await run.next()
    assert run.link.commands[:12] == [
        "AT", "ATE0", "AT+CMEE=2", "AT+CGMM", "AT+CGSN", "AT+CFUN?", "AT+CPIN?", "AT+CICCID",
        "AT+CREG=2", "AT+CGREG=2", "AT+CEREG=2", "AT+CTZU=1",
    ]  # fmt: skip
    assert run.link.commands[12:begun] == run.link.commands[begun:]
    assert run.link.commands[begun] == "AT+CFUN?"


async def test_a_modem_that_begins_anew_is_set_up_anew():
    async with Driven().open() as run:
        await run.next()
        run.link.says.append(b"\r\nRDY\r\n")
        count = len(run.link.commands)
        anew = await run.next()
        assert run.driver.health.counters["restarts"] == 1
        assert dict(anew.fields) == WHOLE
        assert run.link.commands[count : count + 2] == ["AT", "ATE0"]
        await run.next()
        assert run.driver.health.counters["restarts"] == 1


async def test_who_asks_in_between_is_answered_at_once():
    async with Driven().open() as run:
        first = await run.next()
        pending = asyncio.ensure_future(run.next())
        once = await run.driver.read_once()
        assert once.monotonic - first.monotonic < 3.0
        assert await pending is once


@pytest.mark.parametrize(
    ("targets", "answers", "data", "cause"),
    [
        ("192.0.2.1:7701", {}, "no", "modem.no-packets"),
        ("192.0.2.1:7701, 192.0.2.2:53", {}, "no", "modem.out-of-data"),
        ("192.0.2.1:7701, 192.0.2.2:53", {("192.0.2.2", 53)}, "yes", None),
        ("", {}, None, None),
    ],
)
async def test_a_probe_tells_whether_packets_pass(monkeypatch, targets, answers, data, cause):
    asked = []

    def through(interface):
        async def connects(host, port):
            asked.append((interface, host, port))
            return (host, port) in answers

        return connects

    monkeypatch.setattr(driving, "through", through)
    options = {"probe": targets, "interface": "wwan0", "recover": False}
    async with Driven(options).open() as run:
        reading = await run.next()
        assert reading.fields["data"] == data
        found = run.driver.health.cause
        assert (found and found.id) == cause
        assert {each[0] for each in asked} <= {"wwan0"}
        count = len(asked)
        for _ in range(4):
            await run.next()
        assert len(asked) == count  # every 300 s
        await run.next()
        assert len(asked) == 2 * count


async def test_who_fell_silent_may_have_another_call_which_is_probed_at_once(monkeypatch):
    asked = []

    def through(_):
        async def connects(host, _port):
            asked.append(host)
            return True

        return connects

    monkeypatch.setattr(driving, "through", through)
    async with Driven({"probe": "192.0.2.1:7701"}).open() as run:
        first = await run.next()
        run.link.answers["AT+CFUN?"] = deque([SILENT])
        assert (await run.next()).quality is Quality.NO_ANSWER
        second = await run.next()
    assert second.monotonic - first.monotonic < 300.0
    assert (second.fields["data"], len(asked)) == ("yes", 2)


@pytest.mark.parametrize("always", [NO_CALL, SEARCHING])
async def test_without_a_call_or_a_network_nothing_is_probed(monkeypatch, always):
    asked = []
    monkeypatch.setattr(driving, "through", lambda _: asked.append)
    async with Driven({"probe": "192.0.2.1:7701"}, always).open() as run:
        assert (await run.next()).fields["data"] is None
    assert asked == []


@pytest.mark.parametrize(
    ("told", "flight", "switched", "problem"),
    [
        (1, True, ["AT+CFUN=4"], "the modem's radio is switched off"),
        (4, True, [], "the modem's radio is switched off"),
        (4, False, ["AT+CFUN=1"], None),
        (0, False, ["AT+CFUN=1"], None),
        (1, False, [], None),
    ],
)
async def test_the_radio_is_as_flight_mode_wants_it(told, flight, switched, problem):
    run = Driven(always={"AT+CFUN?": [f"+CFUN: {told}", OK]})
    run.host.flight = lambda: flight
    async with run.open():
        reading = await run.next()
    first = [each for each in run.link.commands if each.startswith("AT+CFUN=")]
    assert first == 2 * switched  # at its start, and with the reading, as it says the same again
    assert reading.fields["problem"] == problem


async def test_who_keeps_no_notes_leaves_the_radio_alone():
    run = Driven(always={"AT+CFUN?": ["+CFUN: 1", OK]})
    run.host.flight, run.host.notebook.kept = lambda: True, False
    async with run.open():
        reading = await run.next()
    assert not [each for each in run.link.commands if each.startswith("AT+CFUN=")]
    assert reading.fields["problem"] == "the modem's radio is on, in spite of flight mode"


FIX = "+CGPSINFO: 4503.000000,N,00741.400000,E,{},021430.0,240.5,10.0,90.0"


@pytest.mark.parametrize(
    ("date", "moved", "problem"),
    [("301126", 0, None), ("160407", 7168, "its date was 2007-04-16")],
)
async def test_the_modem_s_own_place(date, moved, problem):
    run = Driven({"gnss": True}, {"AT+CGPSINFO": [FIX.format(date), OK]})
    run.host.not_before = lambda: datetime(2026, 11, 30, tzinfo=UTC)
    async with run.open():
        place = await run.next("position")
    assert dict(place.fields) == {
        "lat": pytest.approx(45.05), "lon": pytest.approx(7.69), "altitude": 240.5,
        "speed": pytest.approx(18_520 / 3600), "course": 90.0, "hdop": None, "satellites": None,
        "fix": None, "problem": problem,
    }  # fmt: skip
    told = datetime(2007, 4, 16, 2, 14, 30, tzinfo=UTC) if moved else None
    now = datetime(2026, 11, 30, 2, 14, 30, tzinfo=UTC)
    assert place.utc == (now if told is None else told + timedelta(days=moved))
    assert (place.device, place.quality) == ("modem", Quality.OK)
    assert "AT+CGPS=1" in run.link.commands


async def test_a_date_is_held_against_this_release_where_nothing_newer_is_over():
    run = Driven({"gnss": True}, {"AT+CGPSINFO": [FIX.format("060180"), OK]})
    run.host.not_before = lambda: datetime(1980, 1, 1, tzinfo=UTC)
    async with run.open():
        place = await run.next("position")
    assert place.utc is None or place.utc.date() >= RELEASED.date()


async def test_a_place_without_fix_and_time_is_doubtful():
    line = "+CGPSINFO: 4503.000000,N,00741.400000,E,,,240.5,10.0,90.0"
    async with Driven({"gnss": True}, {"AT+CGPSINFO": [line, OK]}).open() as run:
        place = await run.next("position")
    assert (place.quality, place.utc) == (Quality.SUSPECT, None)
    assert place.fields["problem"] == "the modem does not say whether it has a fix"


async def test_without_a_fix_and_without_the_wish_there_is_no_place():
    for options, line in (({"gnss": True}, "+CGPSINFO: ,,,,,,,,"), ({}, FIX.format("301126"))):
        async with Driven(options, {"AT+CGPSINFO": [line, OK]}).open() as run:
            kinds = [(await anext(run._readings)).kind for _ in range(2)]
        assert kinds == ["mobile-network"] * 2


PIN = {"AT+CPIN?": ["+CPIN: SIM PIN", OK], "AT+SPIC": ["+SPIC: 3,10,3,10", OK]}
OPENED = {"AT+CPIN?": [PIN["AT+CPIN?"]], 'AT+CPIN="1234"': [[OK]]}
NOT_ENTERED = "the SIM card's PIN is not entered: "


async def pin_of(always=None, answers=None, notes=None, **host):
    """What is tried with the PIN 1234, what is noted in order, and the problem."""
    run = Driven({"pin": "1234"}, PIN | (always or {}), answers, **(notes or {}))
    for name, value in host.items():
        setattr(run.host.notebook, name, value)
    async with run.open():
        reading = await run.next()
    tried = run.link.commands.count('AT+CPIN="1234"')
    return tried, run.host.notebook.writes, reading.fields["problem"]


async def test_a_pin_is_written_down_before_it_is_tried_and_forgotten_when_it_was_right():
    ready = {"AT+CPIN?": ["+CPIN: READY", OK]}
    tried, notes, problem = await pin_of(ready, OPENED)
    assert tried == 1
    assert [list(each) for each in notes] == [["pin_tried"], []]
    assert "1234" not in str(notes)
    assert problem is None


async def test_a_pin_that_was_refused_is_not_tried_again():
    always = {'AT+CPIN="1234"': ["ERROR"], "AT+SPIC": ["+SPIC: 2,10,3,10", OK]}
    tried, notes, problem = await pin_of(always)
    assert (tried, problem) == (1, NOT_ENTERED + "the card refused it; 2 tries left")
    tried, _, problem = await pin_of(always, notes=notes[-1])
    before = "it was tried before, and the card was not seen to open; 2 tries left"
    assert (tried, problem) == (0, NOT_ENTERED + before)
    tried, _, _ = await pin_of(PIN, notes=notes[-1])  # three are left: it was right
    assert tried == 1
    tried, _, _ = await pin_of(always, notes={"pin_tried": "of another card"})
    assert tried == 1


@pytest.mark.parametrize(
    ("spic", "host", "why"),
    [
        ("1", {}, "a person should spend the last one; 1 try left"),
        ("0", {}, "a person should spend the last one; 0 tries left"),
        ("3", {"kept": False}, "only the running agent enters it; 3 tries left"),
        ("3", {"full": True},
         "that it is tried cannot be written down: no space left; 3 tries left"),
    ],
)  # fmt: skip
async def test_where_it_must_not_be_it_is_not_tried(spic, host, why):
    always = {"AT+SPIC": [f"+SPIC: {spic},10,3,10", OK]}
    assert await pin_of(always, **host) == (0, [], NOT_ENTERED + why)


async def test_a_card_that_does_not_tell_its_tries_is_tried_once():
    tried, _, problem = await pin_of({"AT+SPIC": ["ERROR"], 'AT+CPIN="1234"': ["ERROR"]})
    assert (tried, problem) == (1, NOT_ENTERED + "the card refused it")


async def test_without_a_pin_the_card_asks_for_it():
    async with Driven(always=PIN).open() as run:
        assert (await run.next()).fields["problem"] == "the SIM card asks for its PIN"
        assert (await run.next()).fields["sim"] == "pin"
    assert "AT+SPIC" not in run.link.commands


REFUSED = {"AT+CREG?": ["+CREG: 2,3", OK]}
TWO = {"first_sim": "AT+QDSIM=0", "second_sim": "AT+QDSIM=1"}


def chosen(run):
    return [each for each in run.link.commands if each.startswith("AT+QDSIM")]


async def test_the_second_card_is_used_where_the_first_gives_no_data():
    async with Driven(TWO, REFUSED).open() as run:
        for _ in range(6):
            assert chosen(run) == []
            await run.next()
        new = await run.next()  # five minutes are over
        assert chosen(run) == ["AT+QDSIM=1"]
        assert new.fields["iccid"] == "89391078000234163954"  # it is another card
        assert run.host.notebook.notes == {"sim_card": 2}
        assert run.driver.health.counters["SIM card changed"] == 1
        at = run.link.commands.index("AT+QDSIM=1")
        assert run.link.commands[at - 1 : at + 3] == [
            "AT+CFUN=0", "AT+QDSIM=1", "AT+CFUN=1", "ATE0",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("notes", "pin"), [({}, "1111"), ({"sim_card": 2}, "2222"), ({"sim_card": 7}, "1111")]
)
async def test_after_a_restart_the_card_in_use_gets_its_own_pin(notes, pin):
    options = TWO | {"pin": "1111", "second_pin": "2222"}
    async with Driven(options, PIN, **notes).open() as run:
        await run.next()
    assert [each for each in run.link.commands if each.startswith("AT+CPIN=")] == [
        f'AT+CPIN="{pin}"'
    ]


@pytest.mark.parametrize("host", [{"kept": False}, {"flight": True}])
async def test_no_card_is_changed_in_flight_or_where_it_would_be_forgotten(host):
    run = Driven(TWO, REFUSED)
    run.host.notebook.kept = host.get("kept", True)
    run.host.flight = lambda: host.get("flight", False)
    async with run.open():
        for _ in range(8):
            await run.next()
    assert chosen(run) == []


async def test_a_modem_that_does_not_change_its_card_is_asked_again_in_the_same_time():
    async with Driven(TWO, REFUSED | {"AT+QDSIM=1": ["ERROR"]}).open() as run:
        for _ in range(7):
            await run.next()
        assert (chosen(run), run.host.notebook.notes) == (["AT+QDSIM=1"], {})
        assert run.driver.health.counters["SIM card not changed"] == 1
        for _ in range(6):
            await run.next()
        assert len(chosen(run)) == 2


ALARM = {"alarm_numbers": "112, +393331234567"}


async def test_an_alarm_goes_out_at_once_to_each_and_is_a_record():
    run = Driven(ALARM, {'AT+CMGS="112"': b"\r\n> ", 'AT+CMGS="+393331234567"': ["+CMS ERROR: 1"]})
    async with run.open():
        first = await run.next()
        run.host.alarms.append("cargo: too warm")
        sent, refused = await run.next("text-message"), await run.next("text-message")
        assert sent.monotonic - first.monotonic < 2.0  # it does not wait for the interval
    assert dict(sent.fields) == {
        "number": "…112", "state": "sent", "text": "cargo: too warm", "problem": None,
    }  # fmt: skip
    assert dict(refused.fields) == {
        "number": "…567", "state": "refused", "text": "cargo: too warm",
        "problem": "+CMS ERROR: 1",
    }  # fmt: skip
    assert "cargo: too warm\x1a" in run.link.commands


async def test_no_more_go_out_in_a_day_than_may_and_tomorrow_others_do():
    run = Driven({"alarm_numbers": "112", "alarms_per_day": 2}, {'AT+CMGS="112"': b"\r\n> "})
    async with run.open():
        await run.next()
        run.host.alarms.extend(["a", "b", "c"])
        found = [(await run.next("text-message")).fields for _ in range(3)]
        assert [each["state"] for each in found] == ["sent", "sent", "held back"]
        assert found[2]["problem"] == "2 have gone within 24 hours"
        run.timing.now += 86_400.0
        run.host.alarms.append("d")
        assert (await run.next("text-message")).fields["state"] == "sent"


async def test_without_a_network_an_alarm_waits():
    run = Driven(ALARM, SEARCHING)
    async with run.open():
        run.host.alarms.append("a")
        for _ in range(3):
            await run.next()
        assert len(run.host.alarms) == 1
        assert not [each for each in run.link.commands if "CMG" in each]


async def test_a_modem_that_falls_silent_is_missing_and_says_so_once():
    async with Driven().open() as run:
        await run.next()
        run.link.always = dict.fromkeys(["AT+CFUN?"], SILENT)
        silent = await run.next()
        assert silent.quality is Quality.NO_ANSWER
        assert set(silent.fields) == set(WHOLE)
        assert not any(silent.fields.values())
        assert run.driver.health.state is State.MISSING
    assert run.link.closed == 1


async def test_a_modem_of_modem_manager_s_is_read_over_the_bus():
    given = {"port": "/dev/ttyUSB2", "manager": True}
    assert isinstance(catalog.build("modem.at", "modem", given, Host(FakeTiming())), ManagedModem)


@pytest.mark.parametrize(
    ("options", "more"),
    [({}, "; next in 30 s: radio switched off and on"), ({"recover": False}, "")],
)
async def test_a_hang_says_what_is_done_against_it(options, more):
    async with Driven(options).open() as run:
        await run.next()
        run.link.always = {"AT+CFUN?": SILENT}
        assert (await run.next()).quality is Quality.NO_ANSWER
        assert run.driver.health.detail == f"no answer to AT+CFUN?{more}"
