"""`tallyman commission`: the command, the agent's socket, the driver and an emulated module."""

from __future__ import annotations

import asyncio
import contextlib
import json
from types import SimpleNamespace

import pytest

from agent.cli import commission
from agent.cli.commission import PASSWORD_VARIABLE, epc_of, password
from agent.cli.errors import Mistake
from agent.cli.main import main
from agent.config.devices import Device
from agent.desks.commission import CommissionDesk
from agent.desks.control import ControlServer
from agent.desks.control_client import ask_one
from agent.intake.collector import Collector
from agent.intake.health_board import HealthBoard
from agent.records.convert import from_event
from agent.records.sentences import sentence
from drivers import catalog
from drivers.driver import Host
from drivers.gs1.epc import decode
from drivers.rfid import m100_tags, module_link
from foundation.errors import AgentError
from hil.emulators.serial.m100_module import M100Module

BLANK = "E28011052000700000000001"
EPC, LOCKED_BY = "3034257BF7194E4000001A85", "1234ABCD"
SCAN = "(01)80614141123458(21)6789"
TID = "E28011052000AAAA00000001"
NEW = {"epc": BLANK, "tid": TID}
CONFIG = """\
[gateway]
name = "bench"
state_dir = "{state}"
control = "{control}"
"""


@pytest.fixture(autouse=True)
def brisk(monkeypatch):
    """The emulated module says all it has to say at once: no need to wait long for its silence."""
    monkeypatch.setattr(module_link, "QUIET", 0.04)


class Records:
    """Keeps what is noted in place of a journal."""

    def __init__(self, clock_stamp) -> None:
        self.sentences = []
        self.noted = []
        self._stamp = clock_stamp

    async def note(self, kind, values, *, device):
        self.noted.append((kind, dict(values), device))
        self.sentences.append(sentence(from_event(kind, values, 0, self._stamp, device=device)))

    async def flush(self):
        """All of it is kept."""


class Workbench:
    """One module, and what asks the agent's socket about it."""

    def __init__(self, folder, capsys, records, *tags) -> None:
        self.module = M100Module(link=folder / "uhf", tags=tags)
        self.records = records
        self._capsys = capsys
        self._folder = folder
        self.file = folder / "tallyman.toml"
        self.file.write_text(CONFIG.format(state=folder, control=folder / "c.sock"))

    async def __aenter__(self):
        host = Host()
        options = {"port": self.module.where}
        device = Device("uhf", "rfid.m100", "", options, None)
        thermometer = Device(
            "cold", "sensors.lm75", "", {"bus": "/dev/i2c-99", "address": 0x48}, 60.0
        )
        collectors = [
            Collector(
                each, lambda each=each: catalog.build(each.kind, each.name, each.options, host),
                None, HealthBoard(), None, None, None,
            )
            for each in (device, thermometer)
        ]  # fmt: skip
        server = ControlServer(
            self._folder / "c.sock", CommissionDesk(collectors, self.records).verbs()
        )
        self._tasks = [asyncio.create_task(each.run()) for each in (self.module, server)]
        while not (self._folder / "c.sock").exists():
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def ask(self, *words):
        """Return the command's exit code, output and errors."""
        self._capsys.readouterr()
        argv = ["commission", "--config", str(self.file), *words]
        code = await asyncio.to_thread(main, argv)
        shown = self._capsys.readouterr()
        assert all(len(line) <= 80 for line in shown.out.splitlines() if "--json" not in words)
        return code, shown.out, shown.err


@pytest.fixture
def workbench(tmp_path, capsys):
    from agent.clock.clock import Clock
    from agent.clock.kernel import KernelClock

    records = Records(Clock(KernelClock(), boot=0).now())
    return lambda *tags: Workbench(tmp_path, capsys, records, *tags)


async def test_a_scan_becomes_a_locked_tag_on_record(workbench, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, LOCKED_BY)
    async with workbench(NEW) as bench:
        code, out, err = await bench.ask(
            "uhf", SCAN, "--prefix-digits", "7", "--filter", "1", "--lock", "--operator", "keeper-2"
        )
        assert (code, err) == (0, "")
        assert out == (
            "urn:epc:id:sgtin:0614141.812345.6789 is on the tag\n"
            f"  EPC       {EPC}, read back\n"
            f"  before    {BLANK}\n"
            f"  chip      {TID}\n"
            "  lock      opens only with the access password\n"
        )
        (tag,) = bench.module.tags
        assert tag.epc.hex().upper() == EPC
        assert (tag.locks["epc"], tag.locks["access"]) == (0b10, 0b10)
        assert tag.banks[0][4:].hex().upper() == LOCKED_BY
        ((kind, values, device),) = bench.records.noted
        assert (kind, device) == ("commission", "uhf")
        assert values["content"] == SCAN
        assert LOCKED_BY.lower() not in json.dumps(values).lower()
        assert "by keeper-2" in bench.records.sentences[0]


