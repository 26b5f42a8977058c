"""The emulated modem, asked over its pty as any program would ask it."""

import asyncio
import contextlib
import os
import re

import pytest

from hil.emulators.serial.at_modem import LCP_ECHO, AtModem
from hil.emulators.serial.modem_profiles import PROFILES
from hil.emulators.serial.modem_scenario import ScenarioError, steps

PATIENCE = 60.0  # s
FINAL = rb"(OK|ERROR(: \d+)?)\r+\n"  # ends each answer, however line ends are doubled
SOON = 0.12  # s in which a modem that hangs says nothing


class Asked:
    """An emulator that runs, and a descriptor of its port."""

    def __init__(self, tmp_path, **settings):
        text = settings.pop("scenario", None)
        if text is not None:
            settings["scenario"] = tmp_path / "scenario"
            settings["scenario"].write_text(text)
        self.modem = AtModem(link=tmp_path / "port", second=tmp_path / "second", **settings)

    async def __aenter__(self):
        self.modem.plug()
        self.running = asyncio.ensure_future(self.modem.run())
        self.open()
        await asyncio.sleep(0.05)
        return self

    def open(self):
        paths = self.modem.port.path, self.modem.second.path
        self.ports = [os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK) for path in paths]

    async def __aexit__(self, *_):
        self.running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.running
        for port in self.ports:
            os.close(port)

    async def heard(self, until, within=PATIENCE, port=0):
        """What came up to where `until` is found in it, or within so many seconds."""
        said, end = b"", asyncio.get_running_loop().time() + within
        while not re.search(until, said) and asyncio.get_running_loop().time() < end:
            with contextlib.suppress(BlockingIOError, OSError):
                said += os.read(self.ports[port], 4096)
            await asyncio.sleep(0.01)
        return said

    async def ask(self, command, port=0, until=FINAL, within=PATIENCE):
        os.write(self.ports[port], command.encode() + b"\r")
        return (await self.heard(until, within, port)).decode("latin-1")

    async def port_is(self, there):
        """Wait until the port is there, or away."""
        async with asyncio.timeout(PATIENCE):
            while os.path.lexists(self.modem.port.path) is not there:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("model", PROFILES)
async def test_each_model_says_who_it_is_and_what_it_sees(tmp_path, model):
    async with Asked(tmp_path, model=model, place=(45.07, 7.69)) as asked:
        boot = PROFILES[model].boot[-1].encode()
        assert boot in await asked.heard(until=re.escape(boot))
        assert "OK" in await asked.ask("ATE0")
        assert PROFILES[model].model in await asked.ask("AT+CGMM")
        await asked.ask("AT+CREG=2")
        assert '+CREG: 2,1,"30A2","080C2201"' in await asked.ask("AT+CREG?")
        assert ("ERROR" in await asked.ask("AT+CEREG?")) == (model == "SIM800")
        if PROFILES[model].gnss:
            await asked.ask(PROFILES[model].gnss_on)
            assert "45.07" in (said := await asked.ask(PROFILES[model].gnss)) or "4504.2" in said


async def test_echo_noise_doubled_ends_and_an_open_call(tmp_path):
    async with Asked(tmp_path, noise=True, ends="doubled", ppp=0.1) as asked:
        said = await asked.heard(until=re.escape(LCP_ECHO))
        assert said.startswith(b"\x00\xf8")
        assert LCP_ECHO in said
        assert "AT\r\r\r\nOK\r\r\n" in await asked.ask("AT")


async def test_a_wrong_pin_counts_and_the_third_blocks(tmp_path):
    async with Asked(tmp_path, sim="pin", pin="1234") as asked:
        await asked.ask("AT+CMEE=1")
        assert "+CPIN: SIM PIN" in await asked.ask("AT+CPIN?")
        assert "+CME ERROR: 16" in await asked.ask("AT+CPIN=1111")
        await asked.ask("AT+CPIN=1111")
        assert "+CME ERROR: 12" in await asked.ask("AT+CPIN=1111")
        assert "+CPIN: SIM PUK" in await asked.ask("AT+CPIN?")


