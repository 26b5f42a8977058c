"""`tallyman journal`: records by a running agent, or from the file while none runs."""

from __future__ import annotations

import json
from contextlib import redirect_stdout

import pytest

from agent.cli import journal
from agent.desks.control_client import NotRunning
from agent.journal.ring_journal import RingJournal
from tests.agent.cli.asked import Agent
from tests.agent.log_world import record
from tests.foundation.test_printing import Heard

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z


def made(number, **more):
    values = {"wall_ms": AT, "device": "cold", "values": {"temperature": 431}, **more}
    return record(number, **values)


@pytest.fixture
def agent(tmp_path, monkeypatch):
    found = Agent(tmp_path, monkeypatch, journal)
    found.answers |= {"records": [], "erasures": [], "follow": []}
    return found


def test_each_record_is_a_line_and_what_nobody_vouches_for_says_so(agent, capsys):
    records = [made(7), made(8, clock_bound_ms=None)]
    agent.answers["records"] = [each.to_bytes().hex() for each in records]
    assert agent.run("journal", "--utc") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("7  2026-09-21 14:13:20.000 UTC  cold: ")
    assert second.startswith("8  2026-09-21 14:13:20.000 UTC (unsynced)  cold: ")
    assert agent.asked == [{"verb": "records"}, {"verb": "erasures"}]
    assert agent.run("journal", "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["n"] for each in told] == [7, 8]


def test_what_is_asked_for_is_asked_of_both(agent):
    assert agent.run("journal", "--since", "0", "--last", "5") == 0
    assert agent.asked == [
        {"verb": "records", "since": 0, "last": 5}, {"verb": "erasures", "since": 0, "last": 5},
    ]  # fmt: skip


def test_who_follows_is_told_until_interrupted(agent, monkeypatch, capsys):
    def ask(control, request, **how):
        agent.asked.append((request, how))
        yield made(9).to_bytes().hex()
        raise KeyboardInterrupt

    monkeypatch.setattr(journal, "ask", ask)
    assert agent.run("journal", "--follow", "--since", "9") == 0
    assert agent.run("journal", "--follow") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert agent.asked == [
        ({"verb": "follow", "since": 9}, {"endless": True}),
        ({"verb": "follow"}, {"endless": True}),
    ]
    assert agent.run("journal", "--follow", "--last", "5") == 2
    assert "--last has no meaning with it" in capsys.readouterr().err


def test_who_follows_in_a_pipe_has_each_record_at_once(agent, monkeypatch):
    def ask(control, request, **how):
        yield from (made(number).to_bytes().hex() for number in (9, 10))
        raise KeyboardInterrupt

    monkeypatch.setattr(journal, "ask", ask)
    with redirect_stdout(Heard()) as out:
        assert agent.run("journal", "--follow") == 0
    assert [text.count("\n") for text in out.flushed[:2]] == [1, 2]


@pytest.fixture
def stored(agent, tmp_path):
    """The journal of an agent that does not run: 300 records."""
    agent.answers |= {"records": NotRunning("no"), "erasures": NotRunning("no")}
    (tmp_path / "state").mkdir()
    ring = RingJournal(tmp_path / "state" / journal.FILE_NAME, b"e" * 16, 1 << 20)
    ring.commit([made(number) for number in range(300)])
    ring.close()
    return agent


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ([], range(300)),
        (["--since", "298"], [298, 299]),
        (["--since", "300"], []),
        (["--last", "3"], [297, 298, 299]),
        (["--last", "0"], []),
        (["--since", "299", "--last", "3"], [299]),
        (["--last", "999"], range(300)),
    ],
)
def test_without_an_agent_the_file_is_read(stored, capsys, words, numbers):
    assert stored.run("journal", "--json", *words) == 0
    told = [json.loads(line)["n"] for line in capsys.readouterr().out.splitlines()]
    assert told == list(numbers)


def test_without_a_file_it_says_what_to_do(agent, capsys):
    agent.answers["records"] = NotRunning("no")
    assert agent.run("journal") == 2
    assert "start the agent, or name its configuration with --config" in capsys.readouterr().err


def test_a_kind_is_listed_with_how_its_fields_are_stored(agent, capsys):
    assert agent.run("journal", "--kinds") == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("temperature")
    assert lines[at + 1].startswith("  temperature    10^-2 °C   ")
    assert "alarm  (sealed at once)" in lines
    assert max(map(len, lines)) <= 79
    assert agent.run("journal", "--kinds", "--json") == 0
    assert "temperature" in capsys.readouterr().out
    assert agent.asked == []


def test_a_file_that_one_may_not_read_is_named(agent, monkeypatch, capsys, tmp_path):
    def refused(path):
        raise PermissionError(13, "Permission denied")

    agent.answers["records"] = NotRunning("no")
    monkeypatch.setattr(journal, "open_reader", refused)
    assert agent.run("journal") != 0
    assert "not allowed to read " in capsys.readouterr().err


def test_an_interrupt_ends_a_list_as_it_ends_any_command(agent, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(journal, "stored", interrupted)
    assert agent.run("journal") == 130