async def test_a_locked_tag_opens_with_its_password_only(workbench, monkeypatch):
    async with workbench(NEW) as bench:
        monkeypatch.setenv(PASSWORD_VARIABLE, LOCKED_BY)
        await bench.ask("uhf", EPC, "--lock")
        other = EPC[:-1] + "6"
        code, _, err = await bench.ask("uhf", other)
        assert code == 1
        assert "this memory is locked" in err
        assert "next: it opens only with the tag's access password" in err
        code, out, err = await bench.ask("uhf", other, "--password", "--json")
        assert (code, err) == (0, "")
        assert json.loads(out)["before"] == EPC


@pytest.mark.parametrize(
    ("tags", "words", "said"),
    [
        ((), (EPC,), ["error: no tag is in the field", "hold one in front of the antenna"]),
        (
            (NEW, {"epc": BLANK[:-1] + "2"}), (EPC,),
            ["error: 2 tags are in the field", "leave only the tag to be written"],
        ),
        ((NEW, NEW), (EPC,), ["error: two tags in the field have the EPC"]),
        ((NEW,), (EPC, "--tag", EPC), ["error: no tag in the field has", f"seen: {BLANK}"]),
        ((NEW, {"epc": EPC}), (EPC, "--tag", BLANK), ["error: another tag in the field has"]),
    ],
)  # fmt: skip
async def test_what_is_dangerous_is_refused_and_nothing_is_written(workbench, tags, words, said):
    async with workbench(*tags) as bench:
        code, out, err = await bench.ask("uhf", *words)
        assert (code, out) == (1, "")
        assert all(each in err for each in said)
        assert [tag.epc.hex().upper() for tag in bench.module.tags] == [t["epc"] for t in tags]
        assert bench.records.noted == []


async def test_one_of_several_tags_that_is_named(workbench):
    async with workbench(NEW, {"epc": BLANK[:-1] + "2"}) as bench:
        code, _, err = await bench.ask("uhf", EPC, "--tag", BLANK)
        assert (code, err) == (0, "")
        assert [tag.epc.hex().upper()[-1] for tag in bench.module.tags] == ["5", "2"]


async def test_a_lock_that_does_not_hold_is_told(workbench, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, LOCKED_BY)
    async with workbench(NEW) as bench:
        bench.module.tags[0].lock = lambda payload, password: None
        code, _, err = await bench.ask("uhf", EPC, "--lock")
        assert code == 1
        assert "the EPC is written, but not locked: the tag says that it is locked" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("uhv", EPC), "no device 'uhv': did you mean 'uhf'?"),
        (("cold", EPC), "cold (sensors.lm75) cannot write tags"),
        (("uhf", "(01)80614141123458"), "no tag can hold '(01)80614141123458'"),
        (("uhf", "(01)80614141123459(21)1"), "is doubtful"),
        (("uhf", "(01)80614141123458", "--prefix-digits", "7"), "(01) without (21)"),
        (("uhf", SCAN, "--prefix-digits", "99"), "a company prefix has 6 to 12 digits"),
        (("uhf", " "), "what should be written to the tag?"),
        (("uhf", "hello"), "'hello' is not hexadecimal"),
        (("uhf", "E28011052000700000000001"), "error:"),
        (("uhf", EPC, "--tag", "xy"), "is not hexadecimal"),
    ],
)
async def test_mistakes(workbench, words, said):
    async with workbench(NEW) as bench:
        code, _, err = await bench.ask(*words)
        assert code in (1, 2)
        assert said in err
        assert bench.module.tags[0].epc.hex().upper() == BLANK


