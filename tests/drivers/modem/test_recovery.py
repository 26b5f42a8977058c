"""A modem that hangs, on ptys, is brought back by the lowest step that can; else it is left alone."""

import asyncio
import json

import pytest

from drivers import catalog
from drivers.driver import Host, State, SystemTiming
from drivers.links.serial import SerialLink
from drivers.modem.ladder import Pace
from drivers.modem.modem import AtModem as Driver
from drivers.modem.probe import Probe
from drivers.modem.settings import Settings
from drivers.notebook import FileNotebook
from foundation.options import settings_of
from hil.emulators.serial.at_modem import AtModem
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
    async with RecoveryBench(tmp_path, f"wait 0.7\n{hang}\n") as run:
        await run.next()
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
    async with RecoveryBench(
        tmp_path, f"{scenario}wait 0.7\nhang * until radio\n", spent=why == "budget", **options
    ) as run:
        run.emulator.network.stat = 0 if why == "no coverage" else 1
        await run.next()
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
    async with RecoveryBench(tmp_path, f"wait 1.5\nhang data until {healer}\n") as run:
        probing(run)
        assert (await run.next()).fields["data"] == "yes"
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
    async with RecoveryBench(tmp_path, "wait 1.5\nset data 0\n", usb_power="", power="") as run:
        probing(run)
        await run.next()
        await run.until(lambda: run.took() == ["radio", "reset"])
        await run.until(lambda: '"data_passed": null' in run.notes.read_text())
        resets = dict(run.emulator.resets)
        for _ in range(10):
            assert "no packets pass" in str((await run.next()).fields["problem"])
        assert run.emulator.resets == resets


async def test_who_keeps_no_notes_resets_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.modem.session.HELLOS", 1)
    async with RecoveryBench(tmp_path, "wait 0.7\nhang *\n") as run:
        run.driver._host.notebook.kept = False
        await run.next()
        await run.until(lambda: run.driver.health.counters.get("reopens", 0) >= 2)
        assert run.took() == []