async def test_a_scenario_answers_instead_and_changes_the_network(tmp_path):
    scenario = "# a comment\nexpect AT+CSQ\nsend +CSQ: 7,99\nsend OK\nset stat 3\nbytes 2B58\n"
    async with Asked(tmp_path, scenario=scenario) as asked:
        await asked.ask("AT+CREG=1")
        said = await asked.ask("AT+CSQ", until=rb"\+X$")
        assert "+CSQ: 7,99" in said
        assert said.index("OK") < said.index("+CREG: 3")
        assert said.endswith("+X")


@pytest.mark.parametrize(
    ("hang", "healed_by"),
    [
        ("hang * until second", ["second"]),
        ("hang AT+C[!F]* until radio", ["AT+CFUN=0", "AT+CFUN=1"]),
        ("hang AT+C[!F]* until reset", ["AT+CFUN=1,1"]),
        ("hang * until usb", ["usb"]),
        ("hang * until power", ["power"]),
    ],
)
async def test_each_hang_is_ended_by_what_ends_it_and_nothing_milder(tmp_path, hang, healed_by):
    ladder = [["second"], ["AT+CFUN=0", "AT+CFUN=1"], ["AT+CFUN=1,1"], ["usb"], ["power"]]
    async with Asked(tmp_path, scenario=hang) as asked:
        for rung in ladder:
            port = 0
            for step in rung:
                if step.startswith("AT"):
                    await asked.ask(step, within=SOON)
                elif step in {"usb", "power"}:
                    await asked.modem.power_cycle(step)
                else:
                    port = 1
            if rung[0] not in {"second", "AT+CFUN=0"}:
                await asyncio.sleep(0.4)
                await asked.port_is(there=True)
                asked.open()
                await asked.heard(FINAL, within=0.3)
            healed = rung == healed_by
            said = await asked.ask("AT+CSQ", port, rb"\+CSQ: ", PATIENCE if healed else SOON)
            assert ("+CSQ: " in said) == healed, rung
            if healed:
                return


async def test_data_may_hang_behind_a_good_registration(tmp_path):
    async with Asked(tmp_path, scenario="hang data until radio") as asked:
        assert "+CREG: 0,1" in await asked.ask("AT+CREG?")
        assert not asked.modem.passes
        await asked.ask("AT+CFUN=0")
        await asked.ask("AT+CFUN=1")
        assert asked.modem.passes


async def test_a_step_may_be_told_while_it_runs(tmp_path):
    async with Asked(tmp_path) as asked:
        asked.modem.fault("hang", "AT+CSQ")
        await asyncio.sleep(0.05)
        assert "+CSQ: " not in await asked.ask("AT+CSQ", within=SOON)
        asked.modem.fault("resume")
        await asyncio.sleep(0.05)
        assert "+CSQ: " in await asked.ask("AT+CSQ")
        with pytest.raises(ScenarioError):
            asked.modem.fault("jump")


async def test_a_drop_takes_the_port_away_and_brings_it_back(tmp_path):
    async with Asked(tmp_path, scenario="wait 0.2\ndrop 0.3\n") as asked:
        await asked.port_is(there=False)
        await asked.port_is(there=True)
        asked.open()
        assert "OK" in await asked.ask("AT")


@pytest.mark.parametrize(
    "line",
    ["jump", "wait", "wait x", "wait -1", "expect", "send", "bytes 7", "bytes", "hang * until noon",
     "hang until radio", "set stat 99", "set sim lost", "set", "resume now", "drop x"],
)  # fmt: skip
def test_a_wrong_step_is_named_with_its_line_and_what_there_is(line):
    with pytest.raises(ScenarioError, match="line 2"):
        steps(f"wait 1\n{line}\n")