LABEL = "(01)09506000134352"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LABEL + "(21)A(B)", r"a bracket that belongs to a value is written \("),
        (LABEL + "(21)A(12", "is no AI in brackets"),
        (LABEL + "(21)S1(banana)7", "is no AI in brackets"),
        ("(BADAI)DATA" + LABEL + "(21)S1", "is no AI in brackets"),
        (LABEL + "(21)", "(21) is empty"),
        (LABEL + "(21)A B", "may not be in a (21)"),
        (LABEL + "(21)S1(37)24", "exclude each other"),
        ("(8006)095060001343520302(21)1", "piece 3 of 2"),
        ("(8010)9521ABC(8011)0012", "begins with 0"),
        ("(01)02112345678900(21)1", "one shop"),
        ("]C1010950600013435221" + "A" * 21, "up to 20 characters"),
        ("]C1010950600013435221AB1012", "may hold (10) 12"),
        (
            "https://id.gs1.org/01/09506000134352/21/A?B",
            "'B=' of this link would not be on the tag",
        ),
        ("https://id.gs1.org/01/09506000134352/21/A#B", "'#B' of this link would not be"),
        ("https://id.gs1.org/01/09506000134352/21/A?999=B", "no application identifier"),
        ("urn:epc:tag:[att=x01]:sscc-96:0.952012.03456789123", "no bits of a PC word"),
        ("urn:epc:tag:[xpc-w1=x0001]:sscc-96:0.952012.03456789123", "no bits of a PC word"),
        ("3401" + EPC, "no bits of a PC word"),
        ("urn:epc:raw:64.x" + EPC, "says 64"),
    ],
)
async def test_text_that_would_not_be_on_the_tag_is_refused(workbench, monkeypatch, content, said):
    monkeypatch.setenv(PASSWORD_VARIABLE, LOCKED_BY)
    async with workbench(NEW) as bench:
        code, out, err = await bench.ask("uhf", content, "--lock")
        assert (code, out) in ((1, ""), (2, ""))
        assert said in " ".join(err.split())
        (tag,) = bench.module.tags
        assert (tag.epc.hex().upper(), tag.locks["epc"]) == (BLANK, 0)
        assert bench.records.noted == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("(01)80614141123458(21)6788", "does not name urn:epc:id:sgtin:0614141.812345.6789"),
        ("(01)80614141123458(21)6789(B)", "does not name"),
        ("(01)80614141123458", "does not name"),
        ("https://id.gs1.org/01/80614141123458/21/6788", "does not name"),
        ("x" * 201, "content must be 1 to 200 printable characters"),
    ],
)
async def test_the_agent_writes_nothing_that_its_record_would_deny(workbench, content, said):
    """Whoever asks: what is refused is refused before the tag is written."""
    async with workbench(NEW) as bench:
        request = {"verb": "commission", "device": "uhf", "epc": EPC, "content": content}
        with pytest.raises(AgentError, match=said):
            await asyncio.to_thread(ask_one, bench.file.parent / "c.sock", request)
        assert bench.module.tags[0].epc.hex().upper() == BLANK
        assert bench.records.noted == []


async def test_a_bracket_of_a_serial_number_is_written(workbench):
    async with workbench(NEW) as bench:
        code, out, err = await bench.ask("uhf", LABEL + r"(21)A\(B\)")
        assert (code, err) == (0, "")
        assert out.startswith("https://id.gs1.org/01/09506000134352/21/A%28B%29 is on the tag")
        (tag,) = bench.module.tags
        assert decode(tag.epc).keys == {"01": "09506000134352", "21": "A(B)"}


async def test_an_unplugged_module_in_mid_write(workbench, monkeypatch):
    async with workbench(NEW) as bench:
        look = m100_tags.look

        async def unplugged(exchange):
            found = await look(exchange)
            bench.module.unplug()
            return found

        monkeypatch.setattr(m100_tags, "look", unplugged)
        code, _, err = await bench.ask("uhf", EPC)
        assert code == 1
        assert "went away" in err
        assert bench.records.noted == []


@pytest.mark.parametrize("given", ["", "1234", "0" * 8, "zzzzzzzz", "1234ABCD1"])
def test_a_password_that_is_none(monkeypatch, given):
    monkeypatch.setenv(PASSWORD_VARIABLE, given)
    with pytest.raises(Mistake, match="8 hexadecimal digits, not all zero"):
        password(twice=True)


def test_what_a_tag_can_be_made_of():
    assert epc_of(SCAN, 7, 1).upper() == EPC
    assert epc_of("urn:epc:id:sgtin:0614141.812345.6789", filter_value=1).upper() == EPC
    assert epc_of("urn:epc:tag:sgtin-96:1.0614141.812345.6789", filter_value=3).upper() == EPC
    plus = epc_of("https://id.gs1.org/01/80614141123458/21/6789")
    assert epc_of(SCAN) == epc_of("]d20180614141123458216789") == plus
    assert plus.startswith("f7")
    assert epc_of("3000" + EPC).upper() == EPC  # the PC word that such a tag has anyhow


@pytest.mark.parametrize(
    ("twice", "typed", "value"),
    [
        (False, ["1234ABCD"], 0x1234ABCD),
        (True, ["1234ABCD", "1234ABCD"], 0x1234ABCD),
        (True, ["1234ABCD", "1234ABCE"], "the two passwords differ"),
    ],
)
def test_a_password_is_typed_unseen_and_a_new_one_twice(monkeypatch, twice, typed, value):
    asked, left = [], list(typed)

    def unseen(question):
        asked.append(question)
        return left.pop(0)

    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr(commission.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(commission, "unseen", unseen)
    if isinstance(value, int):
        assert password(twice=twice) == value
    else:
        with pytest.raises(Mistake, match=value):
            password(twice=twice)
    assert asked == ["access password of the tag, 8 hexadecimal digits: ", "again: "][: 1 + twice]


def test_a_password_is_not_read_from_a_pipe(monkeypatch):
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr(commission.sys, "stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(Mistake, match="must be typed at a terminal") as caught:
        password(twice=False)
    assert caught.value.advice == f"use a terminal, or set ${PASSWORD_VARIABLE}"


def test_its_help_says_what_content_may_be(capsys):
    with contextlib.suppress(SystemExit):
        main(["commission", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert " ".join(commission.EPILOG.split())[-40:] in told
