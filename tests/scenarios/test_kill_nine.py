"""SIGKILL at random points: what `journal --follow` showed is there, once, and is confirmed once."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.site.consortium import Consortium
from hil.site.gateway import Gateway
from hil.site.processes import Processes

KILLS = 10
SEED = 20261122

RIG = """\
name = "kill"
[[device]]
name = "position"
kind = "gnss.nmea"
route = "{route}"
[[device]]
name = "bus"
kind = "i2c.bus"
path = "/dev/i2c-9"
[[device.chips]]
name = "cargo"
kind = "sht3x"
address = 0x44
driver = {{ interval = 0.5 }}
[[device]]
name = "load"
kind = "rfid.m100"
driver = {{ report_interval = 0.2 }}
tags = [
  {{ epc = "3074257BF7194E4000001A85", rssi = -48.0 }},
  {{ epc = "3074257BF7194E4000001A86", rssi = -52.5 }},
]
"""


@pytest.fixture
def world(tmp_path: Path, shim: Path) -> Iterator[tuple[Processes, Consortium, Gateway, dict]]:
    from hil.rig.rig import load_rig

    route = Path(__file__).parents[2] / "hil" / "rigs" / "torino-novara.csv"
    rig_file, rig_folder = tmp_path / "kill.toml", tmp_path / "rig"
    rig_file.write_text(RIG.format(route=route))
    logs = tmp_path / "log"
    logs.mkdir()
    with Processes(logs) as processes:
        rig = load_rig(rig_file)
        up = [sys.executable, "-m", "hil", "up", str(rig_file), "--dir", str(rig_folder)]
        processes.start("rig", up)
        processes.await_path(rig_folder / "env")
        consortium = Consortium(tmp_path / "ledger", processes, ("one",), quorum=1)
        consortium.found()
        consortium.start()
        gateway = Gateway(tmp_path / "gw", processes, seal_records=8, seal_seconds=1)
        gateway.enrol(consortium, rig.devices(rig_folder))
        yield processes, consortium, gateway, rig.environment(rig_folder)


def follow_and_kill(processes: Processes, gateway: Gateway, env: dict, seconds: float) -> list:
    """Run the agent for `seconds`, then kill it; return the records that were acknowledged."""
    gateway.control.unlink(missing_ok=True)
    gateway.start(env)
    processes.await_path(gateway.control)
    shown = gateway.folder / "follow.jsonl"
    with shown.open("wb") as out:
        argv = gateway.argv("journal", "--follow", "--json")
        follower = subprocess.Popen(argv, stdout=out, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        processes.kill(gateway.name)
        follower.wait(20)
    lines = shown.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def confirmed_upto(gateway: Gateway) -> int:
    return gateway.status()["journal"]["confirmed_upto"]


def test_no_acknowledged_record_is_lost(world):
    processes, consortium, gateway, env = world
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    acknowledged: dict[int, dict] = {}
    for _ in range(KILLS):
        for record in follow_and_kill(processes, gateway, env, rng.uniform(0.2, 2.5)):
            assert acknowledged.setdefault(record["n"], record) == record
    assert len(acknowledged) > KILLS, "the kills left nothing to check"

    gateway.control.unlink(missing_ok=True)
    gateway.start(env)
    processes.await_path(gateway.control)
    await_confirmed(gateway, max(acknowledged) + 1)
    assert processes.stop(gateway.name) == 0

    journal = [json.loads(line) for line in gateway.tallyman("journal", "--json").splitlines()]
    assert [record["n"] for record in journal] == list(range(len(journal)))
    for number, record in acknowledged.items():
        assert journal[number] == record
    check_log(consortium, gateway)


def await_confirmed(gateway: Gateway, records: int) -> None:
    deadline = time.monotonic() + 90
    while confirmed_upto(gateway) < records:
        assert time.monotonic() < deadline, gateway.status()
        time.sleep(0.2)


def check_log(consortium: Consortium, gateway: Gateway) -> None:
    """Every batch stands in the log exactly once, at the place that its receipt proves."""
    assert consortium.processes.stop(consortium.sequencer) == 0
    database = sqlite3.connect(gateway.folder / "state" / "journal.sqlite")
    batches = database.execute("SELECT statement, state, entry_index FROM batch").fetchall()
    database.close()
    entries = log_entries(consortium)
    for statement, state, index in batches:
        if state == "confirmed":
            assert entries.count(statement) == 1
            assert entries[index] == statement
        else:
            assert entries.count(statement) <= 1
    sealed = {statement for statement, _, _ in batches}
    assert set(entries[1:]) <= sealed, "the log holds what the gateway never sealed"


def log_entries(consortium: Consortium) -> list[bytes]:
    database = sqlite3.connect(consortium.path(consortium.sequencer, "ledger.db"))
    rows = database.execute("SELECT statement FROM entries ORDER BY idx").fetchall()
    database.close()
    return [row[0] for row in rows]
