"""MQTT to a broker: what is asked of paho-mqtt, and what counts as told; paho is made up here.

test_each_counts_one.py has the real one, with a real broker.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
from functools import partial
from types import ModuleType, SimpleNamespace

import pytest

from agent.config.notify import Broker, NotifySettings
from agent.notify import mqtt as mqtt_module
from agent.notify.channel import Undelivered
from agent.notify.channels import channels
from agent.notify.event import Event, Sender
from agent.notify.mqtt import Mqtt
from agent.notify.topics import Topics
from evidence.leaf import Record

US = Sender("urn:uuid:9f86d081-884c-4d65-9a2f-eaa0c55ad015", "truck-7")
CONTEXT = ssl.create_default_context()
PLAIN, SECURE = Broker("broker.example", 1883, secure=False), Broker("b", 8883, secure=True)


class Reason(SimpleNamespace):
    """An MQTT reason code."""

    def __str__(self) -> str:
        return self.text


WELL = Reason(is_failure=False, value=0, text="Success")


class Publication:
    """What paho gives for a message; `published` is whether the broker acknowledged it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def wait_for_publish(self, within: float) -> None:
        self._client.calls.append(("wait", within))
        if self._client.breaks:
            raise self._client.breaks.pop(0)

    def is_published(self) -> bool:
        return self._client.acknowledges


class Client:
    """Notes what is asked of it, in order."""

    answer: Reason | None = WELL
    unreachable: Exception | None = None
    made: list[Client]

    def __init__(self, version, client_id, protocol) -> None:
        self.calls: list[tuple] = [("client", version, client_id, protocol)]
        self.acknowledges, self.breaks = True, []
        Client.made.append(self)

    def connect(self, host, port, keep_alive) -> None:
        self.calls.append(("connect", host, port, keep_alive, self.connect_timeout))
        if Client.unreachable is not None:
            raise Client.unreachable

    def loop_start(self) -> None:
        self.calls.append(("loop_start",))
        if Client.answer is not None:
            self.on_connect(self, None, None, Client.answer, None)

    def publish(self, topic, payload, *, qos, retain):
        self.calls.append(("publish", topic, payload, qos, retain))
        return Publication(self)

    def __getattr__(self, name):
        if name == "connect_timeout":
            raise AttributeError(name)
        return lambda *args, **named: self.calls.append((name, *args, *named.items()))

    def published(self) -> list[tuple]:
        return [each[1:] for each in self.calls if each[0] == "publish"]


@pytest.fixture(autouse=True)
def paho(monkeypatch):
    """A package in place of paho-mqtt, whose clients the broker lets in."""
    module = ModuleType("paho.mqtt.client")
    module.Client, module.MQTTv311 = Client, "v3.1.1"
    module.CallbackAPIVersion = SimpleNamespace(VERSION2="callbacks 2")
    for name, each in (
        ("paho", ModuleType("paho")), ("paho.mqtt", ModuleType("paho.mqtt")),
        ("paho.mqtt.client", module),
    ):  # fmt: skip
        monkeypatch.setitem(sys.modules, name, each)
    sys.modules["paho.mqtt"].client = module
    monkeypatch.setattr(Client, "made", [], raising=False)
    monkeypatch.setattr(Client, "answer", WELL)
    monkeypatch.setattr(Client, "unreachable", None)
    monkeypatch.setattr(mqtt_module, "WITHIN", 0.05)


class Rig:
    """A channel whose time is told."""

    def __init__(self, broker=PLAIN, login=None, every=None, discovery="ha") -> None:
        self.now = 1000.0
        self.mqtt = Mqtt(
            broker, lambda: login, CONTEXT, partial(Topics, "t", discovery), every=every,
            monotonic=lambda: self.now,
        )  # fmt: skip

    def open(self, sender=US) -> Client:
        assert self.mqtt.open(sender) is True
        return Client.made[-1]


def event(number=12, **fields) -> Event:
    return Event(f"id{number}", US, "alarm", "cargo", "2026-11-22T06:30:00.000Z", "text", 250,
                 number, fields)  # fmt: skip


def reading(device="cold-1", kind="temperature", **values) -> Record:
    return Record(1, device, kind, 1, 1, 1_790_000_000_000, "ntp", 5, "ok", values)


STATUS = "t/truck-7/status"


