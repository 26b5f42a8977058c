"""Why nothing is confirmed, by what is known: what is not known is never no."""

from __future__ import annotations

import pytest

from agent.light_client.causes import CAUSES, NO_QUORUM, UNJOINED, WITNESS_AWAY, ProofFacts, Stage
from foundation.cause import no, perhaps, yes

WAITS = "3 batches accepted, without receipts yet"
AWAY = ("ada does not answer", "bob does not answer")


@pytest.mark.parametrize(
    ("facts", "finding"),
    [
        ({}, perhaps()),
        ({"waiting": 3}, perhaps()),
        ({"serving": True}, perhaps()),
        ({"waiting": 0, "serving": True}, no("no batch waits for its confirmation")),
        (
            {"waiting": 3, "serving": False},
            perhaps(contra=("no node serves us: nobody could show one",)),
        ),
        ({"waiting": 3, "serving": True}, perhaps(WAITS)),
        ({"waiting": 3, "serving": True, "away": ["ada", "bob"]}, perhaps(WAITS, *AWAY)),
        ({"waiting": 3, "serving": True, "receipts_due": True}, yes(WAITS)),
        (
            {"waiting": 3, "serving": True, "receipts_due": True, "away": ["ada", "bob"]},
            yes(WAITS, *AWAY),
        ),
    ],
)
def test_a_log_without_its_quorum_takes_batches_and_gives_no_receipts(facts, finding):
    assert NO_QUORUM.test(ProofFacts(**facts)) == finding


@pytest.mark.parametrize(
    ("facts", "finding"),
    [
        ({}, perhaps()),
        ({"witnesses": 0, "away": ["ada"]}, perhaps()),
        ({"witnesses": 4}, no("all 4 nodes show the log")),
        ({"witnesses": 4, "away": ["ada"]}, yes("ada does not show the log")),
    ],
)
def test_nodes_that_do_not_show_the_log_are_named(facts, finding):
    assert WITNESS_AWAY.test(ProofFacts(**facts)) == finding


@pytest.mark.parametrize(
    ("unjoined", "finding"),
    [
        (None, perhaps()),
        (0, no("every checkpoint that was seen is joined")),
        (2, yes("2 checkpoints that the log signed fit nowhere yet")),
    ],
)
def test_checkpoints_that_fit_nowhere_are_counted(unjoined, finding):
    assert UNJOINED.test(ProofFacts(unjoined=unjoined)) == finding


def test_what_was_shown_rules_out_that_nothing_was():
    shown = {row.id for row in CAUSES if row.stage == Stage.SHOWN}
    assert shown == {"proof.fork", "proof.policy-changed", "proof.expired", "proof.withheld"}
    assert {row.stage for row in CAUSES if row.id not in shown} == {Stage.SENT}
    assert Stage.SENT < Stage.SHOWN
