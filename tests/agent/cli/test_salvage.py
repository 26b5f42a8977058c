"""What `tallyman salvage` says of a card, keeps in an archive, sends, and hands to the agent."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.cli import salvage as command
from agent.cli.salvage import REQUEST_BYTES, as_json, portions, ranges, show
from agent.salvage.archive import Archive, parse_archive
from agent.salvage.card import Salvage
from agent.salvage.carry import Carried
from agent.salvage.life import Batch, Life, Run
from agent.salvage.send import Sent
from agent.signing.file_key import FileKey
from agent.upstream.link import LinkDown
from tests.agent.cli.asked import Agent
from tests.agent.log_world import EPOCH, ISSUER, LogWorld
from tests.agent.salvage.dead_gateway import die

LEDGER = '[ledger]\npolicy = "{}"\n'
NODE = (
    '[[ledger.node]]\nname = "{}"\nendpoint = "tcp://host:7701"\n'
    'server_key = "rq:rM>}}U?@Lns47E1%kR.o@n%FcmmsL/@{{H8]yf7"\n{}\n'
)


@pytest.fixture(scope="module")
def dead(tmp_path_factory):
    return die(tmp_path_factory.mktemp("dead") / "card", sealed=2, loose=3)


@pytest.fixture
def agent(tmp_path, monkeypatch):
    umask = os.umask(0o077)  # the command sets it for its process
    yield Agent(tmp_path, monkeypatch, command)
    os.umask(umask)


def life(issuer="urn:a", runs=(), batches=(), records=()):
    return SimpleNamespace(
        issuer=issuer, epoch=EPOCH, runs=lambda: runs, batches=batches,
        records=dict.fromkeys(records, b"leaf"),
    )  # fmt: skip


def told(capsys, *lives, torn=0, bad=()):
    show(Salvage(Archive(lives), torn, bad))
    return capsys.readouterr().out.splitlines()


def test_a_card_is_told_epoch_by_epoch(capsys):
    whole = life(runs=[Run(0, 2, 0, 191, 0), Run(4, 4, 256, 256, 1, 1), Run(6, 7, 300, 400, 2, 9)],
                 batches=("some",), records=[401, 402, 500])  # fmt: skip
    assert told(capsys, whole, life("", records=[7])) == [
        "gateway   urn:a",
        f"epoch     {EPOCH.hex()}",
        "signed    batches 0 to 2, chain unbroken:",
        "          records 0 to 191",
        "signed    batch 4, chain unbroken:",
        "          record 256",
        "          1 record was erased by a rule there",
        "          the records of 1 of these batches are gone",
        "signed    batches 6 to 7, chain unbroken:",
        "          records 300 to 400",
        "          9 records were erased by a rule there",
        "          the records of 2 of these batches are gone",
        "unsigned  records 401 to 402: readable, but in no readable batch",
        "unsigned  record 500: readable, but in no readable batch",
        "gateway   not named in what is readable",
        f"epoch     {EPOCH.hex()}",
        "unsigned  record 7: readable, but in no readable batch",
    ]


NEXT = "next      no signature counts yet: name the policy with --policy FILE"


def test_damage_is_counted_and_its_first_places_named(capsys):
    signed = life(batches=("some",))
    assert told(capsys, signed)[2:] == []
    assert told(capsys, signed, torn=1)[2:] == ["torn      dropped 1 damaged ring block"]
    bad = [("ring", 4096 * n) for n in range(11)]
    lines = told(capsys, torn=2, bad=bad)
    assert lines[:3] == [
        "torn      dropped 2 damaged ring blocks",
        "bad       11 unreadable blocks of 4 KiB:",
        "          ring at byte 0",
    ]
    assert lines[11:] == ["          ring at byte 36864", NEXT]


def test_without_any_signed_batch_the_policy_is_asked_for(capsys):
    assert told(capsys, life())[-1] == told(capsys)[-1] == NEXT
    assert NEXT not in told(capsys, life(), life(batches=("some",)))


def test_programs_are_told_the_same():
    found = Salvage(
        Archive((life(runs=[Run(4, 5, 256, 383, 1, 2)], records=[7, 8, 10]),)), 3, (("ring", 4096),)
    )
    assert as_json(found) == {
        "lives": [{
            "gateway": "urn:a", "epoch": EPOCH.hex(), "unsigned": [[7, 8], [10, 10]],
            "signed": [{"first_batch": 4, "last_batch": 5, "first_record": 256,
                        "last_record": 383, "bodies_gone": 1, "erased": 2}],
        }],
        "torn_blocks": 3,
        "unreadable": [{"file": "ring", "byte": 4096}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "pairs"),
    [([], []), ([7], [(7, 7)]), ([1, 2, 3], [(1, 3)]), ([1, 3, 4], [(1, 1), (3, 4)])],
)
def test_unbroken_ranges(numbers, pairs):
    assert ranges(numbers) == pairs


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [
        ([], []), ([1], [1]), ([1] * 64, [64]), ([1] * 65, [64, 1]),
        ([REQUEST_BYTES // 2] * 2, [2]), ([REQUEST_BYTES // 2, REQUEST_BYTES // 2 + 1], [1, 1]),
        ([REQUEST_BYTES, 1], [1, 1]), ([REQUEST_BYTES + 1] * 2, [1, 1]),
    ],
)  # fmt: skip
def test_portions_that_one_request_can_hold(sizes, counts):
    leaves = [bytes([n % 256]) * size for n, size in enumerate(sizes)]
    found = list(portions(leaves))
    assert [len(portion) for portion in found] == counts
    assert [leaf for portion in found for leaf in portion] == leaves


def test_a_card_is_read_kept_and_read_again_from_its_archive(agent, dead, tmp_path, capsys):
    archive = tmp_path / "g.salvage"
    assert agent.run("salvage", str(dead.folder), "-o", str(archive)) == 0
    shown = capsys.readouterr().out.splitlines()
    size = archive.stat().st_size
    assert shown == [
        f"gateway   {dead.identity.gateway}",
        f"epoch     {dead.identity.epoch.hex()}",
        "signed    batches 0 to 1, chain unbroken:",
        "          records 0 to 127",
        "unsigned  records 128 to 130: readable, but in no readable batch",
        f"archive   {archive}: {size} bytes",
    ]
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    kept = parse_archive(archive.read_bytes())
    assert [len(each.batches) for each in kept.lives] == [2]
    assert agent.run("salvage", str(archive), "--json", "-o", str(archive)) == 0
    (printed,) = capsys.readouterr().out.splitlines()
    (epoch,) = json.loads(printed)["lives"]
    assert (epoch["epoch"], epoch["signed"]) == (dead.identity.epoch.hex(), []), "no key is pinned"
    assert epoch["unsigned"] == [[128, 130]]
    told = json.loads(printed)
    assert (told["torn_blocks"], told["unreadable"]) == (0, []), "that was said of the card"
    assert agent.run("salvage", str(archive)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == NEXT


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("nowhere", None, "nowhere is not there"),
        ("cut", b"\x82\x70tallyman-salvage\x01", "make the archive again from the card"),
    ],
)
def test_what_cannot_be_read(agent, tmp_path, capsys, name, data, said):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert agent.run("salvage", str(tmp_path / name)) == 2
    assert said in capsys.readouterr().err


def test_a_policy_that_is_named_must_be_one(agent, dead, tmp_path, capsys):
    assert agent.run("salvage", str(dead.folder), "--policy", str(tmp_path / "none")) == 2
    assert "ask the consortium for its policy file" in capsys.readouterr().err


@pytest.mark.parametrize("named", [True, False])
def test_an_archive_is_checked_by_the_policy_that_is_named_or_pinned(
    agent, tmp_path, capsys, named
):
    world = LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
    first, second = (world.seal(), world.seal())
    batches = (Batch(first.statement, first.body), Batch(second.statement, b"altered"))
    archive, policy = tmp_path / "g.salvage", tmp_path / "policy.txt"
    archive.write_bytes(Archive((Life(ISSUER, EPOCH, batches),)).to_bytes())
    policy.write_text(world.policy_text)
    words = ["--policy", str(policy)] if named else []
    if not named:
        agent.config.write_text(agent.config.read_text() + LEDGER.format("policy.txt"))
    assert agent.run("salvage", str(archive), "--json", *words) == 0
    (epoch,) = json.loads(capsys.readouterr().out)["lives"]
    assert (epoch["gateway"], epoch["unsigned"]) == (ISSUER, [])
    assert epoch["signed"] == [
        {"first_batch": 0, "last_batch": 1, "first_record": 0, "last_record": 5,
         "bodies_gone": 1, "erased": 0}
    ]  # fmt: skip


def test_unsigned_records_are_handed_to_the_agent(agent, dead, capsys):
    agent.answers["salvage"] = [{"new": 2, "known": 1}]
    assert agent.run("salvage", str(dead.folder), "--import") == 0
    assert agent.asked == [{
        "verb": "salvage", "gateway": dead.identity.gateway, "epoch": dead.identity.epoch.hex(),
        "records": [dead.leaf(n).hex() for n in (128, 129, 130)],
    }]  # fmt: skip
    said = "imported  2 unsigned records, marked as salvaged; 1 were here already"
    assert capsys.readouterr().out.splitlines()[-1] == said
    agent.answers["salvage"] = [{"new": 1, "known": 0}]
    assert agent.run("salvage", str(dead.folder), "--import") == 0
    assert capsys.readouterr().out.endswith("imported  1 unsigned record, marked as salvaged\n")
    assert agent.run("salvage", str(dead.folder), "--import", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_what_the_agent_took_of_several_requests_is_summed(agent, capsys):
    agent.answers["salvage"] = [{"new": 60, "known": 4}]
    args = SimpleNamespace(config=str(agent.config), json=False)
    whole = Life("urn:a", EPOCH, records={n: b"%d" % n for n in range(100)})
    command.take_over(args, Archive((whole, Life("urn:b", EPOCH, records={0: b"x"}))))
    assert [len(each["records"]) for each in agent.asked] == [64, 36, 1]
    assert [each["gateway"] for each in agent.asked] == ["urn:a", "urn:a", "urn:b"]
    assert capsys.readouterr().out.splitlines() == [
        "imported  120 unsigned records, marked as salvaged; 8 were here already",
        "imported  60 unsigned records, marked as salvaged; 4 were here already",
    ]


class Carrier:
    """Takes an archive to logs that are not there: answers what `logs` makes of it."""

    def __init__(self, agent, monkeypatch) -> None:
        self.logs = lambda archive: []
        (agent.config.parent / "state/keys").mkdir(parents=True)
        agent.config.write_text(
            f"{agent.config.read_text()}{LEDGER.format('gone.txt')}{NODE.format('node-1', '')}"
        )
        monkeypatch.setattr(command, "carry", self._carry)

    async def _carry(self, nodes, key, archive, pinned):
        assert [node.name for node in nodes] == ["node-1"]
        assert pinned == []
        return self.logs(archive)


@pytest.fixture
def carrier(agent, monkeypatch):
    return Carrier(agent, monkeypatch)


def test_batches_are_sent_and_their_receipts_kept(carrier, agent, dead, tmp_path, capsys):
    archive = tmp_path / "g.salvage"

    def more(found):
        return Archive(found.lives, (*found.notes, b"a note"))

    carrier.logs = lambda found: [
        Carried("east", found, (Sent(2, proven=0),)), Carried("west", more(found), (Sent(2, proven=1),)),
    ]  # fmt: skip
    send = ["salvage", str(dead.folder), "--send"]
    assert agent.run(*send, "-o", str(archive)) == 0
    lines = capsys.readouterr().out.splitlines()
    first = lines.index("log       east")
    assert lines[first:] == [
        "log       east",
        "sent      2 of 2 batches: the node has them",
        "proven    0 of 2 batches: the log has them",
        "log       west",
        "sent      2 of 2 batches: the node has them",
        "proven    1 of 2 batches: the log has them",
        f"archive   {archive}: {archive.stat().st_size} bytes",
    ]
    assert parse_archive(archive.read_bytes()).notes[-1] == b"a note"
    carrier.logs = lambda found: [Carried("east", more(found), (Sent(2),))]
    assert agent.run(*send) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "log       east" not in lines
    assert lines[-1] == ("next      the receipts are not kept: name an archive with --output FILE")


def test_the_archive_that_was_read_takes_the_receipts(carrier, agent, dead, tmp_path, capsys):
    archive = tmp_path / "g.salvage"
    assert agent.run("salvage", str(dead.folder), "-o", str(archive)) == 0
    capsys.readouterr()
    send = ["salvage", str(archive), "--send"]
    carrier.logs = lambda found: [Carried("east", found, (Sent(0),))]
    assert agent.run(*send) == 0
    assert "archive  " not in capsys.readouterr().out, "nothing came that is not in it"
    carrier.logs = lambda found: [Carried("east", replace(found, notes=(b"new",)), (Sent(0),))]
    assert agent.run(*send) == 0
    assert f"archive   {archive}: " in capsys.readouterr().out
    assert parse_archive(archive.read_bytes()).notes == (b"new",)


def test_a_log_that_is_away_or_stops_is_an_error_behind_all_that_worked(
    carrier, agent, dead, tmp_path, capsys
):
    send = ["salvage", str(dead.folder), "--send"]
    down = LinkDown("node-1 does not answer", advice="wait")
    carrier.logs = lambda found: [
        Carried("east", found, away=down), Carried("west", found, (Sent(2),)),
    ]  # fmt: skip
    assert agent.run(*send) == 1
    shown = capsys.readouterr()
    assert (
        "log       east: none of its nodes answers\nlog       west\nsent      2 of 2" in shown.out
    )
    assert "node-1 does not answer" in shown.err
    carrier.logs = lambda found: [Carried("east", found, (Sent(1, "unknown key"),))]
    assert agent.run(*send) == 1
    shown = capsys.readouterr()
    assert "sent      1 of 2 batches" in shown.out
    assert f"the node took no more batches of {dead.identity.gateway}: unknown key" in shown.err


def test_witnesses_alone_take_no_batches(agent, dead, capsys):
    witness = NODE.format("w", "witness = true")
    agent.config.write_text(f"{agent.config.read_text()}{LEDGER.format('gone.txt')}{witness}")
    assert agent.run("salvage", str(dead.folder), "--send") == 2
    assert "no node that takes batches is configured" in capsys.readouterr().err
