"""The configuration: what a person reads when it is wrong, and that nothing wrong gets in."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.config_file import ConfigError
from agent.config.gateway import load_gateway
from agent.config.location import find
from agent.config.schema import schema
from agent.config.settings import load, parse
from drivers import catalog
from foundation.toml_lines import key_lines
from tests.agent.fakes import FakeCatalog

PATH = Path("/etc/tallyman/tallyman.toml")
KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

WHOLE = f"""\
[gateway]
name = "truck-12"
state_dir = "state"
control = "run/control.sock"

[journal]
window = 2

[batch]
records = 512
seconds = 30.0

[silence]
limit_minutes = 15

[health]
enabled = false

[ledger]
policy = "policy.txt"
trusting_period_days = 7

[[ledger.node]]
name = "node-1"
endpoint = "tcp://ledger.example:7701"
server_key = "{KEY}"

[[device]]
name = "cold-1"
kind = "fake.thermometer"
read_point = "cargo space"
port = "/dev/ttyUSB-cold"
interval = 30
"""


def check(text: str):
    return parse(text.encode(), PATH, FakeCatalog(), lambda: "the-host")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check(text)
    return str(caught.value).splitlines()


def device(lines: str) -> str:
    return f'[[device]]\nname = "cold-1"\nkind = "fake.thermometer"\nport = "/dev/x"\n{lines}'


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


def test_a_bus_address_is_named_as_people_write_it():
    text = '[[device]]\nname = "a"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-1"\naddress = 44\n'
    with pytest.raises(ConfigError, match="5: address must be one of 0x44, 0x45, not 0x2c"):
        parse(text.encode(), PATH, catalog)


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


toml_value = st.one_of(
    st.integers(-5, 100_000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.sampled_from(["", "x", "tcp://a:1", KEY, "cold-1", "fake.thermometer"]),
)


def test_the_schema_is_a_schema_and_takes_the_whole_configuration():
    made = schema(FakeCatalog())
    jsonschema.Draft202012Validator.check_schema(made)
    jsonschema.validate(tomllib.loads(WHOLE), made)
    jsonschema.validate({}, made)


@pytest.mark.parametrize(
    "text",
    [
        "[gateway]\nnaem = 'x'",
        "[batch]\nrecords = 0",
        "[silence]\nlimit_minutes = 10",
        device("intervall = 3"),
        device("interval = 0"),
        device("").replace("cold-1", "gateway"),
        '[[device]]\nname = "a"\nkind = "fake.thermometer"',
        '[[device]]\nname = "a"\nkind = "unheard-of"',
    ],
)
def test_the_schema_refuses_what_the_check_refuses(text):
    problems(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schema(FakeCatalog()))


@given(st.sampled_from(["interval", "fault", "port"]), toml_value)
def test_schema_and_check_agree_on_device_options(key, value):
    entry = {"name": "a", "kind": "fake.thermometer", "port": "/dev/x", key: value}
    valid = jsonschema.Draft202012Validator(schema(FakeCatalog())).is_valid({"device": [entry]})
    lines = "\n".join(f"{name} = {_toml(item)}" for name, item in entry.items())
    try:
        parse(f"[silence]\nlimit_minutes = 60\n[[device]]\n{lines}\n".encode(), PATH, FakeCatalog())
        checked = True
    except ConfigError:
        checked = False
    assert checked == valid


def _toml(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def test_the_schema_of_the_real_catalogue_knows_every_kind():
    made = schema(catalog)
    jsonschema.Draft202012Validator.check_schema(made)
    kinds = {
        item["properties"]["kind"]["const"]
        for item in made["properties"]["device"]["items"]["oneOf"]
    }
    assert kinds == set(catalog.DEVICES)


def test_neighbours_need_a_key():
    with pytest.raises(ConfigError, match=r"\[neighbours\] needs a key"):
        check('[neighbours]\nlisten = "0.0.0.0:7421"\n')
    given = '[neighbours]\nlisten = "[::]:7421"\ntell = "door-3:7421, 10.0.0.2:7421"\nkey = "k"\n'
    found = check(given).neighbours
    assert (found.listen, found.tell) == ("[::]:7421", ("door-3:7421", "10.0.0.2:7421"))
    assert found.key == PATH.parent / "k"
    with pytest.raises(ConfigError, match="tell must look like"):
        check(given.replace("10.0.0.2:7421", "10.0.0.2"))


def test_a_table_of_articles_is_read_with_the_configuration(tmp_path):
    table = tmp_path / "articles.csv"
    text = b'[gateway]\nname = "g"\nstate_dir = "s"\n[dock]\narticles = "articles.csv"\nbelief = "nothing"\n'
    table.write_text("gtin;name\n04012345111118;Apples\n")
    config = parse(text, tmp_path / "tallyman.toml", FakeCatalog())
    assert config.dock.table.names == {"04012345111118": "Apples"}
    assert (config.dock.belief, config.dock.late_minutes) == ("nothing", 30)
    table.write_text("gtin;name\n123;Apples\n")
    with pytest.raises(ConfigError, match="line 2: a GTIN has"):
        parse(text, tmp_path / "tallyman.toml", FakeCatalog())
    table.unlink()
    with pytest.raises(ConfigError, match=r"cannot read .*articles\.csv"):
        parse(text, tmp_path / "tallyman.toml", FakeCatalog())


def test_notify_names_ways_out_and_its_paths_begin_at_the_file():
    text = b"""[gateway]
