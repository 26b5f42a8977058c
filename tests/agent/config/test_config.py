"""The configuration: what a person reads when it is wrong, and that nothing wrong gets in."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.config_file import ConfigError
from agent.config.gateway import load_gateway
from agent.config.location import find
from agent.config.settings import load, parse
from agent.rules import shipped
from drivers import catalog
from foundation.toml_lines import key_lines
from tests.agent.config.written import KEY, PATH, WHOLE, check, device, problems
from tests.agent.fakes import FakeCatalog


def test_a_whole_configuration():
    config = check(WHOLE)
    assert config.gateway.name == "truck-12"
    assert config.gateway.state_dir == Path("/etc/tallyman/state")
    assert config.gateway.control == Path("/etc/tallyman/run/control.sock")
    assert config.journal.window == 2.0
    assert (config.batch.records, config.batch.seconds) == (512, 30.0)
    assert config.silence.limit_minutes == 15
    assert not config.health.enabled
    assert config.ledger.policy == Path("/etc/tallyman/policy.txt")
    assert config.ledger.nodes[0].server_key == KEY
    cold = config.device("cold-1")
    assert cold is not None
    assert cold.options == {"port": "/dev/ttyUSB-cold", "interval": 30.0, "fault": "none"}
    assert (cold.interval, cold.read_point) == (30.0, "cargo space")
    assert config.device("warm-1") is None
    assert len(config.digest) == 32


def test_an_empty_file_gives_the_defaults():
    config = check("")
    assert config.gateway.name == "the-host"
    assert config.gateway.state_dir == Path("/var/lib/tallyman")
    assert config.gateway.control == Path("/run/tallyman/control.sock")
    assert config.journal.window == 1.0
    assert (config.batch.records, config.batch.seconds) == (256, 60.0)
    assert config.ledger.policy is None
    assert config.ledger.trusting_period_days == 14
    assert config.devices == ()


def test_the_digest_is_of_the_bytes():
    assert check(WHOLE).digest != check(WHOLE + "# a comment\n").digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gateway]\nnaem = 'x'", "2: unknown key 'naem' in [gateway]: did you mean 'name'?"),
        ("[gatway]\nname = 'x'", "1: unknown key 'gatway' in the file: did you mean 'gateway'?"),
        ("[gateway]\nzzz = 'x'", "2: unknown key 'zzz' in [gateway]"),
        ("gateway = 5", "1: gateway must be a table: [gateway]"),
        (
            "\n\n[journal]\nwindow = '1 s'",
            '4: window must be a number without quotes, not "1 s" (in [journal])',
        ),
        ("[journal]\nwindow = 0.01", "2: window must be from 0.1 to 60 s, not 0.01 (in [journal])"),
        (
            "[journal]\nring_bytes = 4096",
            "2: ring_bytes must be from 4194304 to 1073741824 bytes, not 4096 (in [journal])",
        ),
        (
            "[batch]\nrecords = 0",
            "2: records must be from 1 to 65536 records, not 0 (in [batch])",
        ),
        (
            "[batch]\nrecords = true",
            "2: records must be a whole number without quotes, not true (in [batch])",
        ),
        (
            "[silence]\nlimit_minutes = 10",
            "2: limit_minutes must be one of 5, 15, 60, not 10 (in [silence])",
        ),
        (
            device("intervall = 3\n"),
            (
                "5: unknown key 'intervall' in device 'cold-1' (fake.thermometer): "
                "did you mean 'interval'?"
            ),
        ),
        (
            device("interval = 0\n"),
            "5: interval must be from 0.01 to 3600 s, not 0 (in device 'cold-1' (fake.thermometer))",
        ),
        (
            device("interval = 301\n"),
            (
                "5: interval 301 s of device 'cold-1' (fake.thermometer) is longer than [silence] "
                "limit_minutes allows (300 s): shorten it, or set the limit of this journey"
            ),
        ),
        (
            '[[device]]\nname = "a"\nkind = "fake.thermometer"',
            "1: device 'a' (fake.thermometer) needs the key 'port': where it is",
        ),
        (
            '[[device]]\nname = "a"\nkind = "fake.termometer"',
            "3: unknown kind 'fake.termometer': did you mean 'fake.thermometer'?",
        ),
        (
            '[[device]]\nname = "a"\nkind = "42"',
            "3: unknown kind '42': choose from fake.thermometer, fake.zigbee",
        ),
        (
            '[[device]]\nname = "a"\nkind = "fake.zigbee"',
            "3: kind 'fake.zigbee' needs a package that is not installed: No module named 'zigpy'",
        ),
        (device("") + device(""), "6: the name 'cold-1' is used twice"),
        (
            device("").replace("cold-1", "gateway"),
            "2: the name 'gateway' is taken: the gateway's own records bear it",
        ),
        (
            device("").replace("cold-1", "cold 1"),
            "2: name must look like 'cold-1', not 'cold 1' (in [[device]])",
        ),
        ("[device]\nname = 'x'", "1: device must be an array of tables: [[device]]"),
        ("[[gateway]]\nname = 'x'", "1: gateway must be a table: [gateway]"),
        (
            "\n[[devices]]\nname = 'x'",
            "2: unknown key 'devices' in the file: did you mean 'device'?",
        ),
        ('[gateway]\nname = "a\\nb"', "2: name must look like 'truck-7'"),
        (device("").replace("fake.thermometer", ""), "3: unknown kind '': choose from fake."),
        ("[gateway]\nname = ", "2: not TOML: invalid value: name ="),
        ('[gateway]\nname = "a\ncontrol = "b"', '2: not TOML: a quote is missing: name = "a'),
        ("[gateway]\nname: 1\n", "2: not TOML: expected '=' after a key"),
        (
            f'[ledger]\n[[ledger.node]]\nname="n"\nendpoint="tcp://a:1"\nserver_key="{KEY}"',
            "1: [ledger] needs the key 'policy': without it no node can be believed",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, message):
    found = problems(text)
    assert len(found) == 1, found
    assert found[0].startswith(f"{PATH}:")
    assert message in found[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server_key", KEY[:-1]),
        ("server_key", KEY[:-1] + "~"),
        ("endpoint", "ledger.example:7701"),
        ("endpoint", "tcp://ledger.example"),
        ("endpoint", "tcp://ledger.example:0"),
        ("endpoint", "tcp://ledger.example:65536"),
        ("endpoint", "ipc:///tmp/x"),
    ],
)
def test_nodes_are_checked(key, value):
    good = {"server_key": KEY, "endpoint": "tcp://ledger.example:7701"}[key]
    found = problems(WHOLE.replace(f'{key} = "{good}"', f'{key} = "{value}"'))
    assert len(found) == 1
    assert f"{key} must look like" in found[0]
    assert "[[ledger.node]]" in found[0]


def test_every_mistake_is_named_in_the_order_of_lines():
    text = (
        '[gateway]\nnaem = "x"\n\n[batch]\nrecords = 0\nsecs = 3\n\n'
        '[[device]]\nname = "a"\nkind = "fake.thermometer"\nport = 5\nspeed = 1\n'
    )
    lines = [int(line.split(":")[1]) for line in problems(text)]
    assert lines == [2, 5, 6, 11, 12]


def test_a_file_that_is_not_utf8():
    with pytest.raises(ConfigError, match=r"tallyman\.toml:2: the file is not UTF-8"):
        parse(b"[gateway]\nname = '\xff'", PATH, FakeCatalog())


def test_a_byte_order_mark_in_front():
    assert parse(b"\xef\xbb\xbf[gateway]\nname = 'g'", PATH, FakeCatalog()).gateway.name == "g"


def test_a_socket_path_that_no_kernel_takes():
    found = problems(f'[gateway]\ncontrol = "/{"x" * 120}"')
    assert "2: control is longer than 107 bytes" in found[0]


def test_precedence_of_the_files_name():
    assert find("a.toml", {"TALLYMAN_CONFIG": "/b.toml"}) == Path("a.toml").absolute()
    assert find(None, {"TALLYMAN_CONFIG": "/b.toml"}) == Path("/b.toml")
    assert find(None, {}) == Path("/etc/tallyman/tallyman.toml")


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.toml", FakeCatalog())
    assert str(caught.value) == f"{tmp_path}/none.toml: No such file or directory"
    assert "--config" in caught.value.advice
    assert caught.value.exit_code == 2


def test_the_gateway_alone_is_read_without_its_devices(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text('[gateway]\nname = "g"\n[[device]]\nkind = "unheard.of"\n')
    assert load_gateway(path).name == "g"
    path.write_text("[gateway]\nname = 5\n")
    with pytest.raises(ConfigError, match='2: name must be text in "quotes", not 5'):
        load_gateway(path)


def test_lines_are_found_through_comments_strings_and_arrays():
    text = (
        "# [not.a.table]\n"
        "a = [\n  1, # ]\n  2,\n]\n"
        'text = """\nb = 1\n"""\n'
        "other = '''x\n[c]\n'''\n"
        '"quoted key" = 1\n'
        "d.e = 5\n"
        "[[f]]\ng = 1\n[f.h]\ni = 1\n[[f]]\ng = 2\n"
    )
    tomllib.loads(text)
    assert key_lines(text) == {
        ("a",): 2,
        ("text",): 6,
        ("other",): 9,
        ("quoted key",): 12,
        ("d",): 13,
        ("d", "e"): 13,
        ("f", 0): 14,
        ("f", 0, "g"): 15,
        ("f", 0, "h"): 16,
        ("f", 0, "h", "i"): 17,
        ("f", 1): 18,
        ("f", 1, "g"): 19,
    }


@given(st.text(alphabet="[]{}\"'=#.\n ab1\\", max_size=60))
def test_any_toml_has_a_line_for_each_of_its_keys(text):
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    top = {path[0] for path in lines if path}
    assert set(tree) <= top
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_rubbish_is_a_config_error_or_a_configuration(data):
    try:
        parse(data, PATH, FakeCatalog())
    except ConfigError as error:
        assert error.problems


def test_neighbours_need_a_key():
    with pytest.raises(ConfigError, match=r"\[neighbours\] needs a key"):
        check('[neighbours]\nlisten = "0.0.0.0:7421"\n')
    given = '[neighbours]\nlisten = "[::]:7421"\ntell = "door-3:7421, 10.0.0.2:7421"\nkey = "k"\n'
    found = check(given).neighbours
    assert (found.listen, found.tell) == ("[::]:7421", ("door-3:7421", "10.0.0.2:7421"))
    assert found.key == PATH.parent / "k"
    with pytest.raises(ConfigError, match="tell must look like"):
        check(given.replace("10.0.0.2:7421", "10.0.0.2"))


def test_a_battery_is_watched_for_its_own_faults_unless_another_profile_is_named(tmp_path):
    pack = '[[device]]\nname = "pack"\nkind = "battery.jbd"\nport = "/dev/ttyUSB0"\n'
    (device,) = parse(pack.encode(), tmp_path / "t.toml", catalog).devices
    assert [(each.field, str(each.reset)) for each in device.rules.rules] == [
        ("faults", "recovery")
    ]
    own = (shipped.FOLDER / "battery.toml").read_text().replace('"battery"', '"ours"', 1)
    (tmp_path / "ours.toml").write_text(own.replace("recovery", "person"))
    named = (pack + 'profile = "ours.toml"\n').encode()
    (device,) = parse(named, tmp_path / "t.toml", catalog).devices
    assert (device.rules.name, str(device.rules.rules[0].reset)) == ("ours", "person")
    with pytest.raises(ConfigError, match="the profile 2-8 is about temperature: this device"):
        parse((pack + 'profile = "2-8"\n').encode(), tmp_path / "t.toml", catalog)
