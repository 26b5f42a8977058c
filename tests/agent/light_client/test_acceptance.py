"""The seven steps: each lie of a node is refused, and nothing counts as confirmed before disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.clock.belief import WITNESSES_AHEAD_S
from agent.light_client.client import MOST_UNJOINED, LightClient, Offer
from agent.light_client.errors import Expired, Fork, Stale, Withheld
from agent.light_client.trusted_store import TrustedStore
from agent.light_client.verifier import accept_checkpoint
from agent.signing.file_key import FileKey
from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.errors import EvidenceError
from evidence.fork import read_fork
from evidence.keys import EDDSA
from evidence.merkle import Tree, hash_leaf
from evidence.note import Note
from evidence.policy import parse_policy
from evidence.receipt import sign_receipt
from foundation.durable import WriteFailed
from foundation.errors import Fatal
from tests.agent.log_world import MEMBERS, NOW, ORIGIN, EdKey, LogWorld

DAY = 86400


@pytest.fixture
def world() -> LogWorld:
    world = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
    world.seal()
    world.seal()
    return world


@pytest.fixture
def client(world: LogWorld, tmp_path: Path) -> LightClient:
    return open_client(world, tmp_path)


def open_client(world: LogWorld, folder: Path) -> LightClient:
    return LightClient(world.policy, TrustedStore(folder), 14 * DAY)


def offer(world: LogWorld, *seqs: int, trusted: int = 0, **note: object) -> Offer:
    path = world.consistency(trusted) if trusted else None
    return Offer({seq: world.receipt(seq) for seq in seqs}, world.note(**note), path)


def statements(world: LogWorld) -> dict:
    return {seq: world.statement(seq) for seq in range(len(world.batches))}


def confirm(client: LightClient, world: LogWorld, offered: Offer, now: int | None = NOW) -> dict:
    return client.confirm(statements(world), offered, now)


def refused(client: LightClient, world: LogWorld, offered: Offer, now: int | None = NOW) -> str:
    before = client.trusted
    with pytest.raises(EvidenceError) as caught:
        confirm(client, world, offered, now)
    assert client.trusted is before, "a refused offer must not move the trusted checkpoint"
    return caught.value.reason


def test_an_honest_offer_confirms_and_is_durable(client, world, tmp_path):
    proven = confirm(client, world, offer(world, 0, 1))
    assert {seq: item.index for seq, item in proven.items()} == {0: 1, 1: 2}
    assert open_client(world, tmp_path).size == 3


def test_one_checkpoint_serves_many_batches_and_the_log_grows(client, world):
    confirm(client, world, offer(world, 0, 1))
    world.seal()
    assert 2 in confirm(client, world, offer(world, 2, trusted=3))
    assert client.size == 4


def test_a_receipt_for_another_statement_is_refused(client, world):
    offered = offer(world, 0)
    swapped = Offer({1: offered.receipts[0]}, offered.note, None)
    # The proof leads to another root, so the signature over that root is not the log's.
    assert refused(client, world, swapped) == "signature"


def test_a_receipt_by_another_key_is_refused(client, world):
    stranger, checkpoint = EdKey(), world.checkpoint()
    path = world.tree().inclusion_path(1)
    forged = sign_receipt(
        ORIGIN, 3, 1, path, checkpoint.root, stranger.public, EDDSA, stranger.sign
    )
    assert refused(client, world, Offer({0: forged}, world.note(), None)) == "kid"


def test_a_receipt_that_names_another_log_is_refused(client, world):
    size, root, key = 3, world.tree().root(), world.receipt_key
    path = world.tree().inclusion_path(1)
    receipt = sign_receipt("log/south", size, 1, path, root, key.public, EDDSA, key.sign)
    assert refused(client, world, Offer({0: receipt}, world.note(), None)) == "origin"


def test_a_receipt_with_another_size_for_the_same_root_is_refused(client, world):
    """Trap: the proof of (1, 3) also leads to the same root as (1, 4), as size is not signed."""
    checkpoint, path = world.checkpoint(), world.tree().inclusion_path(1)
    key = world.receipt_key
    lied = sign_receipt(ORIGIN, 4, 1, path, checkpoint.root, key.public, EDDSA, key.sign)
    assert refused(client, world, Offer({0: lied}, world.note(), None)) == "receipt-root"


@pytest.mark.parametrize("by", [(), ("ada", "bob"), ("ada",)])
def test_too_few_cosigners_are_refused(client, world, by):
    assert refused(client, world, offer(world, 0, by=by)) == "quorum"
    assert client.wants_policy, "the witnesses may have been exchanged"


def test_a_cosigner_counted_twice_is_refused(client, world):
    assert refused(client, world, offer(world, 0, by=("ada", "bob", "bob"))) == "note-twice"


def test_the_log_must_sign_besides_the_quorum(client, world):
    assert refused(client, world, offer(world, 0, log_key=EdKey())) == "note-unsigned"
    assert not client.wants_policy, "no exchange of witnesses would mend that"


def test_a_cosignature_from_the_future_is_refused_only_with_a_synced_clock(client, world):
    ahead = offer(world, 0, time=NOW + 3600)
    assert refused(client, world, ahead) == "future"
    assert confirm(client, world, ahead, now=None)


@pytest.mark.parametrize(
    ("late", "time"), [((0, 7, 9), 7), ((9, 0, 7), 7), ((9, 0, 5, 7), 5), ((0, 0, 0, 9), 0)]
)
def test_a_checkpoint_is_as_old_as_half_of_its_cosigners_say_at_least(world, late, time):
    """The lower median: of three or four, one liar moves it no further than an honest clock."""
    by_each = [
        parse_checkpoint(world.note(by=[name], time=NOW + seconds)).note
        for name, seconds in zip(MEMBERS, late, strict=False)
    ]
    log_line = by_each[0].signatures[0]
    cosigned = Note(by_each[0].text, (log_line, *(note.signatures[1] for note in by_each)))
    anchor = accept_checkpoint(cosigned.to_text().encode(), world.policy, NOW)
    assert anchor.time == NOW + time


def test_where_no_quorum_is_asked_for_nobody_vouches_for_a_time(world):
    lines = [
        line
        for line in world.policy_text.splitlines()
        if not line.startswith(("group ", "quorum "))
    ]
    policy = parse_policy("\n".join([*lines, "quorum none"]))
    anchor = accept_checkpoint(world.note(by=()), policy, NOW)
    assert (anchor.size, anchor.time) == (3, 0)


def test_a_cosignature_may_be_as_far_ahead_as_honest_clocks_differ(client, world):
    assert refused(client, world, offer(world, 0, time=NOW + WITNESSES_AHEAD_S + 1)) == "future"
    assert confirm(client, world, offer(world, 0, time=NOW + WITNESSES_AHEAD_S))


def test_without_a_clock_it_goes_on_confirming(client, world):
    confirm(client, world, offer(world, 0), now=None)
    assert confirm(client, world, offer(world, 1), now=None)


def test_the_same_checkpoint_again_writes_nothing(client, world, tmp_path):
    for _ in range(2):
        confirm(client, world, offer(world, 0))
    assert [path.name for path in tmp_path.iterdir()] == ["trusted.note"]


def test_a_smaller_log_is_stale_across_a_restart(client, world, tmp_path):
    old = Offer({0: world.receipt(0, size=2)}, world.note(world.checkpoint(2)), None)
    confirm(client, world, offer(world, 0, 1))
    with pytest.raises(Stale):
        confirm(open_client(world, tmp_path), world, old)


def test_a_missing_proof_is_withheld_and_freezes_nothing(client, world):
    confirm(client, world, offer(world, 0))
    world.seal()
    with pytest.raises(Withheld):
        confirm(client, world, offer(world, 2))
    assert client.frozen is None
    assert confirm(client, world, offer(world, 2, trusted=3))


def test_two_roots_of_one_size_freeze_trust_and_keep_the_evidence(client, world, tmp_path):
    confirm(client, world, offer(world, 0))
    forked = Offer({}, world.note(Checkpoint(ORIGIN, 3, hash_leaf(b"other history"))), None)
    with pytest.raises(Fork) as caught:
        confirm(client, world, forked)
    proof = read_fork(caught.value.evidence, world.policy.log)
    assert (proof.older.to_bytes(), proof.newer.to_bytes()) == (world.note(), forked.note)
    reopened = open_client(world, tmp_path)
    assert reopened.frozen is not None
    assert reopened.frozen.startswith(str(caught.value))
    (evidence,) = tmp_path.glob("fork-*.cbor")
    assert evidence.read_bytes() == caught.value.evidence
    world.seal()
    with pytest.raises(Fork):
        confirm(reopened, world, offer(world, 2, trusted=3))


def test_a_path_that_shows_another_beginning_is_a_fork(client, world):
    """The log signed a tree whose own first three entries have another root than it signed before."""
    confirm(client, world, offer(world, 0))
    world.entries[1] = b"rewritten"
    world.seal()
    path = world.consistency(3)
    with pytest.raises(Fork) as caught:
        confirm(client, world, Offer({2: world.receipt(2)}, world.note(), path))
    proof = read_fork(caught.value.evidence, world.policy.log)
    assert (proof.older.checkpoint.size, proof.newer.checkpoint.size) == (3, 4)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: [bytes(32) for _ in path],
        lambda path: path[:-1],
        lambda path: [*path, bytes(32)],
        lambda path: path[::-1],
    ],
    ids=["zeros", "short", "long", "reversed"],
)
def test_a_path_that_fails_is_withheld_and_the_note_stays_a_question(
    client, world, tmp_path, spoil
):
    """It is unsigned: a node that spoils paths must not freeze a gateway."""
    confirm(client, world, offer(world, 0))
    world.seal()
    honest = offer(world, 2, trusted=3)
    with pytest.raises(Withheld):
        confirm(client, world, Offer(honest.receipts, honest.note, spoil(honest.path)))
    assert client.frozen is None
    reopened = open_client(world, tmp_path)
    assert reopened.unjoined == 1
    assert confirm(reopened, world, honest)
    (question,) = reopened.questions()
    assert reopened.settle(question, ())
    assert open_client(world, tmp_path).unjoined == 0


def test_a_question_is_answered_once_the_log_has_grown_past_it(client, world, tmp_path):
    confirm(client, world, offer(world, 0))
    elsewhere = [*world.entries[:2], b"other", b"more"]
    tree = Tree([hash_leaf(entry) for entry in elsewhere])
    client.look_at(world.note(Checkpoint(ORIGIN, 4, tree.root()), by=()))
    (question,) = client.questions()
    assert client.settle(question, [bytes(32), bytes(32), bytes(32)]) is False
    world.seal()
    world.seal()
    confirm(client, world, offer(world, 2, 3, trusted=3))
    (question,) = client.questions()
    assert (question.older.checkpoint.size, question.newer.checkpoint.size) == (4, 5)
    path = world.consistency(4)
    assert not client.settle(question, path), "of a power of two: the start is not in the path"
    with pytest.raises(Fork):
        client.settle(question, path, world.tree().inclusion_path(4))
    assert open_client(world, tmp_path).frozen is not None


def test_only_the_log_itself_can_ask_a_question(client, world):
    confirm(client, world, offer(world, 0))
    forged = world.note(Checkpoint(ORIGIN, 9, bytes(32)), log_key=EdKey())
    with pytest.raises(EvidenceError):
        client.look_at(forged)
    assert client.unjoined == 0


def test_before_the_first_checkpoint_nothing_can_be_asked(client, world):
    assert client.size == 0
    client.look_at(world.note(by=()))
    assert (client.questions(), client.unjoined) == ([], 1)


def test_what_is_trusted_or_says_nothing_is_no_question(client, world):
    confirm(client, world, offer(world, 0))
    client.look_at(world.note(by=()))
    client.look_at(world.note(Checkpoint(ORIGIN, 0, bytes(32)), by=()))
    assert client.unjoined == 0


def test_another_root_of_the_trusted_size_is_a_fork(client, world):
    confirm(client, world, offer(world, 0))
    with pytest.raises(Fork):
        client.look_at(world.note(Checkpoint(ORIGIN, 3, bytes(32)), by=()))


def test_a_question_about_a_larger_log_begins_with_what_is_trusted(client, world, tmp_path):
    confirm(client, world, offer(world, 0))
    world.seal()
    client.look_at(world.note(by=()))
    (question,) = client.questions()
    assert (question.older.checkpoint.size, question.newer.checkpoint.size) == (3, 4)
    (note,) = tmp_path.glob("unjoined-*.note")
    assert len(note.stem) == len("unjoined-") + 16
    note.unlink()  # by somebody who cleared up; it is answered all the same
    assert client.settle(question, world.consistency(3))
    assert client.unjoined == 0


def test_a_question_of_the_size_that_is_trusted_by_now_proves_the_fork_alone(client, world):
    confirm(client, world, offer(world, 0))
    client.look_at(world.note(Checkpoint(ORIGIN, 4, bytes(32)), by=()))
    world.seal()
    confirm(client, world, offer(world, 2, trusted=3))
    (question,) = client.questions()
    with pytest.raises(Fork) as caught:
        client.settle(question, ())
    proof = read_fork(caught.value.evidence, world.policy.log)
    assert proof.older.checkpoint.size == proof.newer.checkpoint.size == 4
    assert (proof.older.checkpoint.root, proof.newer.checkpoint.root) == (
        world.tree().root(),
        bytes(32),
    )


def test_two_open_questions_of_one_size_are_a_fork(client, world):
    confirm(client, world, offer(world, 0))
    client.look_at(world.note(Checkpoint(ORIGIN, 9, bytes(32)), by=()))
    with pytest.raises(Fork):
        client.look_at(world.note(Checkpoint(ORIGIN, 9, hash_leaf(b"x")), by=()))


def test_questions_kept_are_few(client, world):
    confirm(client, world, offer(world, 0))
    for size in range(4, 4 + 2 * MOST_UNJOINED):
        client.look_at(world.note(Checkpoint(ORIGIN, size, hash_leaf(b"%d" % size)), by=()))
    assert client.unjoined == MOST_UNJOINED == 16


def test_after_the_trusting_period_nothing_is_confirmed(client, world):
    confirm(client, world, offer(world, 0))
    later = NOW + 15 * DAY
    world.seal()
    with pytest.raises(Expired):
        confirm(client, world, offer(world, 2, trusted=3, time=later), now=later)


def test_on_its_last_second_the_trusting_period_holds(client, world):
    confirm(client, world, offer(world, 0))
    last = client.trusted.time + 14 * DAY
    client.check_age(last)
    with pytest.raises(Expired):
        client.check_age(last + 1)


def test_all_or_nothing(client, world):
    offered = offer(world, 0, 1)
    flipped = offered.receipts[1][:-1] + bytes([offered.receipts[1][-1] ^ 1])
    broken = Offer({**offered.receipts, 1: flipped}, offered.note, None)
    with pytest.raises(EvidenceError):
        confirm(client, world, broken)
    assert client.trusted is None


def test_a_failed_write_confirms_nothing(world, tmp_path):
    folder = tmp_path / "gone"
    client = open_client(world, folder)
    with pytest.raises(WriteFailed):
        confirm(client, world, offer(world, 0))
    assert client.trusted is None


def test_what_is_trusted_may_be_read_by_all_and_says_why_it_is_frozen(client, world, tmp_path):
    confirm(client, world, offer(world, 0))
    client.look_at(world.note(Checkpoint(ORIGIN, 9, bytes(32)), by=()))
    with pytest.raises(Fork) as caught:
        client.look_at(world.note(Checkpoint(ORIGIN, 3, bytes(32)), by=()))
    assert client.frozen == str(caught.value)
    (proof,) = tmp_path.glob("fork-*.cbor")
    assert (tmp_path / "frozen").read_text() == f"{caught.value}\nevidence: {proof.name}\n"
    assert len(proof.stem) == len("fork-") + 16
    assert client.evidence() == [proof.read_bytes()]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}
    (tmp_path / "frozen").unlink()
    again = open_client(world, tmp_path)
    assert again.frozen == f"the log signed two histories\nevidence: {proof.name}"
    assert again.origin == ORIGIN


def test_notes_are_written_over_in_turn_in_files_of_a_page(client, world, tmp_path):
    names = []
    for seq in range(3):
        confirm(client, world, offer(world, seq, trusted=client.size))
        names.append(sorted(path.name for path in tmp_path.iterdir()))
        world.seal()
    assert names == [["trusted.note"], *[["trusted-2.note", "trusted.note"]] * 2]
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes == {"trusted.note": 4096, "trusted-2.note": 4096}
    assert (tmp_path / "trusted.note").read_bytes().startswith(f"{ORIGIN}\n5\n".encode())
    assert (tmp_path / "trusted-2.note").read_bytes().startswith(f"{ORIGIN}\n4\n".encode())


@pytest.mark.parametrize("spoiled", ["trusted.note", "trusted-2.note"])
def test_the_note_that_a_power_cut_spoiled_is_the_one_that_is_written_over(
    client, world, tmp_path, spoiled
):
    for seq in (0, 2, 3)[: 2 if spoiled == "trusted.note" else 3]:
        confirm(client, world, offer(world, seq, trusted=client.size))
        world.seal()
    (good,) = {"trusted.note", "trusted-2.note"} - {spoiled}
    kept = (tmp_path / good).read_bytes()
    (tmp_path / spoiled).write_bytes(b"cut off".ljust(4096, b"\0"))
    again = open_client(world, tmp_path)
    assert again.size == client.size
    confirm(again, world, offer(world, again.size - 1, trusted=again.size))
    assert (tmp_path / good).read_bytes() == kept
    assert (tmp_path / spoiled).read_bytes().startswith(f"{ORIGIN}\n{again.size}\n".encode())


def test_a_note_of_another_policy_is_told_with_what_to_do(client, world, tmp_path):
    confirm(client, world, offer(world, 0))
    stranger = LogWorld(world.gateway)
    with pytest.raises(
        Fatal, match=f"^{tmp_path}/trusted.note is not a checkpoint of the"
    ) as caught:
        open_client(stranger, tmp_path)
    assert "move trusted.note and trusted-2.note away" in caught.value.advice


def test_too_old_is_told_in_days(client, world):
    confirm(client, world, offer(world, 0))
    with pytest.raises(Expired, match="the trusted checkpoint is 20 days old"):
        client.check_age(client.trusted.time + 21 * DAY - 1)
    client.check_age(None)
