"""The control socket of a real agent, to which a program of the same group sends rubbish."""

from __future__ import annotations

import json
import random
import socket
from contextlib import closing

import pytest

from agent.cli.main import main
from agent.desks.control import MOST_CONNECTIONS
from agent.desks.control_client import Refused, ask_one
from tests.agent.assembly.test_agent_process import Gateway, stop

REQUESTS = 1500
FIELDS = (
    "digest", "part", "offset", "last", "check", "operator", "label", "text", "code", "quantity",
    "rejected", "decision", "pin", "driver", "receiver", "driver_pin", "receiver_pin", "name",
    "role", "device", "epc", "content", "tag", "password", "lock", "since", "read_point", "reads",
    "returns", "vehicle", "destination", "seals", "devices", "type", "content_type", "kept",
    "about", "location", "valid_from_ms", "bytes", "gateway", "epoch", "records", "recipient",
    "number", "entry", "photo", "passed", "new_pin", "notice", "first", "shown", "hidden", "choice", "target", "cause", "reason", "until_ms", "patience_ms",
)  # fmt: skip
VALUES = (
    None, True, False, 0, -1, 1, 2**63, 10**40, 0.5, 1e308, "", "é", "\x00", "\x1b[2J", "\udc80",
    "a" * 300, "00" * 32, "g" * 64, "AAAA", "=", "cold-1", "keeper", "../../x", [], ["x"], [None],
    {}, {"a": 1}, [[[[]]]],
)  # fmt: skip
RUBBISH = (
    b"\n",
    b"{}\n",
    b"[]\n",
    b"\xff\n",
    b"nonsense\n",
    b'{"verb":3}\n',
    b"[" * 60_000 + b"\n",
)


def verbs(gateway) -> list[str]:
    """Every verb that the agent has, by its own word."""
    with pytest.raises(Refused, match="choose from ") as refused:
        ask_one(gateway.control, {"verb": "nothing"})
    return [*str(refused.value).partition("choose from ")[2].split(", "), "nothing"]


def request(generator: random.Random, verbs: list[str]) -> bytes:
    if generator.random() < 0.05:
        return generator.choice(RUBBISH)
    fields = generator.sample(FIELDS, generator.randrange(9))
    made = {name: generator.choice(VALUES) for name in fields}
    return json.dumps({"verb": generator.choice(verbs), **made}).encode() + b"\n"


@pytest.fixture
def gateway(tmp_path):
    gateway = Gateway(tmp_path)
    yield gateway
    gateway.kill_all()


def connected(gateway):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(30)
    connection.connect(str(gateway.control))
    return connection


def is_served(gateway, capsys):
    """`tallyman status` has its answer from the agent; it would say so after a while without."""
    assert main(["status", "--config", str(gateway.file)]) == 0
    assert "cold-1" in capsys.readouterr().out


def test_rubbish_and_silent_connections_keep_nobody_out(gateway, capsys):
    agent = gateway.started()
    generator, known = random.Random(12), verbs(gateway)
    assert len(known) > 25
    silent = [connected(gateway) for _ in range(MOST_CONNECTIONS)]
    for each in silent[::2]:
        each.sendall(b'{"verb":"sta')
    is_served(gateway, capsys)
    for number in range(REQUESTS):
        with closing(connected(gateway)) as connection:
            connection.sendall(request(generator, known))
            assert connection.recv(1) == b"{"  # whatever it was, there is an answer
        if number % 300 == 0:
            is_served(gateway, capsys)
    stop(agent)  # with connections open
    for each in silent:
        each.close()
    said = agent.stderr.read()
    assert "Traceback" not in said
    assert "does not end" not in said
