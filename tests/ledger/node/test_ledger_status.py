"""What a node says of itself, to programs and to people, before anything is cosigned and after."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from evidence.errors import MalformedError
from evidence.wire import Envelope, Label, Type
from ledger.base.public_node import Role, read_public_node
from ledger.enrolling import lists
from ledger.gateways.gateways import read_gateways
from ledger.node import status as status_module
from ledger.node.status import LogState, NodeStatus, read_status, to_dict, to_text
from ledger.store.store import Kept
from tests.ledger.support import NOW, Gateway, Signer, asker, make_cluster, running

KEPT = Kept(40, bytes(32), b"note", NOW)


def status(*logs, role=Role.SEQUENCER, ending=0, exhibits=(), answers=()):
    config = SimpleNamespace(name="alpha", role=role, listen="tcp://0.0.0.0:7410")
    return NodeStatus(config, logs, 3, 1, ending, dict(exhibits), dict(answers))


def rows(found, now=NOW + 5):
    return [line.split(None, 1) for line in to_text(found, now).splitlines()]


def test_before_the_first_checkpoint_nothing_is_cosigned():
    found = status(LogState("a/log", 1, None, ()))
    assert to_dict(found)["logs"] == [
        {
            "origin": "a/log",
            "entries": 1,
            "cosigned_size": None,
            "cosigned_at": None,
            "cosigners": [],
        }
    ]
    assert ["cosigned", "nothing yet"] in rows(found)


def test_a_sequencer_says_what_is_cosigned_by_whom_and_what_waits():
    found = status(LogState("a/log", 42, KEPT, ("bravo", "charlie")))
    (log,) = to_dict(found)["logs"]
    assert (log["cosigned_size"], log["cosigned_at"], log["cosigners"]) == (
        40,
        NOW,
        ["bravo", "charlie"],
    )
    said = rows(found)
    assert said[2][1].startswith("size 40 on ")
    assert said[2][1].endswith(", 5 s ago")
    assert said[3:5] == [["by", "bravo, charlie"], ["waiting", "2 of 42 entries"]]
    assert rows(found, now=NOW - 9)[2][1].endswith(", 0 s ago"), "a clock that goes wrong"


def test_a_witness_counts_no_entries_and_may_have_no_log_yet():
    said = rows(status(LogState("a/log", 0, KEPT, ()), role=Role.WITNESS))
    assert [label for label, _ in said] == ["node", "log", "cosigned", "gateways", "evidence"]
    assert rows(status(role=Role.WITNESS))[1] == [
        "log",
        "none; let it cosign one: tallyman-ledger pin --help",
    ]


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (0, "3 admitted, 1 out of service"),
        (1, "3 admitted, 1 out of service, 1 key to end"),
        (2, "3 admitted, 1 out of service, 2 keys to end"),
    ],
)
def test_keys_that_have_no_end_yet_are_counted(ending, said):
    found = status(ending=ending)
    assert ["gateways", said] in rows(found)
    assert to_dict(found)["gateways"] == {"admitted": 3, "out": 1, "keys_to_end": ending}


def test_evidence_and_answers_have_their_lines():
    found = status(exhibits={"fork": 2, "equivocation": 1}, answers={"bravo": "answers"})
    assert ["evidence", "2 × fork, 1 × equivocation"] in rows(found)
    assert to_text(found, NOW).splitlines()[-1] == "ask bravo  answers"
    assert to_dict(found)["evidence"] == {"fork": 2, "equivocation": 1}


class Asked:
    """Stands for the connection to a node: gives `says`, or raises it, and is closed."""

    says, made, closed = None, [], 0

    def __init__(self, _context, endpoint, server, _own):
        Asked.made.append((endpoint, server))

    async def ask(self, message):
        assert (message.type, len(message.request)) == (Type.HELLO, 8)
        assert message.header == {int(Label.ORIGIN): "example.org/log"}
        if isinstance(self.says, Exception):
            raise self.says
        return self.says(message)

    def close(self):
        Asked.closed += 1


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (lambda m: m.answer(Type.HELLO), "answers"),
        (lambda m: m.error("unknown-entry", "not pinned here"), "answers: not pinned here"),
        (lambda m: Envelope(Type.ERROR, m.request), "answers: an error"),
        (MalformedError("wire", "no message"), "no proper answer from {}: no message"),
        (TimeoutError(), "no answer from {} within 2 s"),
    ],
)
async def test_how_a_node_answers_is_told(lone, monkeypatch, says, told):
    monkeypatch.setattr(status_module, "NodeClient", Asked)
    monkeypatch.setattr(Asked, "says", staticmethod(says) if callable(says) else says)
    monkeypatch.setattr(Asked, "made", [])
    monkeypatch.setattr(Asked, "closed", 0)
    found = await read_status(lone.sequencer)
    node = read_public_node(lone.sequencer.public)
    assert found.answers == {"alpha": told.format(node.endpoint)}
    assert (Asked.made, Asked.closed) == ([(node.endpoint, node.curve)], 1)


async def test_what_a_stopped_node_holds_is_told_all_the_same(lone, monkeypatch):
    monkeypatch.setattr(status_module, "TIME_OUT", 0.05)
    for name in ("truck-8", "truck-9"):
        lone.admit(Gateway(name))
    lists.fence(lone.sequencer, "truck-8", NOW)
    old = read_gateways(lone.sequencer.admitted)[-1]
    lists.succeed(lone.sequencer, old.issuer, Signer().public, NOW)
    lists.fence(lone.sequencer, "truck-9", NOW, old.key.kid.hex())  # its next key stays
    found = await read_status(lone.sequencer)
    endpoint = found.config.listen
    assert found == NodeStatus(
        found.config, [LogState("example.org/log", 1, None, [])], 2, 1, 2, {},
        {"alpha": f"no answer from {endpoint} within 0.05 s"},
    )  # fmt: skip


async def test_a_running_node_answers_and_says_who_cosigned(lone, gateway, monkeypatch):
    monkeypatch.setattr(status_module, "TIME_OUT", 60.0)
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        await node.receipts(gateway, [0])
        found = await read_status(lone.sequencer)
    (log,) = found.logs
    assert (log.origin, log.entries, log.kept.size, log.cosigners) == (
        "example.org/log", 2, 2, ["alpha"],
    )  # fmt: skip
    assert found.answers == {"alpha": "answers"}


async def test_a_witness_tells_of_the_logs_that_it_cosigns(tmp_path, monkeypatch):
    monkeypatch.setattr(status_module, "TIME_OUT", 0.05)
    cluster = make_cluster(tmp_path, witnesses=1)
    (bravo,) = cluster.witnesses
    found = await read_status(bravo)
    assert found.logs == [LogState("example.org/log", 0, None, ())]
    assert list(found.answers) == ["bravo"]
    assert list((await read_status(cluster.sequencer)).answers) == ["alpha", "bravo"]
