"""The modem's driver against emulated modems of each model, in order and in trouble."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import DriverError
from drivers.notebook import FileNotebook
from drivers.reading import Quality
from hil.emulators.serial.at_modem import AtModem
from hil.emulators.serial.modem_profiles import PROFILES
from tests.drivers.pty_bench import PtyBench

NOW = datetime(2026, 11, 30, 6, 0, 0, tzinfo=UTC)


@pytest.fixture
def bench(tmp_path):
    def make(options=None, host=None, **emulated):
        if text := emulated.pop("scenario", None):
            emulated["scenario"] = tmp_path / "scenario"
            emulated["scenario"].write_text(text)
        modem = AtModem(link=tmp_path / "port", **emulated)
        given = {"port": str(tmp_path / "port"), "interval": 0.2, **(options or {})}
        return PtyBench(modem, catalog.build("modem.at", "modem", given, host or Host()))

    return make


def keeping(tmp_path):
    host = Host()
    host.notebook = FileNotebook(tmp_path / "notes")
    return host


@pytest.mark.parametrize("model", PROFILES)
async def test_what_each_model_sees(bench, model):
    async with bench(model=model, dbm=-91) as run:
        reading = await run.next()
        assert "home in TIM" in run.driver.health.detail
    assert reading.kind == "mobile-network"
    said = reading.fields
    assert (said["state"], said["operator"], said["plmn"]) == ("home", "TIM", "22201")
    assert said["dbm"] == -91  # a SIM800 counts in steps of 2 dB, and this is one
    expected = {"SIM800": "gsm", "BG96": "lte-m", "SIM7070": "lte-m"}.get(model, "lte")
    assert said["technology"] == expected
    assert (said["area"], said["cell"]) == (0x30A2, 135012865)
    assert said["address"] == "10.64.1.2"
    assert (said["imei"], said["iccid"]) == ("867584031234565", "89391078000234163954")
    assert said["problem"] is None


@pytest.mark.parametrize(
    "line", [{"noise": True}, {"ends": "doubled"}, {"split": True}, {"ppp": 0.02}, {"boot": 2.5}]
)
async def test_a_line_that_is_not_clean_is_read_all_the_same(bench, line):
    async with bench(**line) as run:
        reading = await run.next()
        assert reading.fields["state"] == "home"
        assert (await run.next()).fields["dbm"] == -85


@pytest.mark.parametrize(
    ("emulated", "problem", "next_step"),
    [
        ({"sim": "absent"}, "no SIM card answers", "until it clicks"),
        ({"sim": "puk"}, "asks for its PUK", "PUK of the card's letter"),
        ({"sim": "pin"}, "asks for its PIN", "set pin"),
        ({"stat": 3}, "the network refuses the SIM card", "active, paid"),
        ({"stat": 0}, "no network is found here", "antenna"),
        ({"stat": 2}, "the modem searches", "two minutes"),
        ({"stat": 8}, "emergency calls only", "active, paid"),
    ],
)
async def test_what_keeps_data_away_is_named_with_the_next_step(
    bench, emulated, problem, next_step
):
    async with bench(**emulated) as run:
        reading = await run.next()
        assert problem in reading.fields["problem"]
        assert problem in run.driver.health.detail
        assert next_step in run.driver.health.advice
        assert run.driver.health.state is State.RUNNING


@pytest.mark.parametrize("model", ["SIM7600", "EC25", "SIM800"])
async def test_an_access_point_that_the_network_does_not_know_is_named(bench, model):
    async with bench(model=model, scenario="set apn wrong\n") as run:
        reading = await run.next()
        while reading.fields["problem"] is None:  # it may have been asked before the step
            reading = await run.next()
        assert "(APN) of the data call is wrong (wrong): unknown APN" in reading.fields["problem"]
        assert run.driver.health.cause.id == "modem.wrong-apn"


async def test_a_card_without_data_is_told_from_a_node_that_is_away(bench, monkeypatch):
    monkeypatch.setattr("drivers.modem.probe.WITHIN", 0.2)
    for probe, cause in (
        ("127.0.0.1:1, 127.0.0.2:1", None),  # refused: it came through
        ("192.0.2.1:7701, 198.51.100.2:53", "modem.out-of-data"),
        ("192.0.2.1:7701", "modem.no-packets"),
    ):
        async with bench({"probe": probe, "interface": "lo"}) as run:
            await run.next()
            found = run.driver.health.cause
            assert (found and found.id) == cause


async def test_in_flight_mode_the_radio_is_off_and_on_again_after_it(bench, tmp_path):
    host, flying = keeping(tmp_path), [True]
    host.flight = lambda: flying[0]
    async with bench(host=host) as run:
        reading = await run.next()
        assert reading.fields["problem"] == "the modem's radio is switched off"
        assert reading.fields["state"] == "none"
        assert "AT+CFUN=4" in run.emulator.commands
        flying.clear()
        flying.append(False)
        await run.until(lambda: run.driver.health.cause is None)
        assert (await run.next()).fields["state"] == "home"


async def test_who_reads_beside_the_agent_leaves_the_radio_alone(bench):
    async with bench(scenario="expect AT+CFUN*\nsend +CFUN: 4\nsend OK\n") as run:
        await run.next()
        assert not [each for each in run.emulator.commands if each.startswith("AT+CFUN=")]


async def test_in_the_network_without_a_call_is_told_apart(bench):
    scenario = "expect AT+CGPADDR*\nsend +CGPADDR: 1,0.0.0.0\nsend OK\n"
    async with bench(scenario=scenario) as run:
        reading = await run.next()
        assert reading.fields["state"] == "home"
        assert "without a data call" in reading.fields["problem"]
        assert "APN" in run.driver.health.advice
        assert (await run.next()).fields["problem"] is None


async def test_the_right_pin_opens_the_card_and_is_forgotten_as_tried(bench, tmp_path):
    async with bench({"pin": "1234"}, keeping(tmp_path), sim="pin", pin="1234") as run:
        assert (await run.next()).fields["state"] == "home"
    assert json.loads((tmp_path / "notes" / "modem.json").read_text()) == {}


async def test_a_wrong_pin_is_tried_once_in_all_sessions(bench, tmp_path):
    left = 3
    for _ in range(3):
        async with bench({"pin": "1111"}, keeping(tmp_path), sim="pin", pin="1234") as run:
            run.emulator.network.tries = left
            reading = await run.next()
            assert "PIN is not entered" in reading.fields["problem"]
            left = run.emulator.network.tries
        assert left == 2
    assert "1111" not in (tmp_path / "notes" / "modem.json").read_text()


async def test_another_pin_may_be_tried_while_two_tries_are_left(bench, tmp_path):
    notes = tmp_path / "notes" / "modem.json"
    notes.parent.mkdir()
    notes.write_text('{"pin_tried": "0123456789abcdef"}')
    async with bench({"pin": "1234"}, keeping(tmp_path), sim="pin", pin="1234") as run:
        run.emulator.network.tries = 2
        assert (await run.next()).fields["state"] == "home"


async def test_the_last_try_is_a_persons(bench, tmp_path):
    async with bench({"pin": "1234"}, keeping(tmp_path), sim="pin", pin="1234") as run:
        run.emulator.network.tries = 1
        reading = await run.next()
        assert "a person should spend the last one; 1 try left" in reading.fields["problem"]
        assert run.emulator.network.tries == 1


async def test_who_cannot_write_it_down_does_not_try_the_pin(bench):
    async with bench({"pin": "1234"}, sim="pin", pin="1234") as run:
        reading = await run.next()
        assert "only the running agent enters it" in reading.fields["problem"]


async def test_the_networks_time_is_passed_on_once_told_three_times_alike(bench):
    async with bench(now=lambda: NOW) as run:
        times = [(await run.next()).utc for _ in range(4)]
    assert times[:2] == [None, None]
    assert times[2] == times[3] == NOW


async def test_a_wrong_year_once_moves_nothing(bench):
    told = iter([NOW, NOW.replace(year=2039)])
    async with bench(now=lambda: next(told, NOW)) as run:
        times = [(await run.next()).utc for _ in range(5)]
    assert times[4] == NOW
    assert times[:4] == [None] * 4


@pytest.mark.parametrize("model", ["SIM7600", "EC25", "BG96", "SIM7070"])
async def test_the_modems_own_gnss_has_a_position_with_a_fix_and_none_without(bench, model):
    async with bench({"gnss": True}, model=model, place=(-45.0703, 7.6869)) as run:
        assert (await run.next()).kind == "mobile-network"
        place = await run.next()
        assert place.kind == "position"
        assert place.fields["lat"] == pytest.approx(-45.0703, abs=1e-5)
        assert place.fields["lon"] == pytest.approx(7.6869, abs=1e-5)
        assert place.quality is Quality.OK
        assert place.utc is not None
        run.emulator.network.place = None
        kinds = [(await run.next()).kind for _ in range(4)]
    assert "position" not in kinds[1:]


async def test_a_date_whose_week_has_rolled_over_is_moved_and_says_so(bench):
    """Receivers of 2019 firmware are 7,168 days back; what is not near any known date is none."""
    told = iter([NOW - timedelta(days=7168)])
    scenario = "expect AT+CGNSINF\nsend +CGNSINF: 1,1,{},45.07,7.69,,,,,,,,,,,,,,,,\nsend OK\n"
    stamp = f"{next(told):%Y%m%d%H%M%S}.000"
    options, modem = {"gnss": True}, {"model": "SIM7070", "scenario": scenario.format(stamp)}
    async with bench(options, **modem) as run:
        readings = [await run.next() for _ in range(2)]
    place = readings[1]
    assert place.kind == "position"
    assert place.utc == NOW
    assert place.fields["problem"] == "its date was 2007-04-16"
    wrong = scenario.format("19800106000009.000")
    async with bench(options, model="SIM7070", scenario=wrong) as run:
        readings = [await run.next() for _ in range(2)]
    assert (readings[1].kind, readings[1].utc) == ("position", None)


async def test_a_modem_that_starts_anew_is_set_up_anew(bench):
    async with bench() as run:
        await run.next()
        run.emulator.power_on()  # its supply dipped, the port stayed
        await run.until(lambda: run.driver.health.counters.get("restarts", 0) == 1)
        assert "ATE0" in run.emulator.commands[-40:]
        assert (await run.next()).fields["state"] == "home"


async def test_a_port_that_says_something_else_is_named(bench):
    async with bench({"interval": 5}, scenario="hang *\n") as run:
        say = asyncio.ensure_future(keep_saying(run.emulator, "$GPRMC,,V,,,,,,,,,,N*53"))
        await run.until(lambda: run.driver.health.state is State.FAULTY)
        say.cancel()
        assert "$GPRMC" in run.driver.health.detail
        assert "AT port" in run.driver.health.advice


async def keep_saying(modem, line):
    while True:
        await modem.say(line)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("last_words", ["send +CREG: 0,1", "send hello", "bytes FFFE2B43"])
async def test_who_falls_silent_is_silent_whatever_it_said_last(bench, last_words):
    """Half an answer is no other port's noise: the modem was there."""
    async with bench() as run:
        await run.next()
        run.emulator.fault(f"hang *\nwait 0.3\n{last_words}\n")
        await run.until(lambda: run.driver.health.state is not State.RUNNING)
        assert run.driver.health.state is State.MISSING
        assert "no answer to AT" in run.driver.health.detail


async def test_a_call_that_was_left_open_is_told(bench):
    async with bench(scenario="hang *\n", ppp=0.05) as run:
        await run.until(lambda: run.driver.health.state is State.FAULTY)
        assert "frames of PPP" in run.driver.health.detail
        assert "no call is open on it" in run.driver.health.advice


async def test_a_silent_modem_is_missing_and_comes_back(bench):
    async with bench() as run:
        await run.next()
        run.emulator.fault("hang *")
        await run.until(lambda: run.driver.health.state is State.MISSING)
        assert "no answer to AT" in run.driver.health.detail
        run.emulator.fault("resume")
        await run.until(lambda: run.driver.health.state is State.RUNNING)


async def test_no_pin_is_ever_shown(bench, tmp_path):
    options, host = {"pin": "4321"}, keeping(tmp_path)
    async with bench(options, host, sim="pin", pin="1234", scenario="hang AT+CPIN=*\n") as run:
        with pytest.raises(DriverError, match="no answer to AT\\+CPIN=…") as raised:
            await run.driver.read_once()
        assert "4321" not in str(raised.value)
