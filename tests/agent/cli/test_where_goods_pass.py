"""A check without --read-point: the one that there is, else the question names what to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import dock
from agent.cli.errors import Mistake
from agent.desks.control_client import NotRunning

CONTROL = Path("/run/tallyman/control")


def answering(monkeypatch, *points):
    def ask(control, request):
        assert (control, request) == (CONTROL, {"verb": "dock-points"})
        return [{"read_point": point} for point in points]

    monkeypatch.setattr(dock, "ask", ask)


def test_the_only_read_point_is_meant(monkeypatch):
    answering(monkeypatch, "gate 7")
    assert dock.only_point(CONTROL) == "gate 7"


@pytest.mark.parametrize(
    ("points", "names"),
    [
        (["gate 7", "shelf A"], "'gate 7' or 'shelf A'"),
        ([], "'door 2'"),
    ],
)
def test_of_several_or_none_it_is_asked_which(monkeypatch, points, names):
    answering(monkeypatch, *points)
    with pytest.raises(Mistake, match="where do the goods pass") as caught:
        dock.only_point(CONTROL)
    assert caught.value.advice == f"name it: --read-point {names}"


def test_without_an_agent_the_question_is_the_same(monkeypatch):
    def ask(control, request):
        raise NotRunning("no agent")

    monkeypatch.setattr(dock, "ask", ask)
    with pytest.raises(Mistake) as caught:
        dock.only_point(CONTROL)
    assert caught.value.advice == "name it: --read-point 'door 2'"
