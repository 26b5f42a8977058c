"""Configurations as people write them, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.config_file import ConfigError
from agent.config.settings import parse
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