def test_a_broker_is_told_who_we_are_and_what_to_say_once_we_are_gone():
    rig = Rig()
    client = rig.open()
    assert client.calls == [
        ("client", "callbacks 2", "tallyman-9f86d081884c4d", "v3.1.1"),
        ("max_queued_messages_set", 200),
        ("reconnect_delay_set", 1, 120),
        ("will_set", STATUS, b"offline", ("qos", 1), ("retain", True)),
        ("connect", "broker.example", 1883, 60, 0.05),
        ("loop_start",),
        ("publish", STATUS, b"online", 1, True),
    ]
    assert rig.mqtt.trouble() is None
    assert rig.mqtt.open(US) is True
    assert Client.made == [client]  # it is open


def test_a_secure_broker_that_knows_its_users():
    rig = Rig(SECURE, ("me", "hush"))
    calls = rig.open().calls
    assert ("username_pw_set", "me", "hush") in calls
    assert ("tls_set_context", CONTEXT) in calls
    assert not any(each[0] in ("username_pw_set", "tls_set_context") for each in Rig().open().calls)


def test_a_test_of_the_way_is_no_gateway():
    client = Rig().open(Sender("", "truck-7"))
    assert client.calls[0][2] == ""
    assert not any(each[0] in ("will_set", "publish") for each in client.calls)


def test_an_event_is_told_once_the_broker_acknowledged_it():
    rig = Rig()
    client = rig.open()
    told = event(rule="too warm", state="alarm")
    rig.mqtt.deliver(told)
    _, announced, state, (topic, payload, qos, retain) = client.published()
    assert (announced[0].startswith("ha/binary_sensor/"), announced[2:]) == (True, (1, True))
    assert (state[0], state[2:]) == ("t/truck-7/rule/cargo/too warm", (1, True))
    assert (topic, payload, qos, retain) == ("t/truck-7/event/alarm", told.to_json(), 1, False)
    assert client.calls[-1] == ("wait", 0.05)


def test_what_was_not_acknowledged_is_waited_for_and_not_sent_twice():
    rig = Rig(discovery="")
    client = rig.open()
    client.acknowledges = False
    for _ in range(2):
        with pytest.raises(Undelivered, match=r"broker\.example: not acknowledged within") as told:
            rig.mqtt.deliver(event())
        assert told.value.cause_id == "notify.failing"
    assert len(client.published()) == 2  # that we are online, and the event
    client.acknowledges = True
    rig.mqtt.deliver(event())
    assert len(client.published()) == 2
    rig.mqtt.deliver(event(13))
    rig.mqtt.deliver(event(13))
    assert len(client.published()) == 4


@pytest.mark.parametrize("broken", [RuntimeError("not connected"), ValueError("queue is full")])
def test_what_the_client_could_not_take_is_sent_again(broken):
    rig = Rig(discovery="")
    client = rig.open()
    client.breaks = [broken]
    with pytest.raises(Undelivered, match=str(broken)) as told:
        rig.mqtt.deliver(event())
    assert told.value.cause_id == "notify.unreached"
    rig.mqtt.deliver(event())
    assert len(client.published()) == 3


def test_an_event_opens_the_way_where_it_is_not():
    Rig().mqtt.deliver(event())
    (client,) = Client.made
    assert client.published()[-1][0] == "t/truck-7/event/alarm"


@pytest.mark.parametrize(
    ("error", "said", "cause"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no such name: Name or", "unreached"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused", "unreached"),
        (TimeoutError("timed out"), "timed out", "unreached"),
        (ValueError("Invalid host."), "Invalid host.", "unreached"),
    ],
)
def test_a_broker_that_cannot_be_reached(monkeypatch, error, said, cause):
    monkeypatch.setattr(Client, "unreachable", error)
    rig = Rig()
    with pytest.raises(Undelivered, match=r"broker\.example:1883: ") as told:
        rig.mqtt.open(US)
    assert said in str(told.value)
    assert told.value.cause_id == f"notify.{cause}"
    monkeypatch.setattr(Client, "unreachable", None)
    rig.open()
    assert len(Client.made) == 2


def test_a_certificate_that_nobody_vouches_for(monkeypatch):
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "self-signed certificate"
    monkeypatch.setattr(Client, "unreachable", error)
    with pytest.raises(Undelivered, match="b:8883: self-signed certificate") as told:
        Rig(SECURE).mqtt.open(US)
    assert told.value.cause_id == "notify.untrusted"


