"""A modem that hangs, on ptys, is brought back by the lowest step that can; else it is left alone."""

import asyncio
import json

import pytest

from drivers import catalog
from drivers.driver import Host, State, SystemTiming
from drivers.links.serial import SerialLink
from drivers.modem.ladder import Around, Pace, Rung, Trouble
from drivers.modem.modem import AtModem as Driver
from drivers.modem.probe import Probe
from drivers.modem.recovery import Recovery, load_switch, usb_port
from drivers.modem.settings import Settings
from drivers.notebook import FileNotebook
from foundation.options import settings_of
from hil.emulators.serial.at_modem import AtModem
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.modem.scripted_modem import Port, ScriptedLink, host_of
from tests.drivers.pty_bench import PtyBench

QUICK = Pace(
    confirmed=0.1, settle=0.5, helps=60.0, pause=0.5, longest=2.0, well=3600.0, coverage=3600.0
)
LADDER = ("second", "radio", "reset", "usb", "power")
SWITCHES = {"usb": ("1", "0"), "power": ("0", "1")}


class Hurried(SystemTiming):
    """Nobody waits for long."""

    async def sleep(self, seconds):
        await asyncio.sleep(min(seconds, 0.05))


class RecoveryBench(PtyBench):
    """A modem with two ports and a switch for each of its supplies, which the test turns."""

    def __init__(self, folder, scenario="", spent=False, **options):
        file = folder / "scenario"
        file.write_text(scenario)
        modem = AtModem(link=folder / "port", second=folder / "second", scenario=file)
        self.switches = {name: folder / name for name in SWITCHES}
        for name, switch in self.switches.items():
            switch.write_text(SWITCHES[name][1])
        self.notes = folder / "notes" / "modem.json"
        given = {
            "port": str(folder / "port"), "second": str(folder / "second"), "interval": 0.2,
            "usb_power": str(folder / "usb"), "power": str(folder / "power"), **options,
        }  # fmt: skip
        settings = settings_of(Settings, catalog.check_options("modem.at", given))
        host = Host(Hurried())
        host.notebook = FileNotebook(folder / "notes")
        host.budget_spent = lambda: spent

        def opener(path):
            return lambda: SerialLink.open(path, 115200)

        ports = [opener(path) for path in (settings.port, settings.second) if path]
        super().__init__(modem, Driver("modem", settings, host, ports, QUICK))

    async def __aenter__(self):
        await super().__aenter__()
        self.hands = [asyncio.ensure_future(self._turn(name)) for name in SWITCHES]
        return self

    async def __aexit__(self, *_):
        for hand in self.hands:
            hand.cancel()
        await super().__aexit__()

    async def _turn(self, name):
        off, _ = SWITCHES[name]
        while True:
            if self.switches[name].read_text() == off:
                while self.switches[name].read_text() != SWITCHES[name][1]:
                    await asyncio.sleep(0.005)
                await self.emulator.power_cycle(name)
            await asyncio.sleep(0.005)

    def took(self):
        steps = ("second port asked", "radio switched off and on", "modem reset by command",
                 "USB power switched off and on", "supply cut and given back")  # fmt: skip
        counters = self.driver.health.counters
        return [name for name, step in zip(LADDER, steps, strict=True) if counters.get(step)]


@pytest.mark.parametrize(
    ("hang", "expected"),
    [
        ("hang * until second", ["second"]),
        ("hang AT+C[!F]* until radio", ["radio"]),
        ("hang AT+C[!F]* until reset", ["radio", "reset"]),
        ("hang * until usb", ["second", "radio", "reset", "usb"]),
        ("hang * until power", ["second", "radio", "reset", "usb", "power"]),
    ],
)
async def test_each_hang_is_healed_by_the_lowest_step_that_can(
    tmp_path, monkeypatch, hang, expected
):
    monkeypatch.setattr("drivers.modem.session.HELLOS", 1)
    monkeypatch.setattr("drivers.modem.session.OF_RADIO", 0.4)
    async with RecoveryBench(tmp_path) as run:
        await run.next()
        run.emulator.fault(hang)
        await run.until(lambda: run.driver.health.state is not State.RUNNING)
        await run.until(lambda: run.driver.health.state is State.RUNNING and run.took())
        await run.until(lambda: "helped" in run.notes.read_text())
        assert run.took() == expected
        helped = json.loads(run.notes.read_text())["helped"]
        assert list(helped) == [expected[-1].upper()]


