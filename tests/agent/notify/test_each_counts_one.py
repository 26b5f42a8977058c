"""Whoever is told counts each event once, through restarts of everything there is."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys

import pytest

from hil.site.ports import HERE, free_port
from tests.agent.notify.conftest import ROOT, until

SUBSCRIBER = ROOT / "tests/agent/notify/subscriber.py"


class Broker:
    """Debian's mosquitto with a file of its own, so that it forgets nothing."""

    def __init__(self, folder, more="") -> None:
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        self._log = folder / "mosquitto.log"
        self._file.write_text(
            f"listener {self.port} {HERE}\nallow_anonymous {str(not more).lower()}\n{more}"
            "persistence true\n"
            f"persistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true\n"
            + ("user root\n" if os.geteuid() == 0 else "")
        )

    async def up(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                program, "-c", self._file, stdout=log, stderr=log
            )
        await until(self._listens, self._log.read_text)

    def _listens(self) -> bool:
        import socket

        with socket.socket() as probe:
            return probe.connect_ex((HERE, self.port)) == 0

    async def down(self) -> None:
        self._process.terminate()
        await self._process.wait()


class Subscriber:
    """Another process that listens with a session that is kept, and prints what comes."""

    def __init__(self, port, topic, file) -> None:
        self._argv = (sys.executable, SUBSCRIBER, str(port), topic)
        self._file = file

    async def __aenter__(self):
        with self._file.open("wb") as out:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv, stdout=out, env=os.environ | {"PYTHONPATH": ROOT / "build/notify/lib"}
            )
        await until(lambda: "subscribed" in self._file.read_text(), "a subscription")
        return self

    async def __aexit__(self, *_):
        self._process.terminate()
        await self._process.wait()

    def messages(self):
        lines = self._file.read_text().splitlines(keepends=True)
        whole = (line for line in lines if line.startswith("{") and line.endswith("\n"))
        return [json.loads(line) for line in whole]

    def counted(self):
        """The records of the events that came, each once by its id."""
        events = [each["payload"] for each in self.messages() if "/event/" in each["topic"]]
        return [one["record"] for one in {each["id"]: each for each in events}.values()]


@pytest.fixture(scope="module")
def paho():
    """The extra, set up where there is a network; and a broker."""
    done = subprocess.run(["make", "notify"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not os.environ.get("CI"), done.stderr
    if done.returncode or not (shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")):
        pytest.skip("this needs `make notify` and mosquitto")


async def test_webhook_and_broker_count_each_alarm_once_through_two_restarts_of_both(
    paho, gateway, receiver, notifier, tmp_path
):
    broker = Broker(tmp_path)
    await broker.up()
    process = notifier(f'webhook = "{receiver.url}"\nmqtt = "mqtt://{HERE}:{broker.port}"')
    made = []

    async def told_all():
        await until(lambda: receiver.counted() == made, lambda: (made, receiver.counted()))
        await until(lambda: subscriber.counted() == made, lambda: (made, subscriber.counted()))

    async with Subscriber(broker.port, "tallyman/truck-7/#", tmp_path / "heard") as subscriber:
        await process.up()
        await until(lambda: gateway.says()["mqtt"].state == "ok", process.said)
        await until((tmp_path / "state/webhook.cursor").exists, process.said)
        made.append(await gateway.alarm())
        await told_all()
        for kill in (True, False):
            await broker.down()
            receiver.down()
            made.append(await gateway.alarm())
            await until(lambda: gateway.says()["webhook"].state == "failing", process.said)
            await process.down(kill=kill)
            made.append(await gateway.alarm())
            await process.up()
            await broker.up()
            receiver.up()
            await told_all()
            made.append(await gateway.alarm())
            await told_all()
        assert all(each["id"] for each in receiver.taken)
        assert await process.down() == 0
        status = "tallyman/truck-7/status"
        await until(
            lambda: (
                [m["payload"] for m in subscriber.messages() if m["topic"] == status][-1]
                == "offline"
            )
        )
    await broker.down()


async def test_home_assistant_gets_readings_and_rules_and_unknown_is_null(
    paho, gateway, notifier, tmp_path
):
    broker = Broker(tmp_path)
    await broker.up()
    process = notifier(f'mqtt = "mqtt://{HERE}:{broker.port}"\nhome_assistant = "ha"')
    async with Subscriber(broker.port, "#", tmp_path / "heard") as subscriber:
        await process.up()
        await until(lambda: gateway.says()["mqtt"].state == "ok", process.said)

        def newest(topic):
            found = [m["payload"] for m in subscriber.messages() if m["topic"] == topic]
            return found[-1] if found else None

        reading = "tallyman/truck-7/reading/cold-1/temperature"
        await gateway.recorder.note("temperature", {"temperature": 431}, device="cold-1")
        await until(lambda: newest(reading) is not None, process.said)
        assert newest(reading)["temperature"] == 4.31
        assert newest(reading)["humidity"] is None
        node = "tallyman_9f86d081884c4d"
        shown = newest(f"ha/sensor/{node}/cold-1_temperature_temperature/config")
        assert shown["state_topic"] == reading
        assert (shown["device_class"], shown["unit_of_measurement"]) == ("temperature", "°C")
        await gateway.alarm()
        rule = "tallyman/truck-7/rule/cargo/too warm"
        await until(lambda: (newest(rule) or {}).get("state") == "alarm", process.said)
        assert newest(f"ha/binary_sensor/{node}/cargo_rule_too_warm/config")["state_topic"] == rule
    await process.down()
    await broker.down()


async def test_a_broker_that_lets_nobody_in_is_named_as_that_before_the_first_alarm(
    paho, gateway, notifier, certificate, tmp_path
):
    """Over TLS: what it says comes through."""
    (tmp_path / "users").write_text("")
    (tmp_path / "password").write_text("wrong\n")
    secured = f"certfile {certificate.file}\nkeyfile {certificate.key}\n"
    broker = Broker(tmp_path, f"password_file {tmp_path}/users\n{secured}")
    await broker.up()
    login = f'mqtt_user = "truck-7"\nmqtt_password = "password"\nauthorities = "{certificate.file}"'
    process = notifier(f'mqtt = "mqtts://{HERE}:{broker.port}"\n{login}')
    await process.up()
    await until(lambda: gateway.says()["mqtt"].state == "failing", process.said)
    assert gateway.says()["mqtt"].cause == "notify.refused"
    await process.down()
    await broker.down()
