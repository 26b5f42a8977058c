"""`tallyman inherit`: what was taken over, what of it is proven, and what to do about the rest."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from agent.chain.inheritance import Inherited
from agent.cli import inherit
from tests.agent.cli.asked import Agent


@pytest.mark.parametrize(
    ("found", "missing", "lines"),
    [
        (Inherited(9, 9, 9), 0, ["inherited  9 records of the previous gateway, 9 proven"]),
        (Inherited(9, 8, 8), 0,
         ["inherited  9 records of the previous gateway, 8 proven",
          "unproven   1 record that no ledger node has: readable here,",
          "           but in no bundle"]),
        (Inherited(9, 9, 5), 2,
         ["inherited  9 records of the previous gateway, 5 proven",
          "missing    receipts of 2 batches: run this again when a node answers"]),
        (Inherited(1, 1, 0), 0,
         ["inherited  1 record of the previous gateway, 0 proven",
          "refused    1 record whose receipts no policy here accepts:",
          "           ask the consortium for its newest policy file"]),
    ],
)  # fmt: skip
def test_what_is_not_proven_is_told_with_what_to_do(capsys, found, missing, lines):
    inherit.tell(found, missing)
    last = "next       tallyman bundle --epochs shows both gateways in one bundle"
    assert capsys.readouterr().out.splitlines() == [*lines, last]


@pytest.mark.parametrize("as_json", [True, False])
def test_the_journal_is_copied_then_receipts_fetched_then_counted(
    tmp_path, monkeypatch, capsys, as_json
):
    done = []
    identity = SimpleNamespace(follows=SimpleNamespace(seq=7))
    monkeypatch.setattr(inherit.os, "umask", done.append)
    monkeypatch.setattr(inherit, "may_write", lambda folder: done.append(folder.name))
    monkeypatch.setattr(inherit, "load", lambda path: identity)
    monkeypatch.setattr(
        inherit, "inherit", lambda state, who, old, line: done.append(str(old)) or "journal"
    )
    monkeypatch.setattr(inherit, "fetch", lambda config, who: done.append("fetch") or 2)
    monkeypatch.setattr(inherit, "kept_proofs", lambda _: SimpleNamespace(hold="hold"))
    monkeypatch.setattr(
        inherit, "counted_in",
        lambda *asked: done.append(asked) or Inherited(9, 8, 5),
    )  # fmt: skip
    (tmp_path / "state").mkdir()
    agent = Agent(tmp_path, monkeypatch)
    assert agent.run("inherit", "/media/old", *(["--json"] if as_json else [])) == 0
    assert done == [0o077, "state", "/media/old", "fetch", ("journal", 7, "hold")]
    told = capsys.readouterr().out
    if as_json:
        assert json.loads(told) == {"records": 9, "before": 8, "proven": 5, "receipts_missing": 2}
    else:
        assert "missing    receipts of 2 batches" in told


@pytest.mark.parametrize(("seq", "upto"), [(7, 7), (0, 0), (None, -1)])
def test_receipts_are_fetched_up_to_the_batch_that_was_named(tmp_path, monkeypatch, seq, upto):
    asked, closed = [], []
    follows = SimpleNamespace(epoch=bytes(16), seq=seq)
    config = SimpleNamespace(
        gateway=SimpleNamespace(state_dir=tmp_path), journal=SimpleNamespace(ring_bytes=4096)
    )
    journal = SimpleNamespace(close=lambda: closed.append(1))
    monkeypatch.setattr(inherit, "RingJournal", lambda *where: asked.append(where) or journal)
    monkeypatch.setattr(inherit, "load_policy", lambda _: "logs")
    monkeypatch.setattr(inherit, "nodes_of", lambda *_: {"log": []})
    monkeypatch.setattr(inherit, "wall_seconds", lambda: 1_800_000_000)
    monkeypatch.setattr(inherit, "fetch_missing", lambda *what: asked.append(what) or 5)
    (tmp_path / "keys").mkdir()
    assert inherit.fetch(config, SimpleNamespace(follows=follows)) == 5
    old = tmp_path / "epochs" / bytes(16).hex() / "journal.sqlite"
    assert asked[0] == (old, bytes(16), 4096)
    assert asked[1][:4] == (journal, bytes(16), upto, {"log": []})
    assert asked[1][5:] == ("logs", inherit.os.urandom, 1_800_000_000_000)
    assert closed == [1]
    assert len(list((tmp_path / "keys").iterdir())) == 1, "the gateway's own key of the links"
