"""Ways on which alarms leave, as they are configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.config_file import ConfigError
from agent.config.settings import parse
from tests.agent.config.written import PATH, check
from tests.agent.fakes import FakeCatalog


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