@pytest.mark.parametrize(
    ("code", "cause"),
    [(4, "refused"), (5, "refused"), (134, "refused"), (135, "refused"), (3, "failing"),
     (136, "failing")],
)  # fmt: skip
def test_a_broker_that_lets_nobody_in_says_why(monkeypatch, code, cause):
    """CONNACK: MQTT 3.1.1, §3.2.2.3; MQTT 5.0, §3.2.2.2."""
    monkeypatch.setattr(Client, "answer", Reason(is_failure=True, value=code, text="why"))
    rig = Rig()
    with pytest.raises(Undelivered, match=r"broker\.example: why") as told:
        rig.mqtt.open(US)
    assert told.value.cause_id == f"notify.{cause}"
    assert [each[0] for each in Client.made[0].calls[-2:]] == ["disconnect", "loop_stop"]
    assert rig.mqtt.trouble() is None


def test_a_broker_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(Client, "answer", None)
    with pytest.raises(Undelivered, match=r"no answer within 0\.05 s") as told:
        Rig().mqtt.open(US)
    assert told.value.cause_id == "notify.unreached"
    assert [each[0] for each in Client.made[0].calls[-2:]] == ["disconnect", "loop_stop"]


def test_a_connection_that_broke_off_is_looked_at_again_soon_and_mends_itself():
    rig = Rig(every=60.0)
    client = rig.open()
    client.on_disconnect(client, None, None, Reason(text="Keep alive timeout"), None)
    client.on_disconnect(client, None, None, Reason(text="another"), None)
    trouble = rig.mqtt.trouble()
    assert str(trouble) == "broker.example: the connection broke off: Keep alive timeout"
    with pytest.raises(Undelivered) as told:
        rig.mqtt.deliver(event())
    assert (told.value.again, told.value.cause_id) == (2.0, "notify.unreached")
    before = len(client.published())
    rig.mqtt.show(reading())
    assert len(client.published()) == before
    client.on_connect(client, None, None, WELL, None)
    assert rig.mqtt.trouble() is None
    assert client.published()[-1] == (STATUS, b"online", 1, True)
    rig.mqtt.deliver(event())


def readings_of(client: Client) -> list[str]:
    return [each[0] for each in client.published() if "/reading/" in each[0]]


def test_a_reading_is_shown_now_and_then_and_announced_first():
    rig = Rig(every=60.0)
    rig.mqtt.show(reading())  # nobody listens yet
    client = rig.open()
    rig.mqtt.show(reading(temperature=431))
    topics = [each[0] for each in client.published()[1:]]
    assert [each.rpartition("/")[2] for each in topics] == ["config"] * 3 + ["temperature"]
    assert json.loads(client.published()[-1][1])["temperature"] == 4.31
    assert client.published()[-1][2:] == (1, True)
    rig.now += 59.9
    rig.mqtt.show(reading())
    assert len(client.published()) == 5
    rig.mqtt.show(reading("warm-1"))  # another device
    assert len(client.published()) == 9
    rig.now += 0.1
    rig.mqtt.show(reading())
    assert len(client.published()) == 10
    assert readings_of(client)[-1] == "t/truck-7/reading/cold-1/temperature"


def test_a_broker_that_may_have_forgotten_is_told_all_again():
    rig = Rig(every=60.0)
    client = rig.open()
    rig.mqtt.show(reading())
    client.on_connect(client, None, None, WELL, None)
    before = len(client.published())
    rig.mqtt.show(reading())
    assert len(client.published()) - before == 4


def test_readings_are_asked_for_only_where_they_are_shown():
    assert Rig().mqtt.kinds == ()
    assert Rig(every=60.0).mqtt.kinds == ("temperature", "battery", "input")
    settings = NotifySettings(mqtt=PLAIN, home_assistant="ha")
    (found,) = channels(settings)
    assert found.kinds == ("temperature", "battery", "input")
    (found,) = channels(NotifySettings(mqtt=PLAIN))
    assert found.kinds == ()


@pytest.mark.parametrize("password", [None, "hush"])
def test_the_login_is_that_of_the_settings(tmp_path, password):
    file = tmp_path / "password"
    file.write_text("hush\n")
    settings = NotifySettings(
        mqtt=PLAIN, mqtt_user="me", mqtt_password=None if password is None else file
    )
    (found,) = channels(settings)
    found.open(US)
    assert ("username_pw_set", "me", password) in Client.made[0].calls
    (found,) = channels(NotifySettings(mqtt=PLAIN, mqtt_topic="fleet"))
    found.open(US)
    assert "username_pw_set" not in [each[0] for each in Client.made[1].calls]
    assert Client.made[1].published()[0][0] == "fleet/truck-7/status"
