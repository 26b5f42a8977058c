"""What `tallyman gap` prints of lost batches: declared, undeclared, and of the epoch before."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.cli.errors import Mistake
from agent.cli.gap import as_json, check, show


def declared(seq=3, last=5, first=30, count=20, reason="disk damage", state="sent"):
    about = SimpleNamespace(last=last, first=first, count=count, reason=reason)
    return SimpleNamespace(seq=seq, about=about, state=state)


def hole(first, last, numbers):
    return SimpleNamespace(first=first, last=last, numbers=numbers)


def identity(lost=None):
    follows = None if lost is None else SimpleNamespace(lost_count=lost, reason="restored card")
    return SimpleNamespace(follows=follows)


NEXT = [
    "next       no node takes batches after an undeclared loss: restore what is lost",
    "           from a backup, or stop the agent and declare it lost:",
    "           tallyman gap --declare --reason TEXT",
]


@pytest.mark.parametrize(
    ("before", "known", "unknown", "lines"),
    [
        (None, [], [], ["no batch is lost"]),
        (0, [], [], ["no batch is lost"]),
        (2, [], [], ["declared   2 batches of the previous epoch: restored card"]),
        (None, [declared()], [],
         ["declared   batches 3 to 5, records 30 to 49: disk damage", "           sent"]),
        (None, [declared(7, 7, 70, 1)], [hole(9, 9, range(90, 91)), hole(11, 12, range(99, 120))],
         ["declared   batch 7, record 70: disk damage", "           sent",
          "lost       batch 9, record 90: not declared",
          "lost       batches 11 to 12, records 99 to 119: not declared", *NEXT]),
    ],
)  # fmt: skip
def test_what_is_lost_is_told_with_what_to_do(capsys, before, known, unknown, lines):
    show(identity(before), known, unknown)
    assert capsys.readouterr().out.splitlines() == lines


def test_programs_are_told_the_same():
    assert as_json(identity(2), [declared()], [hole(9, 9, range(90, 95))]) == {
        "declared": [{
            "first_batch": 3, "last_batch": 5, "first_record": 30, "records": 20,
            "reason": "disk damage", "state": "sent",
        }],
        "undeclared": [{"first_batch": 9, "last_batch": 9, "records": 5}],
        "epoch_before": {"lost_batches": 2},
    }  # fmt: skip
    assert as_json(identity(), [], [])["epoch_before"] is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"note": "x"}, "of which device?"),
        ({"record": 0}, "of which device?"),
        ({"device": "cold", "declare": True}, "lost batches are declared, a device's gap is noted"),
        ({"device": "cold", "reason": "x"}, "lost batches are declared, a device's gap is noted"),
        ({"device": "cold", "note": "x", "record": 3}, ""),
        ({"declare": True, "reason": "x"}, ""),
        ({}, ""),
    ],
)
def test_what_cannot_be_meant_is_refused(given, said):
    asked = {"device": None, "note": None, "record": None, "declare": False, "reason": None}
    if said:
        with pytest.raises(Mistake, match=said):
            check(SimpleNamespace(**asked | given))
    else:
        check(SimpleNamespace(**asked | given))