name = "g"
[notify]
webhook = "https://alarms.example/x?site=7"
webhook_token = "token"
mqtt = "mqtts://[fd00::1]"
command = "/usr/local/lib/on-alarm"
kinds = "alarm, gap"
"""
    notify = parse(text, PATH, FakeCatalog()).notify
    assert notify.channels == ("webhook", "mqtt", "command")
    assert notify.webhook_token == PATH.parent / "token"
    assert (notify.mqtt.host, notify.mqtt.port, notify.mqtt.secure) == ("fd00::1", 8883, True)
    assert notify.command == Path("/usr/local/lib/on-alarm")
    assert notify.kinds == ("alarm", "gap")
    assert parse(b"", PATH, FakeCatalog()).notify.channels == ()


NOWHERE = (
    "x:abc/", "x:99999/", ":80/", "[::1", "[zz]/", "al\u00e4rm.example/", "x/\u00e4", "x/\\u0007",
    ".../", f"{'a' * 64}.example/", "x/#part",
)  # fmt: skip
"""What no POST can go to, however long it is tried."""


@pytest.mark.parametrize("where", ["x", "x.", "10.0.0.7:8443", "[fd00::1]:443/a?b=%C3%A4", "a_b/~"])
def test_notify_takes_any_address_that_can_be_asked(where):
    text = f'[notify]\nwebhook = "https://{where}"\n'.encode()
    assert parse(text, PATH, FakeCatalog()).notify.webhook == f"https://{where}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('webhook = "alarms.example"', "webhook must look like 'https://alarms.example/tallyman'"),
        ('webhook = "https://me:secret@alarms.example/"', "webhook must look like"),
        *((f'webhook = "https://{where}"', "webhook must look like") for where in NOWHERE),
        ('webhook = "https://[::1::]/"', "::1:: in brackets is no address of IPv6"),
        ('webhook_token = "t"', "webhook_token is for a webhook, and none is named"),
        ('webhook = "http://alarms.example"\nwebhook_token = "t"', "name it https://"),
        ('mqtt = "broker:1883"', "mqtt: 'broker:1883' is no broker such as mqtts://"),
        ('mqtt = "mqtt://broker:99999"', "is no broker"),
        ('mqtt_user = "me"', "mqtt_user is for MQTT, and no broker is named"),
        ('mqtt = "mqtt://b"\nmqtt_password = "p"', "mqtt_password needs an mqtt_user"),
        ('mqtt_topic = "a/#"', "mqtt_topic must look like 'tallyman'"),
        ('kinds = "alrm"', "kinds: there is no kind of record 'alrm': did you mean 'alarm'?"),
        ('kinds = " , "', "kinds: it names no kind of record"),
        ('webhok = "https://x"', "unknown key 'webhok' in [notify]: did you mean 'webhook'?"),
    ],
)
def test_what_notify_cannot_mean_is_named_with_its_line(line, said):
    text = f"[notify]\n{line}\n".encode()
    with pytest.raises(ConfigError) as caught:
        parse(text, PATH, FakeCatalog())
    (problem,) = caught.value.problems
    assert said in problem.text
    assert problem.line == len(text.splitlines())


def test_how_long_it_stays_who_drove_and_where():
    config = check(WHOLE + "[privacy]\nposition_days = 30\n")
    (rule,) = config.privacy.rules
    assert (rule.what, rule.days) == ("position", 30)
    assert rule.kinds == {"position", "place", "mobile-network"}
    both = check(WHOLE + "[privacy]\nposition_days = 30\ndriver_days = 90\n")
    assert [each.what for each in both.privacy.rules] == ["position", "driver"]
    assert check(WHOLE + "[privacy]\nposition_days = 0\n").privacy.rules == ()
    assert check("").privacy.rules == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("position_days = -1", "position_days"),
        ("position_days = 3651", "position_days"),
        ('position_days = "a month"', "position_days"),
        ("position_days = 1.5", "position_days"),
        ("position_day = 30", "position_day"),
        ("positions = 30", "positions"),
    ],
)
def test_nonsense_in_privacy_is_refused_with_its_line(text, said):
    told = problems(f"{WHOLE}[privacy]\n{text}\n")
    line = len(WHOLE.splitlines()) + 2
    assert any(each.startswith(f"{PATH}:{line}: ") and said in each for each in told), told


def test_nothing_could_ever_be_erased_without_a_node():
    told = problems('[gateway]\nname = "t"\n[privacy]\nposition_days = 30\n')
    assert any(each.startswith(f"{PATH}:3: [privacy] needs [[ledger.node]]") for each in told), told
