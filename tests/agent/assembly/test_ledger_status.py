"""Whose nodes prove the records now, and how many of them show one log."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.assembly.ledger_status import days, key_status, node_statuses, trust_status, ways
from agent.chain.key_watch import OF_STATE, KeyState, KeyValidity
from agent.config.ways import Sends, Way
from agent.desks.status import BytesStatus, KeyStatus, NodeStatus, WayStatus
from agent.light_client.causes import FORK
from agent.upstream.causes import REFUSED
from agent.upstream.day_bytes import Carried, Line
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


def test_bytes_are_told_by_day_and_way():
    lines = [
        Line(20_000, "eth0", Carried.ALARMS, 5),
        Line(20_000, "eth0", Carried.LIVE, 7),
        Line(20_000, "wwan0", Carried.LIVE, 9),
        Line(20_001, "eth0", Carried.LIVE, 11),
    ]
    assert days(lines) == (
        BytesStatus("2024-10-04", "eth0", {"alarms": 5, "live": 7}),
        BytesStatus("2024-10-04", "wwan0", {"live": 9}),
        BytesStatus("2024-10-05", "eth0", {"live": 11}),
    )


def test_each_way_is_told_with_what_is_known_of_it():
    cable = Way("eth0", same_sim=("eth1",))
    radio = Way("wwan0", metered=True, sends=Sends.LIVE, budget_bytes_per_day=900, price_per_mb=1.5)
    keeper = SimpleNamespace(
        choice=SimpleNamespace(
            ways=[cable, radio],
            current=1,
            conditions=[SimpleNamespace(trouble="no answer"), SimpleNamespace(trouble="")],
        ),
        interfaces=["eth1", "wwan0"],
        explained=["failed", ""],
    )
    budget = SimpleNamespace(spent_over=lambda way: {"eth0": 3, "wwan0": 7}[way.interface])
    # A probe of 280 bytes comes each 25 s, over a metered way each 300 s.
    assert ways(keeper, budget) == (
        WayStatus(
            "eth0", False, False, "no answer", "eth1", ("eth1",), "backlog", 3, 0, 0.0,
            3456 * 280, "failed",
        ),
        WayStatus(
            "wwan0", True, True, "", "wwan0", (), "live", 7, 900, 1.5, 288 * 280, "",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("until", [None, 1_800_000_000])
@pytest.mark.parametrize("state", KeyState)
def test_of_the_key_it_is_told_how_long_it_counts_and_what_to_do(state, until):
    row = OF_STATE.get(state)
    until_ms = None if until is None else 1_800_000_000_000
    expected = ("", "") if row is None else (row.next, row.id)
    assert key_status(KeyValidity(state, until)) == KeyStatus(str(state), until_ms, *expected)


def test_a_fork_that_one_node_showed_freezes_all_of_its_log():
    def log(frozen, **view):
        known = {"state": LinkState.OK, "since": 5.0, "detail": "", "advice": "", "cause": None}
        node = SimpleNamespace(name="harbour", endpoint="tcp://h:1")
        view = SimpleNamespace(node=node, **(known | view))
        return SimpleNamespace(
            client=SimpleNamespace(frozen=frozen), forwarder=SimpleNamespace(views=[view])
        )

    clock = SimpleNamespace(stamp=lambda at: SimpleNamespace(wall_ms=round(1000 * at) + 7))
    refused = {"state": LinkState.REFUSED, "detail": "no", "advice": "ask", "cause": REFUSED}
    found = node_statuses([log(None), log(None, **refused), log("two histories", **refused)], clock)
    place = ("harbour", "tcp://h:1")
    assert found == [
        NodeStatus(*place, LinkState.OK, 5007),
        NodeStatus(*place, LinkState.REFUSED, 5007, "no", "ask", REFUSED.id),
        NodeStatus(*place, LinkState.FROZEN, 5007, "two histories", FORK.next, FORK.id),
    ]
