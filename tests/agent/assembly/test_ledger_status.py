"""Whose nodes prove the records now, and how many of them show one log."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.assembly.ledger_status import trust_status
from agent.upstream.mode import Mode
from agent.upstream.states import LinkState


def parts(name, *, serving=True, size=9, frozen=None, unjoined=0, views=((True, 5.0),)):
    state = LinkState.OK if serving else LinkState.UNREACHABLE
    node = SimpleNamespace(name=name)
    return SimpleNamespace(
        serving=serving,
        client=SimpleNamespace(size=size, frozen=frozen, unjoined=unjoined),
        forwarder=SimpleNamespace(views=[SimpleNamespace(node=node, state=state)]),
        comparer=SimpleNamespace(
            views=[
                SimpleNamespace(node=SimpleNamespace(name=f"{name}-{place}"), shown=shown, at=at)
                for place, (shown, at) in enumerate(views)
            ]
        ),
    )


def status(threshold, **logs):
    rule = SimpleNamespace(threshold=threshold, several=len(logs) > 1)
    return trust_status({"ours"}, rule, logs)


@pytest.mark.parametrize(
    ("threshold", "serving", "mode"),
    [
        (1, (True, False), Mode.OWN_NODE),
        (2, (True, True), Mode.OWN_NODE),
        (2, (True, False), Mode.PROOF_ONLY),
        (1, (False, True), Mode.PARTNER_NODE),
        (1, (False, False), Mode.PROOF_ONLY),
    ],
)
def test_so_many_logs_must_serve_as_the_policy_asks_for(threshold, serving, mode):
    first, second = serving
    found = status(
        threshold, east=parts("ours", serving=first), north=parts("theirs", serving=second)
    )
    assert (found.mode, found.wanted) == (mode, threshold)
    assert [(log.origin, log.serving) for log in found.logs] == [("east", first), ("north", second)]


def test_of_all_nodes_it_says_how_many_show_the_log_and_which_were_away():
    views = ((True, 5.0), (False, 6.0), (False, None))
    found = status(
        2,
        east=parts("e", size=7, unjoined=1, views=views),
        north=parts("n", size=12, frozen="two faces", unjoined=2),
    )
    assert (found.size, found.views, found.agreeing, found.unjoined) == (12, 4, 2, 3)
    assert found.away == ["e-1"], "one that was not looked at yet is not away"
    assert found.frozen == "two faces"
    assert [log.frozen for log in found.logs] == ["", "two faces"]


def test_of_one_log_alone_there_is_no_list():
    found = status(1, only=parts("ours"))
    assert (found.logs, found.frozen, found.away) == ((), "", [])
