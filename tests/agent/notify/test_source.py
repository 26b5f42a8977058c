"""What tallyman-notify hears of the agent: each word as what it means, and rubbish as a refusal."""

from __future__ import annotations

import pytest

from agent.desks.control_client import Refused
from agent.notify import source
from agent.notify.event import Sender
from agent.notify.source import Beginning, Lost, Passed, Source
from tests.evidence.building import record

ALARM = record(7, "alarm")


class Agent:
    """Answers what a test has it say, and keeps what it was asked."""

    def __init__(self, *words):
        self.words, self.asked = words, []

    def ask(self, path, request, *, endless=False):
        self.asked.append((path.name, request, endless))
        yield from self.words

    def ask_one(self, path, request):
        return next(self.ask(path, request))


@pytest.fixture
def says(monkeypatch, tmp_path):
    """Makes a source of an agent that says these words, and returns both."""

    def made(*words):
        agent = Agent(*words)
        monkeypatch.setattr(source, "ask", agent.ask)
        monkeypatch.setattr(source, "ask_one", agent.ask_one)
        return agent, Source(tmp_path / "notify.sock")

    return made


def test_a_beginning_says_whose_records_follow_and_where_they_are(says):
    agent, heard = says({"gateway": "9f86", "name": "truck-12", "first": 3, "next": 40})
    assert heard.begin() == Beginning(Sender("9f86", "truck-12"), 3, 40)
    assert agent.asked == [("notify.sock", {"verb": "begin"}, False)]


def test_records_what_passed_and_what_is_gone_follow_without_end(says):
    words = [{"passed": 1000}, {"lost": 3, "upto": 7}, {"record": ALARM.to_bytes().hex()}]
    agent, heard = says(*words)
    assert list(heard.follow(3, ("alarm",))) == [Passed(1000), Lost(3, 7), ALARM]
    request = {"verb": "follow", "since": 3, "kinds": ["alarm"]}
    assert agent.asked == [("notify.sock", request, True)]


@pytest.mark.parametrize("word", [{"record": "zz"}, {"record": "ff"}, {"text": "hello"}])
def test_what_is_no_record_is_refused(says, word):
    _, heard = says(word)
    with pytest.raises(Refused, match="the agent sent no record: "):
        list(heard.follow(0, ("alarm",)))


def test_the_agent_is_told_how_the_channels_do(says):
    agent, heard = says(1)
    heard.say(({"name": "webhook"},))
    assert agent.asked == [
        ("notify.sock", {"verb": "say", "channels": [{"name": "webhook"}]}, False)
    ]