@pytest.mark.parametrize("why", ["no coverage", "budget", "switched off"])
async def test_nothing_is_reset_where_it_must_not_be(tmp_path, monkeypatch, why):
    monkeypatch.setattr("drivers.modem.session.HELLOS", 1)
    scenario = "set stat 0\nset dbm -113\n" if why == "no coverage" else ""
    options = {"recover": False} if why == "switched off" else {}
    async with RecoveryBench(tmp_path, scenario, spent=why == "budget", **options) as run:
        run.emulator.network.stat = 0 if why == "no coverage" else 1
        await run.next()
        run.emulator.fault("hang * until radio")
        await run.until(lambda: run.driver.health.state is State.MISSING)
        await run.until(lambda: run.driver.health.counters.get("reopens", 0) >= 2)
        assert run.took() == []
        assert sum(run.emulator.resets.values()) == 0
        if why != "switched off":
            assert "nothing is reset" in run.driver.health.detail


def probing(run):
    """Let the driver ask the emulated network whether packets pass, each time it looks."""

    async def connects(_host, _port):
        return run.emulator.passes

    run.driver._probe = Probe([("192.0.2.1", 7701)], 0.0, connects)


@pytest.mark.parametrize(
    ("healer", "expected"),
    [
        ("radio", ["radio"]),
        ("reset", ["radio", "reset"]),
        ("power", ["radio", "reset", "usb", "power"]),
    ],
)
async def test_packets_that_stop_behind_a_good_call_are_brought_back(tmp_path, healer, expected):
    """The modem says that all is well; the probe's word counts."""
    async with RecoveryBench(tmp_path) as run:
        probing(run)
        assert (await run.next()).fields["data"] == "yes"
        run.emulator.fault("hang data until", healer)
        await run.until(lambda: run.took() == expected)
        await run.until(lambda: "helped" in run.notes.read_text())
        reading = await run.next()
        assert (reading.fields["data"], reading.fields["problem"]) == ("yes", None)
        assert run.took() == expected


async def test_a_card_with_which_packets_never_passed_is_not_healed_by_resets(tmp_path):
    async with RecoveryBench(tmp_path, "set data 0\n") as run:
        probing(run)
        run.emulator.network.data = False
        for _ in range(10):
            reading = await run.next()
        assert reading.fields["state"] == "home"
        assert "no packets pass" in reading.fields["problem"]
        assert "has data left" in run.driver.health.advice
        assert run.took() == []


async def test_where_all_steps_were_in_vain_it_is_no_hang(tmp_path):
    async with RecoveryBench(tmp_path, usb_power="", power="") as run:
        probing(run)
        assert (await run.next()).fields["data"] == "yes"
        run.emulator.fault("set data 0")
        await run.until(lambda: run.took() == ["radio", "reset"])
        await run.until(lambda: '"data_passed": null' in run.notes.read_text())
        resets = dict(run.emulator.resets)
        for _ in range(10):
            assert "no packets pass" in str((await run.next()).fields["problem"])
        assert run.emulator.resets == resets


async def test_who_keeps_no_notes_resets_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.modem.session.HELLOS", 1)
    async with RecoveryBench(tmp_path) as run:
        run.driver._host.notebook.kept = False
        await run.next()
        run.emulator.fault("hang *")
        await run.until(lambda: run.driver.health.counters.get("reopens", 0) >= 2)
        assert run.took() == []


# In the test's own process, second by second.

HOME_CARD = "89391078000234163954"
COVERED = Around(covered=True)


