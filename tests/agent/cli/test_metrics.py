"""`tallyman metrics`: the agent's numbers, or its files' where none runs, and the machine's."""

from __future__ import annotations

import pytest

from agent.cli import metrics
from agent.desks.control_client import Lost, NotRunning
from agent.desks.metric_rows import up
from agent.journal.ring_block import MIN_BYTES
from agent.journal.ring_journal import RingJournal
from foundation.metrics import to_plain
from tests.agent.cli.asked import Agent
from tests.agent.log_world import EPOCH, record


@pytest.fixture
def agent(tmp_path, monkeypatch):
    return Agent(tmp_path, monkeypatch, metrics)


def samples(text):
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in text.splitlines() if not line.startswith("#")}  # fmt: skip


def test_the_agents_numbers_and_the_machines(agent, capsys):
    agent.answers["metrics"] = [to_plain([up(1)])]
    assert agent.run("metrics") == 0
    assert agent.asked == [{"verb": "metrics"}]
    found = samples(capsys.readouterr().out)
    assert found["tallyman_up"] == 1
    assert found["tallyman_machine_memory_bytes"] > 0
    assert "tallyman_disk_bytes" not in found, "of the disk the agent tells"


@pytest.mark.parametrize("error", [NotRunning("nobody"), Lost("hung")])
def test_without_an_agent_its_files_are_counted(agent, capsys, tmp_path, error):
    agent.answers["metrics"] = error
    assert agent.run("metrics") == 0
    bare = samples(capsys.readouterr().out)
    assert bare["tallyman_up"] == 0
    assert not [name for name in bare if name.startswith(("tallyman_journal", "tallyman_disk"))]
    (tmp_path / "state").mkdir()
    journal = RingJournal(tmp_path / "state/journal.sqlite", EPOCH, MIN_BYTES)
    journal.commit([record(0), record(1)])
    journal.close()
    assert agent.run("metrics") == 0
    found = samples(capsys.readouterr().out)
    assert found["tallyman_journal_records"] == 2
    assert found["tallyman_disk_bytes"] >= found["tallyman_disk_free_bytes"] > 0


def test_without_an_agent_and_without_a_journal_nothing_is_counted(tmp_path):
    assert list(metrics.from_files(tmp_path)) == []
    (tmp_path / "journal.sqlite").write_bytes(b"no database" * 1000)
    assert list(metrics.from_files(tmp_path)) == []
