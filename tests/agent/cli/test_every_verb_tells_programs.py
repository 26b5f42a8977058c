"""Every verb that tells something tells programs, too; what it takes is told to programs and shells."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from agent.cli.argument_schema import schema_of
from agent.cli.completion import SHELLS, words
from agent.cli.verbs import VERBS, parser_of
from agent.records.registry import KINDS
from drivers import catalog
from tests.agent.cli.test_command_line import answered, tallyman

TELLS_NOTHING = {
    "run": "it is the agent: the log is its output",
    "completion": "it prints a program for a shell",
    "driver": "the bench answers: python -m hil driver check --json",
}
CONFIG = """\
[gateway]
name = "g"
state_dir = "state"
control = "control.sock"
[[device]]
name = "cold-1"
kind = "sensors.sht3x"
bus = "/dev/i2c-99"
read_point = "cargo space"
[[device]]
name = "gate"
kind = "rfid.llrp"
address = "10.0.0.2:5084"
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tallyman.toml"
    path.write_text(CONFIG)
    return path


def flags(verb):
    return [flag for each in parser_of(verb)[1].arguments() for flag in each.flags]


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"run"}))
def test_every_verb_that_tells_something_has_json(verb):
    assert ("--json" in flags(verb)) == (verb not in TELLS_NOTHING)


def test_run_tells_nothing():
    assert "--json" not in tallyman("run", "--help").stdout  # it does without what tests need


def test_the_bench_has_json():
    done = subprocess.run(
        [sys.executable, "-m", "hil", "driver", "check", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert "--json" in done.stdout


@pytest.mark.parametrize(
    "words_",
    [
        ["config", "check"],
        ["keys"],
        ["metrics"],
        ["devices"],
        ["devices", "--kinds"],
        ["update"],
        ["support"],
        ["describe"],
    ],
    ids=lambda words_: words_[0],
)
def test_json_is_one_value_a_line(config, tmp_path, words_):
    more = {
        "update": ["--folder", str(tmp_path)],
        "support": ["--output", str(tmp_path / "x.tar.gz")],
    }
    done = answered(*words_, "--json", "--config", str(config), *more.get(words_[0], []))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for line in done.stdout.splitlines():
        json.loads(line)


def description(config):
    done = answered("describe", "--json", "--config", str(config))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_description_has_every_device_kind_record_and_verb(config):
    found = description(config)
    assert found["device_kinds"].keys() == catalog.DEVICES.keys()
    assert [each["name"] for each in found["record_kinds"]] == list(KINDS)
    assert found["verbs"].keys() == VERBS.keys()
    assert [each["name"] for each in found["devices"]] == ["cold-1", "gate"]
    cold = found["devices"][0]
    assert (cold["interval"], cold["records"]) == (10.0, ["temperature"])
    assert cold["options"]["address"] == 0x44


def test_its_schemas_are_schemas_and_hold_what_is_configured(config):
    found = description(config)
    validator = jsonschema.Draft202012Validator
    for kind in found["device_kinds"].values():
        validator.check_schema(kind["device"])
        assert kind["what"]
        assert set(kind["records"]) <= set(KINDS)
    for verb in found["verbs"].values():
        validator.check_schema(verb["arguments"])
    for device in found["devices"]:
        schema = found["device_kinds"][device["kind"]]["device"]
        table = {name: device[name] for name in ("name", "kind", "read_point")} | device["options"]
        jsonschema.validate(table, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(table | {"no such option": 1}, schema)


@pytest.mark.parametrize(
    ("verb", "given", "fits"),
    [
        ("journal", {"last": 3, "json": True}, True),
        ("journal", {"last": -1}, False),
        ("journal", {"last": "3"}, False),
        ("read", {"device": "cold-1"}, True),
        ("read", {}, False),
        ("shipment", {"action": "start", "seal": ["S1", "S2"]}, True),
        ("shipment", {"action": "dance"}, False),
        ("bundle", {"output": "x", "kind": ["temperature"]}, True),
        ("bundle", {}, False),
    ],
)
def test_a_verbs_schema_takes_what_the_verb_takes(verb, given, fits):
    schema = schema_of(parser_of(verb)[1].arguments())
    assert jsonschema.Draft202012Validator(schema).is_valid(given) is fits


def test_a_new_driver_appears_by_its_line_in_the_catalogue_alone(config, monkeypatch):
    monkeypatch.setitem(catalog.DEVICES, "sensors.twin", "drivers.sensors.sht3x")
    found = description(config)["device_kinds"]["sensors.twin"]
    assert found["records"] == ["temperature"]
    assert "interval" in found["device"]["properties"]


def test_without_a_configuration_its_devices_are_unknown_and_not_none(tmp_path, monkeypatch):
    monkeypatch.setenv("TALLYMAN_CONFIG", str(tmp_path / "nowhere.toml"))
    found = json.loads(answered("describe", "--json").stdout)
    assert (found["gateway"], found["devices"]) == (None, None)
    page = answered("describe").stdout
    assert "devices   unknown: there is no configuration at" in page
    assert all(len(line) < 80 or str(tmp_path) in line for line in page.splitlines())


BASH = """
source <(cat)
COMP_WORDS=({words}) COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_tallyman
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def bash(*typed):
    """Return what bash offers behind these words; the last of them is being typed."""
    listed = " ".join(f"'{word}'" for word in ("tallyman", *typed))
    done = subprocess.run(
        ["bash", "-c", BASH.format(words=listed)],
        input=SHELLS["bash"](words()),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("stat",), ["status"]),
        (("journal", "--fo"), ["--follow"]),
        (("--config", "x", "journal", "--fo"), ["--follow"]),
        (("shipment", "st"), ["start"]),
        (("dock", "x", "--decide", "acc"), ["accepted"]),
        (("completion", "z"), ["zsh"]),
        (("bundle", "-o", "/tm"), []),  # a file: bash's own
        (("--config", ""), []),
        (("nonsense", "--x"), []),
    ],
)
def test_bash_completes(typed, offered):
    assert bash(*typed) == offered


def test_bash_offers_every_verb():
    assert set(bash("")) >= set(VERBS)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_flag_of_every_verb_is_completed(shell):
    script = SHELLS[shell](words())
    for verb in VERBS.keys() - {"run"}:
        assert verb in script
        for flag in flags(verb):
            told = {
                "fish": f"-l {flag.lstrip('-')} " if flag.startswith("--") else f"-s {flag[1:]} "
            }
            assert told.get(shell, flag) in script, (verb, flag)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_itself_takes_the_script(shell, tmp_path):
    """Shells that are not on this machine are not asked; bash is on every one."""
    program = shutil.which(shell)
    assert program or shell != "bash"
    if program is not None:
        script = tmp_path / "script"
        script.write_text(SHELLS[shell](words()))
        done = subprocess.run([program, "-n", str(script)], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


SERVICES = {
    "trace": {
        "shelf": "what is at each read point",
        "shipment": "see where they are",
        "where": "who keeps",
    },
    "contract": {"deliver": "sign one receipt", "dock": "signed receipt"},
    "documents": {"notarize": "file", "bundle": "one file for an auditor"},
    "certificates": {"keys": "keys", "verify": "pinned policy", "config": "policy"},
}
"""What partners ask of a gateway, and the words by which they find its verb in the help."""


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_found_in_the_help(service):
    told = answered("--help").stdout
    for verb, said in SERVICES[service].items():
        (line,) = [each for each in told.splitlines() if each.startswith(f"  {verb} ")]
        assert said in line
