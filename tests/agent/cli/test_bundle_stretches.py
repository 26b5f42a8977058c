"""Where batches are cut: wherever the policy of any log changed, over all epochs."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from agent.cli import bundle_policies
from agent.cli.bundle_policies import Stretch, changed, stretches
from foundation.errors import Fatal


@dataclass(frozen=True)
class Policy:
    name: str
    gateways: str = "its own"


def anchored_under(log, notes):
    """So many notes, from the first on, are under one policy: here its name is the note."""
    same = next((at for at, note in enumerate(notes) if note != notes[0]), len(notes))
    known = notes and notes[0] not in (None, "unknown")
    return (same, Policy(f"{log} {notes[0]}")) if known else (0, None)


@pytest.fixture(autouse=True)
def two_logs(monkeypatch):
    known = {"east": "east", "north": "north"}
    monkeypatch.setattr(bundle_policies, "policies_in_force", lambda _: known)
    monkeypatch.setattr(bundle_policies, "anchored_under", anchored_under)
    of = SimpleNamespace(of=lambda policies, threshold: (tuple(policies), threshold))
    monkeypatch.setattr(bundle_policies, "LogSet", of)


PINNED = SimpleNamespace(
    threshold=2, logs={name: SimpleNamespace(gateways=f"of {name}") for name in ("east", "north")}
)


def batch(seq, east, north):
    proofs = {"east": SimpleNamespace(checkpoint=east), "north": SimpleNamespace(checkpoint=north)}
    row = SimpleNamespace(batch=SimpleNamespace(seq=seq, first=3 * seq, count=3))
    proofs = {name: proof for name, proof in proofs.items() if proof.checkpoint is not None}
    return SimpleNamespace(row=row, proofs=proofs)


def cut(*parts):
    """Of each stretch its seqs by epoch, and the policies that it stands under."""
    found = stretches(None, PINNED, parts)
    for each in found:
        policies, threshold = each.logs
        assert threshold == 2
        assert [one.gateways for one in policies] == ["of east", "of north"]
    return [
        ([[one.row.batch.seq for one in part] for part in each.parts],
         [one.name for one in each.logs[0]])
        for each in found
    ]  # fmt: skip


def test_a_stretch_ends_where_either_log_s_policy_does():
    old = [batch(0, "1", "1"), batch(1, "1", "1")]
    new = [batch(0, "1", "1"), batch(1, "2", "1"), batch(2, "2", "2")]
    assert cut(old, new) == [
        ([[0, 1], [0]], ["east 1", "north 1"]),
        ([[], [1]], ["east 2", "north 1"]),
        ([[], [2]], ["east 2", "north 2"]),
    ]


def test_an_epoch_may_be_cut_within_and_the_next_one_follows_whole():
    old = [batch(0, "1", "1"), batch(1, "2", "1")]
    new = [batch(0, "2", "1")]
    assert cut(old, new) == [
        ([[0], []], ["east 1", "north 1"]),
        ([[1], [0]], ["east 2", "north 1"]),
    ]


def test_what_stands_under_one_policy_is_one_stretch():
    assert cut([batch(0, "1", "1")], [batch(0, "1", "1")]) == [([[0], [0]], ["east 1", "north 1"])]
    assert cut([], []) == []


@pytest.mark.parametrize("notes", [("unknown", "1"), ("1", "unknown"), (None, "1")])
def test_what_stands_under_no_known_policy_is_named(notes):
    parts = [[batch(4, "1", "1"), batch(5, *notes)]]
    with pytest.raises(Fatal, match="records 15 to 17 stand under a policy that is not known here"):
        stretches(None, PINNED, parts)


def test_behind_which_record_the_witnesses_changed():
    before, after = [batch(0, "1", "1"), batch(1, "1", "1")], [batch(2, "2", "1")]
    error = changed([Stretch([before], None), Stretch([after], None)])
    assert str(error).startswith("the witnesses changed behind record 5: ")
    assert error.advice.startswith("make one with --until 5, one with --since 6; or add --parts")
    for parts in ([before, []], [[], after]):
        error = changed([Stretch([parts[0]], None), Stretch([parts[1]], None)])
        assert str(error).startswith("the witnesses changed since the epochs before")
    assert [row.batch.seq for row in Stretch([before, after, []], None).rows] == [2]