class Bench:
    """A recovery with two ports, and both switches as files."""

    def __init__(self, folder, rungs=("usb", "power"), ports=2, **notes):
        self.timing = FakeTiming()
        self.host = host_of(self.timing, **notes)
        self.links = [ScriptedLink(self.timing) for _ in range(ports)]
        self.ports = [Port(link) for link in self.links]
        made = {"usb": (Rung.USB, usb_port), "power": (Rung.POWER, load_switch)}
        self.files = {name: folder / name for name in rungs}
        for file in self.files.values():
            file.write_text("as it was")
        switches = {made[name][0]: made[name][1](str(file)) for name, file in self.files.items()}
        self.recovery = Recovery("modem", self.ports, switches, self.host, Pace())
        self.start = self.timing.now

    async def attempt(self, at, trouble=Trouble.SILENT, around=COVERED):
        self.timing.now = self.start + at
        return await self.recovery.attempt(trouble, around), self.recovery.word

    async def stuck(self, at, card=HOME_CARD, around=COVERED):
        self.timing.now = self.start + at
        return await self.recovery.stuck(around, card)

    async def works(self, at, passes=None, card=HOME_CARD):
        self.timing.now = self.start + at
        await self.recovery.works(passes=passes, card=card)


async def test_the_steps_of_a_silent_modem_one_after_the_other(tmp_path):
    bench = Bench(tmp_path)
    assert await bench.attempt(0.0) == (None, "next in 30 s: second port asked")
    assert await bench.attempt(30.0) == (Rung.SECOND, "second port asked")
    assert await bench.recovery.connect() is bench.links[1]
    waiting = "second port asked; next in 90 s: radio switched off and on"
    assert await bench.attempt(30.0) == (None, waiting)
    assert await bench.attempt(120.0) == (Rung.RADIO, "radio switched off and on")
    assert bench.links[0].commands == ["AT+CFUN=0", "AT+CFUN=1"]
    assert (bench.links[0].closed, bench.links[1].commands) == (1, [])
    assert bench.host.notebook.notes == {}
    assert await bench.attempt(210.0) == (Rung.RESET, "modem reset by command")
    assert bench.links[0].commands[2:] == ["AT+CFUN=1,1"]
    assert bench.host.notebook.notes == {"hard_steps": 1}
    assert await bench.attempt(510.0) == (Rung.USB, "USB power switched off and on")
    assert bench.files["usb"].read_text() == "0"
    assert bench.timing.now == bench.start + 515.0  # off for five seconds
    assert await bench.recovery.connect() is bench.links[0]
    assert await bench.attempt(1110.0) == (Rung.POWER, "supply cut and given back")
    assert bench.files["power"].read_text() == "1"
    assert bench.host.notebook.notes == {"hard_steps": 3}


async def test_a_supply_is_off_while_it_is_cut(tmp_path, monkeypatch):
    bench, seen = Bench(tmp_path, ["usb"], ports=1), []
    sleep = bench.timing.sleep

    async def looked(seconds):
        seen.append((seconds, bench.files["usb"].read_text()))
        await sleep(seconds)

    monkeypatch.setattr(bench.timing, "sleep", looked)
    await bench.attempt(0.0, Trouble.GONE)
    assert (await bench.attempt(30.0, Trouble.GONE))[0] is Rung.USB
    assert seen == [(5.0, "1")]


async def test_a_command_goes_to_the_first_port_that_opens(tmp_path):
    bench = Bench(tmp_path)
    bench.ports[0].away = True
    await bench.attempt(0.0, Trouble.DEAF)
    assert (await bench.attempt(30.0, Trouble.DEAF))[0] is Rung.RADIO
    assert bench.links[1].commands == ["AT+CFUN=0", "AT+CFUN=1"]
    bench.ports[1].away = True
    assert (await bench.attempt(120.0, Trouble.DEAF))[0] is Rung.RESET  # tried in vain


async def test_with_one_port_no_second_is_asked(tmp_path):
    bench = Bench(tmp_path, [], ports=1)
    await bench.attempt(0.0)
    assert (await bench.attempt(30.0))[0] is Rung.RADIO
    assert (await bench.attempt(120.0))[0] is Rung.RESET


