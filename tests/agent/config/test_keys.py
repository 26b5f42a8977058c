"""Each key: what holds unless it is said, how far it may go, and what two of them make together."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.config_file import ConfigError
from agent.config.dock import load_articles, load_language
from agent.config.labels import load_labels
from agent.config.ledger import LedgerNode
from agent.config.schema import device_schema, schema
from agent.config.settings import parse
from agent.config.signing import load_keeper
from agent.observe.coarse import City
from evidence.algorithms import ALGORITHMS
from tests.agent.fakes import FakeCatalog

PATH = Path("/etc/tallyman/tallyman.toml")
KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4
DAY_S, WEEK_S = 86_400, 604_800

NUMBERS = {  # unless said, least, most, unit
    "journal window": (1, 0.1, 60, "s"),
    "journal ring_bytes": (16 * MIB, 4 * MIB, GIB, "bytes"),
    "storage archive_bytes": (2 * GIB, 16 * MIB, 16 * TIB, "bytes"),
    "storage alarm_bytes": (256 * MIB, MIB, TIB, "bytes"),
    "storage alarm_reserve_bytes": (MIB, 64 * KIB, 512 * MIB, "bytes"),
    "storage slow_commit": (2, 0.1, 60, "s"),
    "storage card_endurance_tb": (30, 0, 100_000, "TB"),
    "batch records": (256, 1, 65_536, "records"),
    "batch seconds": (60, 1, DAY_S, "s"),
    "health interval": (60, 1, DAY_S, "s"),
    "dock late_minutes": (30, 0, 24 * 60, "min"),
    "labels extension": (0, 0, 9, ""),
    "labels first": (1, 0, 10**12, ""),
    "metrics watts": (0, 0, 100, "W"),
    "notify readings_every": (60, 1, DAY_S, "s"),
    "views grid_km": (0, 0, 500, "km"),
    "privacy position_days": (0, 0, 10 * 365, "days"),
    "privacy driver_days": (0, 0, 10 * 365, "days"),
    "uplink budget_bytes_per_day": (0, 0, 10**12, "bytes"),
    "uplink.way budget_bytes_per_day": (0, 0, 10**12, "bytes"),
    "uplink.way price_per_mb": (0, 0, 10_000, ""),
    "ledger trusting_period_days": (14, 1, 365, "days"),
    "ledger compare_minutes": (60, 1, 24 * 60, "min"),
    "read_point round": (0, 0, 3600, "s"),
    "read_point missed_rounds": (0, 0, 1000, "rounds"),
    "read_point reads": (0, 0, 100, ""),
    "read_point rssi_floor": (-80, -120, 0, "dBm"),
    "read_point apart": (0, 0, WEEK_S, "s"),
    "city lat": (None, -90, 90, "°"),
    "city lon": (None, -180, 180, "°"),
    "city radius_km": (10, 1, 200, "km"),
    "calibration offset": (0, -50, 50, ""),
    "calibration gain": (1, 0.5, 2, ""),
    "article content": (0, 0, 999_999, "pieces"),
    "article weight": (0, 0, 100_000, "kg"),
}

CHOICES = {
    "signing algorithm": ("ES256", list(ALGORITHMS)),
    "silence limit_minutes": (5, [5, 15, 60]),  # EN 12830
    "dock belief": ("units", ["units", "nothing"]),
    "dock language": ("en", ["de", "en", "it", "pl", "zh"]),
    "labels dpi": (203, [203, 300, 600]),
    "uplink.way sends": ("backlog", ["alarms", "live", "backlog"]),
    "read_point kind": ("gate", ["gate", "shelf"]),
    "calibration field": ("temperature", ["temperature", "humidity", "pressure"]),
}

SWITCHES = {
    "health enabled": True,
    "uplink.way metered": False,
    "ledger.node own": False,
    "ledger.node witness": False,
    "read_point raw": False,
    "read_point single": False,
}


def keys():
    """Each key of the schema but those of devices, by its table and its name."""
    tables = dict(schema(FakeCatalog())["properties"])
    del tables["device"]
    while tables:
        name, table = tables.popitem()
        for key, declared in table.get("items", table)["properties"].items():
            if declared["type"] == "array":
                tables[f"{name}.{key}"] = declared
            else:
                yield f"{name} {key}", declared


def test_how_far_each_number_may_go_and_what_holds_unless_it_is_said():
    numbers = {name: key for name, key in keys() if key["type"] in ("integer", "number")}
    found = {
        name: (key.get("default"), key["minimum"], key["maximum"])
        for name, key in numbers.items()
        if "enum" not in key
    }
    assert found == {name: expected[:3] for name, expected in NUMBERS.items()}
    for name, (*_, unit) in NUMBERS.items():
        assert numbers[name]["description"].endswith(f"({unit})" if unit else ""), name


def test_what_each_key_may_be_of_a_few():
    found = {name: (key["default"], key["enum"]) for name, key in keys() if "enum" in key}
    assert found == CHOICES


def test_what_is_switched_on_unless_it_is_said():
    found = {name: key["default"] for name, key in keys() if key["type"] == "boolean"}
    assert found == SWITCHES


def test_a_device_of_an_uninstalled_kind_may_have_any_key():
    made = device_schema(FakeCatalog(), "fake.zigbee")
    assert made["additionalProperties"] is True
    assert made["$comment"].startswith("options unknown: ")
    assert made["properties"]["kind"] == {"const": "fake.zigbee"}
    assert made["properties"]["name"]["not"] == {"const": "gateway"}
    whole = schema(FakeCatalog())
    assert whole["additionalProperties"] is False
    assert whole["properties"]["gateway"]["additionalProperties"] is False
    assert device_schema(FakeCatalog(), "fake.thermometer")["additionalProperties"] is False


def check(text: str):
    return parse(text.encode(), PATH, FakeCatalog(), lambda: "the-host")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check(text)
    return caught.value.lines()


def refused(text: str) -> str:
    (problem,) = problems(text)
    return problem.removeprefix(f"{PATH}:")


# Two keys together


def test_the_room_for_alarms_is_half_of_the_ring_at_most():
    ring = 8 * MIB
    text = f"[journal]\nring_bytes = {ring}\n[storage]\nalarm_reserve_bytes = "
    assert check(f"{text}{ring // 2}").storage.alarm_reserve_bytes == ring // 2
    assert refused(f"{text}{ring // 2 + 1}") == (
        "4: alarm_reserve_bytes (4194305) is more than half of [journal] ring_bytes (8388608): "
        "nothing is left for telemetry"
    )


def test_the_archive_holds_what_waits_in_the_ring():
    ring = 32 * MIB
    text = f"[journal]\nring_bytes = {ring}\n[storage]\narchive_bytes = "
    assert check(f"{text}{ring}").storage.archive_bytes == ring
    assert refused(f"{text}{ring - 1}").startswith(
        "4: archive_bytes (33554431) is less than [journal] ring_bytes (33554432): "
    )


@pytest.mark.parametrize("more", [0, 1])
def test_a_socket_may_be_as_long_as_the_kernel_allows(more):
    """107 bytes and a zero: sun_path of unix(7)."""
    path = "/" + "x" * (106 + more)
    text = f'[gateway]\ncontrol = "{path}"\n'
    if more:
        assert refused(text).startswith("2: control is longer than 107 bytes, the most a socket")
    else:
        assert check(text).gateway.control == Path(path)


def test_the_longest_interval_is_that_of_the_journey():
    text = '[[device]]\nname = "a"\nkind = "fake.thermometer"\nport = "/dev/x"\ninterval = '
    assert check(text + "300").devices[0].interval == 300
    assert "is longer than [silence] limit_minutes allows (300 s)" in refused(text + "300.5")


def test_a_place_that_is_pasted_is_told_as_a_name_alone():
    device = '[[device]]\nname = "a"\nkind = "fake.thermometer"\nport = "/dev/x"\n'
    assert refused(device * 2) == "6: the name 'a' is used twice"
    other = device.replace('"a"', '"b"')
    assert refused(device + other) == "8: port /dev/x: that is where 'a' is"


# Nodes and the ways to them


NODE = f'[[ledger.node]]\nname = "NAME"\nendpoint = "tcp://a:1"\nserver_key = "{KEY}"\n'


def test_a_node_is_another_firms_and_no_witness_unless_said():
    text = '[ledger]\npolicy = "p"\n' + NODE
    assert check(text).ledger.nodes == (LedgerNode("NAME", "tcp://a:1", KEY, False, False, ""),)
    said = check(text + 'own = true\nwitness = true\nlog = "l"\n').ledger.nodes
    assert said == (LedgerNode("NAME", "tcp://a:1", KEY, True, True, "l"),)
    assert refused(text + NODE) == "8: the name 'NAME' is used twice"
    assert len(check(text + NODE.replace("NAME", "n2")).ledger.nodes) == 2


def test_ways_of_no_price_and_budget_cost_nothing():
    text = '[uplink]\n[[uplink.way]]\ninterface = "eth0"\n'
    (way,) = check(text).uplink.ways
    assert (way.metered, way.budget_bytes_per_day, way.price_per_mb) == (False, 0, 0.0)
    for costs in ("price_per_mb = 0.01", "budget_bytes_per_day = 1", "metered = true"):
        assert check(f"{text}{costs}\n").uplink.ways[0].metered
    assert check("").uplink.ways == ()


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("eth0, eth0", "the interface eth0 stands there twice"),
        ("eth0+wwan0, wwan0", "the interface wwan0 stands there twice"),
        ("eth0:free", "'eth0:free' is no interface such as eth0 or wwan0:metered"),
        ("an-interface-of-16", "'an-interface-of-16' is no interface such as eth0"),
    ],
)
def test_interfaces_that_cannot_be_meant(said, wrong):
    assert wrong in refused(f'[uplink]\ninterfaces = "{said}"\n')


def test_an_interface_has_15_letters_at_most():
    """IFNAMSIZ of linux/if.h is 16, with a zero at the end."""
    assert check(f'[uplink]\ninterfaces = "{"w" * 15}"\n').uplink.ways[0].interface == "w" * 15
    assert "is no interface" in refused(f'[uplink]\ninterfaces = "{"w" * 16}"\n')
    text = '[uplink]\n[[uplink.way]]\ninterface = "a"\nsame_sim = "b, c d"\n'
    assert "'c d' is no interface such as usb0" in refused(text)


# Cities, neighbours, numbers and keys


CITY = '[[city]]\nname = "Novara"\nlat = 45.446\nlon = 8.619\n'


def test_a_city_reaches_ten_kilometres_unless_said():
    views = check("[views]\ngrid_km = 25\n" + CITY).views
    assert (views.grid_km, views.cities) == (25, (City("Novara", 45.446, 8.619, 10.0),))
    assert refused(CITY) == "1: [[city]] needs [views] grid_km, for places in no city"
    assert refused("[views]\ngrid_km = 25\n" + CITY * 2) == "8: the name 'Novara' is used twice"
    assert check("[views]\ngrid_km = 25\n").views.cities == ()


def test_gateways_of_a_site_tell_each_other_with_a_key():
    for said in ('listen = "0.0.0.0:7421"', 'tell = "10.0.0.2:7421"'):
        assert refused(f"[neighbours]\n{said}\n").startswith("1: [neighbours] needs a key")
    assert check("[neighbours]\n").neighbours.tell == ()
    assert check('[neighbours]\nkey = "/k"\n').neighbours.key == Path("/k")


def test_the_gateways_numbers_are_written_beside_the_configuration():
    assert check("").metrics.folder is None
    found = check('[metrics]\nfolder = "prom"\nwatts = 4\n').metrics
    assert (found.folder, found.watts) == (PATH.parent / "prom", 4.0)


@pytest.mark.parametrize("algorithm", ["ESP384", "EdDSA", "Ed25519"])
def test_a_token_signs_with_the_curve_that_it_has(algorithm):
    token = 'token = "pkcs11:token=t?module-path=/m.so&pin-source=/pin"\n'
    assert "a token signs with" in refused(f'[signing]\nalgorithm = "{algorithm}"\n{token}')
    assert check(f'[signing]\nalgorithm = "{algorithm}"\n').signing.token is None
    es256 = check(f'[signing]\nalgorithm = "ES256"\n{token}').signing
    assert (es256.identifier, es256.token is None) == (-7, False)  # RFC 9053


# One section alone


@pytest.fixture
def file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "t.toml"
        path.write_text(text)
        return path

    return write


OTHERS = '[[device]]\nkind = "unheard.of"\n'


def test_labels_alone(file):
    labels = load_labels(file(f'[labels]\nprefix = "4012345"\nextension = 3\n{OTHERS}'))
    assert (labels.prefix, labels.extension, labels.first) == ("4012345", 3, 1)
    assert (labels.printer, labels.dpi) == ("", 203)
    for prefix in ("401", "4" * 13, "40123a"):  # GS1 General Specifications, 1.4.4
        with pytest.raises(ConfigError, match="2: prefix must look like '4012345'"):
            load_labels(file(f'[labels]\nprefix = "{prefix}"\n'))


def test_the_language_and_the_articles_of_the_dock_alone(file):
    path = file(f'[dock]\nlanguage = "it"\n{OTHERS}')
    assert load_language(path) == "it"
    assert load_articles(path) is None
    path = file(f'[[article]]\ngtin = "4012345111118"\nname = "Apples"\n{OTHERS}')
    articles = load_articles(path)
    assert articles is not None
    assert articles.names == {"04012345111118": "Apples"}
    wrong = file('[dock]\nlanguage = "xx"\n')
    for load in (load_language, load_articles):
        with pytest.raises(ConfigError, match="2: language must be one of de, en, it, pl, zh"):
            load(wrong)


def test_where_the_keys_are_alone(file):
    path = file(f'[gateway]\nname = "g"\n[signing]\nalgorithm = "ES384"\n{OTHERS}')
    gateway, signing = load_keeper(path)
    assert (gateway.name, signing.algorithm) == ("g", "ES384")
    with pytest.raises(ConfigError, match="2: algorithm must be one of"):
        load_keeper(file('[signing]\nalgorithm = "RS256"\n'))
    assert load_keeper(file(""), lambda: "the-host")[0].name == "the-host"


# Articles


def test_what_an_article_does_not_say_is_not_known(file):
    articles = load_articles(file('[[article]]\ngtin = "4012345111118"\nweight = 0\ncontent = 0\n'))
    assert (articles.contents, articles.weights, articles.names, articles.units) == ({}, {}, {}, {})


def test_a_weight_is_not_taken_for_thousands(file):
    for kilograms, grams in ((1.25, 1250), (12.5, 12_500), (1234.567, 1_234_567), (3, 3000)):
        text = f'[[article]]\ngtin = "4012345111118"\nweight = {kilograms}\n'
        assert load_articles(file(text)).weights == {"04012345111118": grams}


# Who is told


@pytest.mark.parametrize(
    "url",
    ["http://localhost", "http://localhost:8080/x", "http://127.0.0.1/x", "http://[::1]:80",
     "https://alarms.example"],
)  # fmt: skip
def test_a_token_goes_where_nobody_reads_along(url):
    text = f'[notify]\nwebhook = "{url}"\nwebhook_token = "t"\n'
    assert check(text).notify.webhook_token == PATH.parent / "t"


@pytest.mark.parametrize("url", ["http://localhost.example", "http://127.example", "http://[::2]/"])
def test_a_token_does_not_go_where_a_name_only_begins_like_here(url):
    text = f'[notify]\nwebhook = "{url}"\nwebhook_token = "t"\n'
    assert refused(text) == "3: a token is read by anybody on the way: name it https://"


def test_ports_of_a_broker_are_those_of_the_standard_unless_said():
    for said, port in (("mqtt://b", 1883), ("mqtts://b", 8883), ("mqtts://b:1", 1)):
        assert check(f'[notify]\nmqtt = "{said}"\n').notify.mqtt.port == port


def test_what_is_for_mqtt_needs_a_broker_each_for_itself():
    text = '[notify]\nmqtt_user = "me"\nmqtt_password = "p"\nhome_assistant = "ha"\n'
    assert [each.rpartition(":")[0].rpartition(":")[2] for each in problems(text)] == [
        " mqtt_user is for MQTT, and no broker is named",
        " mqtt_password is for MQTT, and no broker is named",
        " home_assistant is for MQTT, and no broker is named",
    ]


def test_each_way_out_is_a_channel_of_its_own():
    for text, channel in (
        ('webhook = "https://x"', "webhook"), ('mqtt = "mqtts://b"', "mqtt"),
        ('command = "/bin/x"', "command"),
    ):  # fmt: skip
        assert check(f"[notify]\n{text}\n").notify.channels == (channel,)
    default = check("").notify
    assert default.kinds == ("alarm", "excursion", "override")
    assert (default.mqtt_topic, default.home_assistant) == ("tallyman", "")
    assert default.socket == Path("/run/tallyman-notify/agent.sock")


def test_a_topic_has_100_letters_at_most():
    assert check(f'[notify]\nmqtt_topic = "{"t" * 100}"\n').notify.mqtt_topic == "t" * 100
    assert "mqtt_topic must look like" in refused(f'[notify]\nmqtt_topic = "{"t" * 101}"\n')
