"""The command line: help at once, every mistake in two lines, never a traceback."""

from __future__ import annotations

import ast
import errno
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path

import jsonschema
import pytest

from agent.cli.errors import Mistake
from agent.cli.main import main, report
from agent.cli.people import PIN_VARIABLE, read_pin
from agent.cli.support import without_secrets
from agent.cli.times import format_time, utc_iso
from agent.cli.verbs import GROUPS, VERBS
from agent.machine.version import VERSION
from foundation.verbs import help_line

ROOT = Path(__file__).parents[3]
COMMAND = re.compile(r"(?<![\w/.-])tallyman ([a-z][\w-]*)((?: --[a-z][\w-]*)*)")


def tallyman(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent.cli.main", *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | environ,
        timeout=60,
    )


def answered(*args: str) -> subprocess.CompletedProcess[str]:
    """What `tallyman` does, in this process: a table of cases needs no start for each."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(args)
        except SystemExit as end:
            code = end.code or 0
    return subprocess.CompletedProcess(args, code, out.getvalue(), err.getvalue())


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tallyman.toml"
    path.write_text(
        '[gateway]\nname = "g"\nstate_dir = "state"\ncontrol = "control.sock"\n'
        '[[device]]\nname = "cold-1"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'
    )
    return path


@pytest.mark.parametrize("verb", VERBS)
def test_every_help_fits_a_console(monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "80")
    told = answered(verb, "--help")
    assert told.returncode == 0
    assert max(map(len, told.stdout.splitlines())) < 80


def test_the_list_of_verbs_fits_a_console(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, answered("--help").stdout.splitlines())) < 80


def test_readme_groups_the_verbs_as_the_help_does():
    shown: dict[str, list[str]] = {}
    for line in (ROOT / "README.md").read_text().splitlines():
        if heading := re.match(r"# (\w[^#]*: .*)", line):
            verbs = shown.setdefault(heading[1].lower(), [])
        elif (command := re.match(r"tallyman (\w+)", line)) and command[1] not in verbs:
            verbs.append(command[1])
    assert shown == {title: list(verbs) for title, verbs in GROUPS.items()}


NO_VERBS = {"command", "statement", "tallyman", "user"}
"""Words that follow the name without being a command."""


def test_every_command_that_a_text_names_exists():
    named = set()
    for folder in ("agent", "drivers", "foundation", "ledger", "provisioning"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    named |= {
                        (command[1], option)
                        for command in COMMAND.finditer(node.value)
                        for option in command[2].split() or [""]
                    }
    assert len(named) > 30
    helps = {verb: answered(verb, "--help").stdout for verb in VERBS}
    unheard = {
        (verb, option)
        for verb, option in named
        if verb not in NO_VERBS and option not in helps.get(verb, "unknown verb")
    }
    assert {verb for verb, _ in named} <= {*VERBS, *NO_VERBS}
    assert not unheard


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_says_of_a_verb_what_its_own_help_says(verb):
    line = help_line(VERBS[verb])
    assert line == import_module(VERBS[verb]).HELP
    told = answered(verb, "--help").stdout
    assert " ".join(line.split()) in " ".join(told.split())


@pytest.mark.parametrize(("terminal", "lines"), [(True, 3), (False, 2)])
def test_an_error_is_folded_on_a_terminal_only(monkeypatch, terminal, lines):
    errors = io.StringIO()
    monkeypatch.setattr(errors, "isatty", lambda: terminal)
    path = "/a" + "-long/path" * 5
    with redirect_stderr(errors):
        assert report(Mistake(f"cannot read {path}: is a directory", advice="name one")) == 2
    told = errors.getvalue().splitlines()
    assert (len(told), told[-1]) == (lines, "next: name one")
    assert f" {path}:" in errors.getvalue()  # whole, to be copied
    assert max(map(len, told)) < 80 or not terminal


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">/dev/full", 1, "error: the output cannot be written: the disk is full\nnext: "),
        ("<&- >&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
    ],
)
def test_an_output_that_takes_nothing(redirection, code, said):
    command = f"{sys.executable} -m agent.cli.main decode 3074257BF7194E4000001A85 {redirection}"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert done.returncode == code
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_terminal_that_lacks_a_character_gets_its_number():
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli.main", "--help"],
        env=os.environ | {"PYTHONIOENCODING": "iso-8859-1"},
        capture_output=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"usage: tallyman [--config FILE] VERB \\u2026\n")


@pytest.mark.parametrize("verb", [["where"], ["bundle", "-o", "x"], ["keys", "--public"], ["gap"]])
def test_a_state_folder_of_somebody_else(config, monkeypatch, verb):
    stat = Path.stat

    def closed(path: Path, **more: bool) -> os.stat_result:
        if path.parent.name == "state":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **more)

    monkeypatch.setattr(Path, "stat", closed)
    done = answered(*verb, "--config", str(config))
    assert done.returncode == 1
    assert re.match(r"error: .*/state/.*: Permission denied\nnext: .*sudo", done.stderr)


def test_a_pin_that_is_not_typed(monkeypatch):
    def at_its_end(_: str) -> str:
        raise EOFError

    monkeypatch.delenv(PIN_VARIABLE, raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", at_its_end)
    with pytest.raises(Mistake, match="nothing was typed"):
        read_pin("PIN: ")


def test_the_version_is_the_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
    assert tallyman("--version").stdout == f"tallyman {VERSION}\n"


def test_help_names_every_verb():
    done = tallyman("--help")
    assert done.returncode == 0
    for verb in VERBS:
        assert f"\n  {verb} " in done.stdout


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself(verb):
    ask = tallyman if verb == "run" else answered  # `run` does without modules that tests need
    done = ask(verb, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: tallyman {verb}")


def test_help_imports_no_more_than_it_needs():
    code = (
        "import sys; from agent.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'asyncio', 'zmq', 'sqlite3', 'cryptography', 'serial', 'smbus2', 'tomllib', 'json'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_start_does_without_what_argparse_wants_for_the_width_of_a_terminal():
    code = (
        "import sys; from agent.cli.main import main\n"
        "main(['run', '--config', '/nonexistent/tallyman.toml'])\n"
        "print(*sorted({'shutil', 'bz2', 'lzma'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout) == (0, "\n")


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("0", 80), ("wide", 80), ("", 80)])
def test_help_is_as_wide_as_the_terminal(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((0, 0)))
    widest = max(map(len, answered("bundle", "--help").stdout.splitlines()))
    assert width - 15 < widest < width


RUBBISH = [
    (["--config", "x"], 2),
    ([], 2),
    (["staus"], 2),
    (["status", "--rubbish"], 2),
    (["journal", "--last", "-3"], 2),
    (["journal", "--since", "１２"], 2),
    (["journal", "--since", "x" * 5000], 2),
    (["journal", "--follow", "--last", "3"], 2),
    (["config"], 2),
    (["config", "dance"], 2),
    (["read"], 2),
    (["read", "cold-1", "extra"], 2),
    (["decode", "zz"], 2),
    (["decode", "123"], 2),
    (["decode", "ff"], 1),
    (["decode", "00" * 500], 1),
    (["run", "--config", "/nonexistent/tallyman.toml"], 2),
    (["run", "--config", "/"], 2),
    (["run", "--config", "/dev/null/x"], 2),
    (["status", "--config", "\udcff"], 2),
    (["\x1b[2J"], 2),
    (["--config"], 2),
]


@pytest.mark.parametrize(("args", "code"), RUBBISH, ids=lambda value: repr(value)[:40])
def test_rubbish_is_answered_in_plain_words(args, code, config, monkeypatch):
    monkeypatch.setenv("TALLYMAN_CONFIG", str(config))
    done = (tallyman if args[:1] == ["run"] else answered)(*args)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if args:
        assert done.stderr.startswith("error: ")
        assert "\nnext: " in done.stderr


def test_did_you_mean():
    done = answered("staus")
    assert done.stderr == (
        "error: there is no verb 'staus': did you mean 'status'?\nnext: see: tallyman --help\n"
    )


@pytest.mark.parametrize("verb", ["status", "journal --follow"])
def test_without_an_agent(verb, config):
    done = answered(*verb.split(), "--config", str(config))
    assert done.returncode == 1
    assert done.stderr == (
        f"error: no agent answers at {config.parent}/control.sock: No such file or directory\n"
        "next: start it: sudo systemctl start tallyman\n"
    )


def test_a_journal_that_is_not_there_or_is_none(config):
    done = answered("journal", "--config", str(config))
    assert done.returncode == 2
    assert "there is no journal at" in done.stderr
    (config.parent / "state").mkdir()
    (config.parent / "state" / "journal.sqlite").write_bytes(os.urandom(5000))
    done = answered("journal", "--config", str(config))
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["keys", "gap", "run"])
def test_a_file_in_the_place_of_the_state_folder(verb, config):
    (config.parent / "state").write_text("")
    done = answered(verb, "--config", str(config))
    assert done.returncode == 1
    assert "File exists\nnext: a file stands where a folder is wanted" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_system_refuses_is_answered_in_plain_words(config, monkeypatch):
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    done = answered("keys", "--config", str(config))
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {config.parent}/state/identity.toml: Permission denied\n"
        "next: do it as the user whose files these are (sudo -u tallyman …), or give the right\n"
    )


def test_keys_fit_a_console_before_and_after_a_rotation(config):
    assert answered("keys", "rotate", "--config", str(config)).returncode == 0
    *lines, folder = answered("keys", "--config", str(config)).stdout.splitlines()
    assert folder.startswith("folder ")
    assert any(line.startswith("next ") for line in lines)
    assert all(len(line) < 80 for line in lines), lines


@pytest.mark.parametrize(
    "verb", ["run", "keys", "keys rotate", "gap --declare --reason x", "inherit /mnt"]
)
def test_root_makes_nothing_that_the_agents_user_could_not_read(verb, config, monkeypatch):
    (config.parent / "state").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("agent.cli.place.owner_of", lambda _: 4711)
    done = answered(*verb.split(), "--config", str(config))
    assert done.returncode == 2
    assert "state belongs to user 4711" in done.stderr
    assert "sudo -u tallyman" in done.stderr
    assert not list((config.parent / "state").iterdir())


def test_config_may_stand_before_the_verb(config):
    done = tallyman("--config", str(config), "config", "check")
    assert (done.returncode, done.stdout) == (0, f"{config} is correct: g, 1 device\n")


def test_config_check_lists_every_mistake(config):
    config.write_text(config.read_text() + "intervall = 5\n[batch]\nrecords = 0\n")
    done = answered("config", "check", "--config", str(config))
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {config}:9: unknown key 'intervall' in device 'cold-1' (sensors.sht3x): "
        "did you mean 'interval'?\n"
        f"error: {config}:11: records must be from 1 to 65536 records, not 0 (in [batch])\n"
        "next: correct the file, then run: tallyman config check\n"
    )


def test_the_schema_takes_what_check_takes(config):
    done = answered("config", "schema")
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(tomllib.loads(config.read_text()), schema)


def test_read_without_an_agent_opens_the_device(config):
    done = answered("read", "cold-1", "--config", str(config))
    assert done.returncode == 1
    assert "/dev/i2c-99" in done.stderr
    assert "next: " in done.stderr
    assert "Traceback" not in done.stderr
    done = answered("read", "cold-2", "--config", str(config))
    assert done.returncode == 2
    assert "did you mean 'cold-1'?" in done.stderr


def test_devices_without_an_agent(config):
    done = answered("devices", "--config", str(config))
    assert done.stdout == "cold-1: sensors.sht3x; the agent is not running\n"
    assert "sensors.sht3x" in answered("devices", "--kinds").stdout.split()


SGTIN = "3074257BF7194E4000001A85"


def test_decode_an_epc():
    done = answered("decode", SGTIN)
    assert done.stdout.splitlines() == [
        "urn:epc:id:sgtin:0614141.812345.6789",
        "  scheme              sgtin-96, filter 3",
        "  (01) GTIN           80614141123458",
        "  (21) serial number  6789",
        "  tag URI             urn:epc:tag:sgtin-96:3.0614141.812345.6789",
        "  Digital Link        https://id.gs1.org/01/80614141123458/21/6789",
        f"  EPC                 {SGTIN}",
    ]
    done = answered("decode", "--json", "0x3074257B", "F7194E40", "00001A85")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "epc": SGTIN.lower(),
        "uri": "urn:epc:id:sgtin:0614141.812345.6789",
        "tag_uri": "urn:epc:tag:sgtin-96:3.0614141.812345.6789",
        "scheme": "sgtin-96",
        "filter": 3,
        "keys": {"01": "80614141123458", "21": "6789"},
        "attributes": {},
        "digital_link": "https://id.gs1.org/01/80614141123458/21/6789",
    }


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("3400" + SGTIN, ["urn:epc:id:sgtin:", "PC word  .*96 bits, data in user memory"]),
        ("31A2" + SGTIN, ["urn:epc:raw:96.xA2.x3074", "AFI 0xA2"]),
        ("urn:epc:raw:96.xA2.x" + SGTIN, ["urn:epc:raw:96.xA2.x3074", "AFI 0xA2"]),
        ("urn:epc:raw:96.x" + SGTIN, ["urn:epc:id:sgtin:"]),
        ("3000E20010710000529B0940B402", ["urn:epc:raw:96.xE2", "header 0xE2"]),
        ("F73795211411234538566CB0AFC40000", ["id.gs1.org/01/79521141123453/21/32a%2Fb"]),
        ("urn:epc:id:sscc:952012.03456789123", ["095201234567891235", "311BA1B300CE0A6A83000000"]),
        ("urn:epc:tag:[att=x01]:sscc-96:0.952012.03456789123", ["PC word  .*3001"]),
        ("https://x.example/01/09506000134352/21/a%2Fb", ["a/b", r"EPC \(sgtin\+\)  .*F700950"]),
        ("]d2010950600013435210ABC<GS>17261031", ["DataMatrix", "lot  .*ABC$", "expiry .*261031"]),
        ("(01)09506000134352(21)7", ["urn:epc:id:sgtin:95060001343.05.7"]),
        ("09506000134352", [r"\(01\) GTIN", "no EPC .*names no single thing"]),
        ("]C1010950600013435210ABC17261031", ["doubtful .*no FNC1 came"]),
        ("]E009999992", [r"\(01\) GTIN .*00099999000092"]),
        (r"(01)09506000134352(21)A\(B\)", [r"\(21\) serial number .*A\(B\)$"]),
        ("https://id.gs1.org/01/09506000134352/235/7KL", [r"\(235\) TPX serial +7KL"]),
        ("https://x.example/01/09506000134352/21/A?B=1#c", ["not of GS1 .*B=1#c"]),
        ("(01)09506000134353(21)A", ["doubtful .*is 3, where 2 belongs", r"\(21\) .*A$"]),
        (
            "urn:epc:tag:[xpc-w1=x0001]:sscc-96:0.952012.03456789123",
            [r"not written .*\[xpc-w1=x0001\]"],
        ),
    ],
)
def test_decode_takes_whatever_a_reader_or_scanner_shows(text, lines):
    done = answered("decode", text)
    assert done.returncode == 0, done.stderr
    for line in lines:
        assert re.search(line, done.stdout, re.MULTILINE), done.stdout


def test_decode_of_a_key_with_the_length_of_its_company_prefix():
    link = "https://id.gs1.org/00/095201234567891235"
    done = answered("decode", "--json", "--prefix-digits", "6", link)
    assert json.loads(done.stdout)["uri"] == "urn:epc:id:sscc:952012.03456789123"


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("zz", 2, "not hexadecimal, a URI, a web address or a GS1 barcode"),
        ("urn:epc:raw:96", 2, "not a raw URI"),
        ("E20010710000529B0940B402", 1, "header 0xE2"),
        ("3174257BF4499602D2000001", 1, "padding of sscc-96 is not zero"),
        ("urn:epc:id:foo:1", 1, "no identity"),
        ("urn:epc:tag:sgtin-96:3.0614141", 1, "needs company prefix"),
        ("https://example.com/", 1, "no GS1 key"),
        ("https://id.gs1.org/01/09506000134353", 1, "is 3, where 2 belongs"),
        ("]E09506000134353", 1, "check digit"),
        ("]C1hello", 1, "Application Identifier"),
        ("]C0hello", 1, "without GS1 keys"),
        ("(01)09506000134352(21)A(B)", 1, "'(B)' is no AI in brackets"),
        ("(01)09506000134352(21)A(12", 1, "'(12' is no AI in brackets"),
        ("(01)09506000134352(21)", 1, "(21) is empty"),
        ("(BADAI)DATA(01)09506000134352", 1, "'(BADAI)DATA(01)09506' is no AI in brackets"),
        ("(21)", 1, "(21) is empty"),
        ("]C11010857326005540102021121092220084115197123", 1, "up to 20 characters"),
        ("09999992", 1, "UPC-E for 099999000092, or EAN-8"),
        ("2112345678900", 1, "is a number of one shop, country or coupon"),
        ("https://id.gs1.org/01/09506000134352/21/A?10=B&10=C", 1, "twice"),
        ("https://id.gs1.org/8006/095060001343520302/21/1", 1, "piece 3 of 2"),
        ("https://id.gs1.org/01/02112345678900/21/1", 1, "one shop"),
        ("urn:epc:raw:64.x" + SGTIN, 2, "has 96 bits, and says 64"),
        ("urn:epc:raw:junk:96.x" + SGTIN, 2, "not a raw URI"),
    ],
)
def test_decode_says_what_is_wrong_and_what_to_do(text, code, reason):
    done = answered("decode", text)
    assert done.returncode == code
    assert done.stdout == ""
    assert reason in done.stderr
    assert "\nnext: " in done.stderr


def test_support_without_an_agent_says_what_is_missing(config, tmp_path):
    output = tmp_path / "s.tar.gz"
    done = answered("support", "--config", str(config), "--output", str(output))
    assert done.returncode == 0
    assert output.exists()
    done = answered("support", "--config", str(config), "--output", "/nonexistent/s.tar.gz")
    assert done.returncode == 2
    assert "next: create the folder, or correct its path" in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        'pin = "1234"',
        "sim_pin=1234",
        '  wifi-psk = "1234"',
        '# password = "1234"',
        "TOKEN = '1234'",
    ],
)
def test_secrets_are_struck_out(line):
    text = without_secrets(f'name = "kept"\n{line}\nport = "/dev/kept"\n')
    assert "1234" not in text
    assert text.count("kept") == 2


def test_times():
    assert format_time(1_790_000_000_123, utc=True) == "2026-09-21 14:13:20.123 UTC"
    assert utc_iso(1_790_000_000_123) == "2026-09-21T14:13:20.123Z"
    assert format_time(10**18, utc=True) == f"{10**18} ms since 1970"
    assert utc_iso(10**18) == f"{10**18} ms"


def test_the_registry_is_printed_without_a_gateway():
    done = answered("journal", "--kinds")
    assert "temperature    10^-2 °C" in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 80
    assert "\noutput\n" in done.stdout
    assert "reserved" not in done.stdout  # something makes each of them
    published = (ROOT / "docs" / "protocol" / "kinds.json").read_text()
    assert answered("journal", "--kinds", "--json").stdout == published
    kinds = {kind["name"] for kind in json.loads(published)["kinds"]}
    assert {"temperature", "position", "gap", "fork"} <= kinds
