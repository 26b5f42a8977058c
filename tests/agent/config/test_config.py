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
from agent.rules import shipped
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


ARTICLES = """[gateway]
name = "g"
state_dir = "s"
[dock]
articles = "articles.csv"
[[article]]
gtin = "04012345111118"
number = "4711"
unit = "Karton"
content = 12
weight = 1.250
[[article]]
gtin = "96385074"
weight = 2
"""


def test_articles_stand_in_the_configuration_too_and_add_to_the_table(tmp_path):
    path = tmp_path / "tallyman.toml"
    (tmp_path / "articles.csv").write_text("gtin;name\n04012345111118;Ham\n")
    table = parse(ARTICLES.encode(), path, FakeCatalog()).dock.table
    assert table.gtins == {"4711": "04012345111118"}
    assert table.names == {"04012345111118": "Ham"}
    assert table.contents == {"04012345111118": 12}
    assert table.weights == {"04012345111118": 1250, "00000096385074": 2000}
    assert table.units["04012345111118"].package == "carton"
    alone = ARTICLES.replace('articles = "articles.csv"\n', "")
    assert parse(alone.encode(), path, FakeCatalog()).dock.table.names == {}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("Karton", "furlong"), "6: [[article]]: unit 'furlong' is not known: write one of"),
        (("1.250", "-1"), "11: weight must be from 0 to 100000 kg, not -1"),
        (("1.250", '"1.25"'), "11: weight must be a number without quotes"),
        (("content = 12", "content = 1.5"), "10: content must be a whole number without quotes"),
        (
            ("content", "contnet"),
            "10: unknown key 'contnet' in [[article]]: did you mean 'content'",
        ),
        (("96385074", "96385075"), "12: [[article]]: GTIN 96385075 has a wrong check digit"),
        (("96385074", "4012345111118"), "12: [[article]]: another weight of (01)04012345111118"),
        (("96385074", "123"), "13: gtin must look like '04012345111118', not '123'"),
        (('gtin = "96385074"\n', ""), "12: [[article]] needs the key 'gtin': its GTIN"),
    ],
)
def test_an_article_that_makes_no_sense_is_named_with_its_line(tmp_path, changed, said):
    (tmp_path / "articles.csv").write_text("gtin;name\n")
    text = ARTICLES.replace(*changed)
    with pytest.raises(ConfigError) as caught:
        parse(text.encode(), tmp_path / "tallyman.toml", FakeCatalog())
    (problem,) = str(caught.value).splitlines()
    assert f"tallyman.toml:{said}" in problem


def on_gpio(*devices):
    return "".join(
        f'[[device]]\nname = "{name}"\nkind = "gpio.{kind}"\nline = {line}\n{more}'
        for name, kind, line, more in devices
    )


def test_two_devices_at_one_place_are_named():
    two = on_gpio(("door", "input", 17, ""), ("horn", "output", 17, ""))
    with pytest.raises(ConfigError) as caught:
        parse(two.encode(), PATH, catalog)
    said = "line 17, chip /dev/gpiochip0: that is where 'door' is"
    assert str(caught.value) == f"/etc/tallyman/tallyman.toml:5: {said}"
    apart = on_gpio(("door", "input", 17, ""), ("horn", "output", 18, ""),
                    ("far", "input", 17, 'chip = "/dev/gpiochip1"\n'))  # fmt: skip
    assert len(parse(apart.encode(), PATH, catalog).devices) == 3


@pytest.mark.parametrize(
    ("kind", "place", "other"),
    [
        ("sensors.sht3x", 'bus = "/dev/i2c-1"', 'bus = "/dev/i2c-1"\naddress = 0x45'),
        ("sensors.adxl375_spi", 'bus = "/dev/spidev0.0"', 'bus = "/dev/spidev0.1"'),
        ("battery.jbd", 'port = "/dev/ttyUSB0"', 'port = "/dev/ttyUSB1"'),
        ("rfid.llrp", 'address = "10.0.0.5"', 'address = "10.0.0.6"'),
    ],
)
def test_one_place_is_known_by_the_options_of_each_kind(kind, place, other):
    def config(*places):
        return "".join(
            f'[[device]]\nname = "d{number}"\nkind = "{kind}"\n{each}\n'
            for number, each in enumerate(places)
        ).encode()

    assert len(parse(config(place, other), PATH, catalog).devices) == 2
    with pytest.raises(ConfigError, match="that is where 'd0' is"):
        parse(config(place, other, place), PATH, catalog)


@pytest.mark.parametrize(
    ("kind", "place", "same"),
    [
        ("sensors.sht3x", 'bus = "/dev/i2c-1"', 'bus = "/dev//i2c-1"\naddress = 0x44'),
        ("sensors.ds18b20", 'port = "/sys/bus/w1/devices/28-1"', 'port = "/sys/bus/w1/devices/28-1/"'),
        ("zigbee.node", 'ieee = "00:12:4b:00:01:02:03:04"', 'ieee = "00124B0001020304"'),
    ],
)  # fmt: skip
def test_one_place_that_is_spelled_in_two_ways_is_one_and_told_once(kind, place, same):
    def at(name, where):
        radio = 'radio = "net"\n' if kind == "zigbee.node" else ""
        return f'[[device]]\nname = "{name}"\nkind = "{kind}"\n{radio}{where}\n'

    radio = '[[device]]\nname = "net"\nkind = "zigbee.radio"\nport = "/dev/ttyACM0"\n'
    three = "".join((radio, at("d0", place), at("d1", same), at("d2", place)))
    with pytest.raises(ConfigError) as caught:
        parse(three.encode(), PATH, catalog)
    assert [line.rpartition(": ")[2] for line in str(caught.value).splitlines()] == [
        "that is where 'd0' is", "that is where 'd0' is",
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["", 'address = "10.0.0.5:99999"\n'])
def test_two_devices_whose_places_are_wrong_are_not_at_one_place(address):
    two = "".join(
        f'[[device]]\nname = "{name}"\nkind = "rfid.llrp"\n{address}' for name in ("d0", "d1")
    )
    with pytest.raises(ConfigError, match="address") as caught:
        parse(two.encode(), PATH, catalog)
    assert "that is where" not in str(caught.value)


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


@pytest.mark.parametrize(
    "broker", ["mqtts://b", "mqtt://localhost", "mqtt://127.0.0.1:1884", "mqtt://[::1]"]
)
def test_a_password_goes_where_nobody_reads_along(broker):
    text = f'[notify]\nmqtt = "{broker}"\nmqtt_user = "me"\nmqtt_password = "p"\n'
    assert check(text).notify.mqtt_password == PATH.parent / "p"


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
        (
            'mqtt = "mqtt://b"\nmqtt_user = "me"\nmqtt_password = "p"',
            "a password is read by anybody on the way: name the broker mqtts://",
        ),
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
