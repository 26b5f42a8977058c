"""Whose node serves a gateway, by the states of all its nodes."""

from __future__ import annotations

import pytest

from agent.upstream.mode import Mode, mode_of
from agent.upstream.states import LinkState


@pytest.mark.parametrize(
    ("states", "mode"),
    [
        ({}, Mode.PROOF_ONLY),
        ({"ours": LinkState.UNREACHABLE, "theirs": LinkState.REFUSED}, Mode.PROOF_ONLY),
        ({"ours": LinkState.UNREACHABLE, "theirs": LinkState.OK}, Mode.PARTNER_NODE),
        ({"ours": LinkState.OK, "theirs": LinkState.CONNECTING}, Mode.OWN_NODE),
    ],
)
def test_the_mode_is_that_of_the_node_that_serves(states, mode):
    assert mode_of(states.items(), {"ours"}) is mode