async def test_a_step_that_cannot_be_counted_is_not_taken(tmp_path):
    bench = Bench(tmp_path)
    bench.host.notebook.full = True
    await bench.attempt(0.0, Trouble.GONE)
    why = "nothing is reset, as it cannot be counted: no space left"
    assert await bench.attempt(30.0, Trouble.GONE) == (None, why)
    assert bench.files["usb"].read_text() == "as it was"


async def test_a_switch_that_is_not_there_is_named(tmp_path):
    bench = Bench(tmp_path)
    bench.files["usb"].unlink()
    bench.files["usb"].mkdir()
    await bench.attempt(0.0, Trouble.GONE)
    rung, word = await bench.attempt(30.0, Trouble.GONE)
    assert (rung, word) == (Rung.USB, f"cannot switch {tmp_path}/usb: Is a directory")


async def test_without_notes_nothing_is_done_and_nothing_said(tmp_path):
    bench = Bench(tmp_path)
    bench.host.notebook.kept = False
    await bench.attempt(0.0)
    assert await bench.attempt(300.0) == (None, "")
    assert not await bench.stuck(400.0)


async def test_what_was_done_before_a_restart_counts_on_beside_others_notes(tmp_path):
    bench = Bench(tmp_path, hard_steps=3, sim_card=2)
    await bench.attempt(0.0, Trouble.GONE)
    waiting = "next in 1170 s: USB power switched off and on"  # 20 minutes behind the third
    assert await bench.attempt(30.0, Trouble.GONE) == (None, waiting)
    assert (await bench.attempt(1200.0, Trouble.GONE))[0] is Rung.USB
    assert bench.host.notebook.notes == {"hard_steps": 4, "sim_card": 2}
    await bench.works(1300.0)
    assert bench.host.notebook.notes["helped"] == {"USB": 1}
    assert bench.recovery.word == ""


async def test_with_which_card_packets_passed_is_kept_once(tmp_path):
    bench = Bench(tmp_path)
    await bench.works(0.0, passes=None)
    assert bench.host.notebook.writes == []
    await bench.works(1.0, passes=True)
    await bench.works(2.0, passes=True)
    assert bench.host.notebook.writes == [{"data_passed": HOME_CARD}]
    await bench.works(3.0, passes=True, card="another")
    assert bench.host.notebook.notes == {"data_passed": "another"}
    bench.host.notebook.full = True
    await bench.works(4.0, passes=True, card="a third")  # that it cannot be kept stops nothing


async def test_packets_that_stop_are_a_reason_where_they_ever_passed(tmp_path):
    bench = Bench(tmp_path, [], ports=1, data_passed=HOME_CARD)
    assert not await bench.stuck(0.0)
    assert not await bench.stuck(29.0)
    assert await bench.stuck(30.0)
    assert await bench.attempt(30.0, Trouble.STUCK) == (Rung.RADIO, "radio switched off and on")
    assert await bench.stuck(120.0)
    assert (await bench.attempt(120.0, Trouble.STUCK))[0] is Rung.RESET
    await bench.works(150.0)  # it answers, and that says nothing of its packets
    assert bench.recovery.word == "modem reset by command"
    assert not await bench.stuck(200.0)
    assert bench.host.notebook.notes["data_passed"] == HOME_CARD
    assert not await bench.stuck(210.0)  # every step has had its time
    assert bench.host.notebook.notes["data_passed"] is None
    await bench.works(220.0, passes=True)
    assert bench.recovery.word == ""


@pytest.mark.parametrize("card", ["another", None])
async def test_packets_that_never_passed_with_a_card_are_none(tmp_path, card):
    bench = Bench(tmp_path, [], ports=1, data_passed=HOME_CARD)
    for at in (0.0, 100.0, 1000.0):
        assert not await bench.stuck(at, card)
    never = "nothing is reset, as no packets have passed with this SIM card"
    assert await bench.attempt(1000.0, Trouble.STUCK) == (None, never)
