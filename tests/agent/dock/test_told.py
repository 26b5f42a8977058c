"""What records, lists and the history tell: in three numbers, and of receipts made before as well."""

from __future__ import annotations

import argparse
import hashlib

import pytest

from agent.cli import dock
from agent.cli.dock import listed, only_point
from agent.cli.dock_receipt import again
from agent.cli.errors import Mistake
from agent.dock.check import check
from agent.dock.differences import Seen
from agent.dock.goods_identity import Identity
from agent.dock.history import CheckHistory
from agent.dock.papers.told import receipt_json
from agent.records.sentences import sentence
from evidence.leaf import Record
from tests.agent.dock.goods import APPLE, P1, item, notice, piece


def record(kind: str, number: int = 7, **values) -> Record:
    return Record(number, "gateway", kind, 1, 0, 1_790_000_000_000, "ntp", 20, "ok", values)


GOODS = {"check": "R-1", "notice": "N", "gtin": APPLE, "quantity": 4, "supplier": "0614141000012"}


def test_goods_are_told_as_advised_and_as_they_came():
    came = GOODS | {"read": 1, "by_hand": 1, "believed": 0, "lot": "L1"}
    assert sentence(record("dock-goods", **came)) == (
        f"receipt R-1: 4 × (01){APPLE}, batch L1 advised; came: 1 read, 1 by hand, 0 believed by "
        "the label of their unit, from 0614141000012"
    )
    assert sentence(record("dock-goods", **GOODS)) == (  # made before: it told what was advised
        f"receipt R-1: 4 × (01){APPLE} advised, from 0614141000012"
    )
    weighed = GOODS | {"quantity": 0, "weight": 25_500, "weighed": 24_000}
    assert sentence(record("dock-goods", **weighed)) == (
        f"receipt R-1: 0 × (01){APPLE} advised, 25.500 kg advised, 24.000 kg on labels, "
        "from 0614141000012"
    )


CHECK = {
    "check": "R-1", "notice": "N", "read_point": "door 2", "decision": "accepted",
    "state": "different", "found": 103, "expected": 104, "unexpected": 0, "codes": "X34",
    "digest": bytes(32), "units": bytes.fromhex(P1), "signed": "no",
}  # fmt: skip


def test_a_receipt_says_how_its_pieces_are_known():
    told = CHECK | {"read": 3, "by_hand": 0, "believed": 100, "together": 207, "receipts": "R-0"}
    assert sentence(record("dock-check", **told)) == (
        "receipt R-1 of notice N at door 2: accepted, different, 103 of 104 pieces (3 read, 0 by "
        "hand, 100 believed), 207 of them with R-0, 0 unexpected, X34, signed: no"
    )
    assert "103 of 104 pieces, 0 unexpected" in sentence(record("dock-check", **CHECK))


def test_a_receipt_made_before_is_shown_again():
    told = receipt_json("R-1", [record("dock-check", **CHECK)])
    lines = list(again(told, utc=True))
    assert lines[0] == "receipt R-1: notice N accepted"
    assert lines[1] == "  103 of 104 pieces, X34"
    assert "  signed: no" in lines
    gone = list(again(receipt_json("R-1", []), utc=True))
    assert gone == ["receipt R-1: its records are gone from this gateway"]


def test_a_signed_receipt_shows_the_hash_of_what_was_signed():
    signed = CHECK | {"document": b"said", "key": b"k", "signature": b"s", "signed": "yes"}
    told = receipt_json("R-1", [record("dock-check", **signed)])
    assert told["sha256"] == hashlib.sha256(b"said").hexdigest()


def test_the_history_of_an_older_version_goes_on():
    older = {
        "count": 3,
        "received": {"N": "R-1", P1: "R-1"},
        "spans": {"N": {"receipt": "R-1", "read_point": "door 2", "first": 4, "last": 9}},
        "open": [
            {"check": "R-3", "notice": "M", "digest": "00", "read_point": "door 3", "number": 12,
             "returns": False}
        ],
    }  # fmt: skip
    history = CheckHistory.from_json(older)
    (span,) = history.receipts_of("N")
    assert (span.receipt, span.first, span.last) == ("R-1", 4, 9)
    assert history.received["N"] == "R-1"
    assert history.last_at("door 2") == 9
    assert CheckHistory.from_json(history.to_json()).to_json() == history.to_json()
    history.apply(record("dock-check", 20, **CHECK | {"check": "R-3", "notice": "M"}))
    assert "M" not in history.received  # 103 of 104: the rest may come


def test_put_away_counts_are_those_of_the_verdict():
    asked = notice(("", [item(APPLE, 3)]))
    tags = [Seen(piece(APPLE, str(n))) for n in range(3)]
    verdict = check(asked, [*tags, Seen(Identity(gtin=APPLE), "barcode")])
    assert (verdict.found, verdict.pieces) == (3, {APPLE: 3})


OPEN = {
    "check": "R-3", "notice": "urn:epcglobal:cbv:bt:5412345000037:PO3352-DA349875",
    "read_point": "door 2", "returns": True, "operator": "keeper-2", "opened_ms": 1000,
    "now_ms": 601_000, "found": 2, "expected": 4,
}  # fmt: skip


def test_a_list_of_checks_says_which_are_returns_how_old_and_whose():
    head, standing = listed(OPEN)
    assert head.startswith("R-3: returns of notice urn:epcglobal")
    assert standing == "  2/4, 10 min ago, by keeper-2"
    assert max(len(head), len(standing)) < 80


@pytest.mark.parametrize(
    ("points", "advice"),
    [(["gate", "tail"], "'gate' or 'tail'"), ([], "'door 2'")],
)
def test_where_there_is_one_read_point_nobody_is_asked(monkeypatch, points, advice):
    monkeypatch.setattr(dock, "ask", lambda *_: iter([{"read_point": name} for name in points]))
    with pytest.raises(Mistake) as raised:
        only_point(argparse.Namespace())
    assert raised.value.advice == f"name it: --read-point {advice}"
    monkeypatch.setattr(dock, "ask", lambda *_: iter([{"read_point": "gate"}]))
    assert only_point(argparse.Namespace()) == "gate"
