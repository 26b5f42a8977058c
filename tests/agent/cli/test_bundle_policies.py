"""`tallyman bundle` where the policy changed: it names where to cut, and what nobody will believe."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.cli.main import main
from agent.journal.journal import Confirmation
from agent.journal.ring_journal import RingJournal
from agent.light_client.pinned_policy import TRUST_FOLDER
from agent.signing.file_key import FileKey
from agent.signing.identity import Identity, to_text
from evidence.policy import parse_policy
from tests.agent.light_client.test_policy_updates import Consortium, open_client
from tests.agent.log_world import EPOCH, ISSUER, NOW, record
from tests.independent.verify import exit_code as stranger_verifies


class Card:
    """A gateway's folder; batches are confirmed as the world's policy is when they are sealed."""

    def __init__(self, folder):
        self.folder = folder
        self.world = Consortium(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
        self.state = folder / "state"
        self.state.mkdir()
        (self.state / "identity.toml").write_text(to_text(Identity(ISSUER, EPOCH)))
        self.policy = folder / "policy.txt"
        self.pin()
        (folder / "tallyman.toml").write_text(
            '[gateway]\nname = "t"\nstate_dir = "state"\ncontrol = "c.sock"\n'
            '[ledger]\npolicy = "policy.txt"\n'
        )
        self.journal = RingJournal(self.state / "journal.sqlite", EPOCH)

    def pin(self, text=None):
        self.policy.write_text(text or self.world.policy_text)

    def confirm(self, batches):
        for _ in range(batches):
            first = self.journal.count()
            records = [record(first + n) for n in range(3)]
            self.journal.commit(records)
            batch = self.world.seal(records)
            self.journal.seal(batch)
            self.journal.set_accepted([batch.seq], 1)
            size = len(self.world.entries)
            proof = Confirmation(batch.seq, batch.seq + 1, self.world.receipt(batch.seq), size)
            self.journal.set_confirmed([proof], self.world.note(), 2)

    def exchange(self, *leaving):
        (self.state / TRUST_FOLDER).mkdir(exist_ok=True)
        client = open_client(parse_policy(self.policy.read_text()), self.state / TRUST_FOLDER)
        assert client.update_policy(self.world.exchange(*leaving), NOW)


@pytest.fixture
def card(tmp_path, monkeypatch):
    monkeypatch.setenv("TALLYMAN_CONFIG", str(tmp_path / "tallyman.toml"))
    monkeypatch.chdir(tmp_path)
    card = Card(tmp_path)
    yield card
    card.journal.close()


@pytest.fixture
def bundle(capsys):
    """Make a bundle; return its exit code and what was said."""

    def bundle(name, *options):
        capsys.readouterr()
        code = main(["bundle", "-o", name, *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return bundle


def test_after_an_exchange_of_witnesses_it_says_which_record_to_cut_at(card, bundle):
    before = card.world.policy_text
    card.confirm(3)
    card.exchange("ada", "bob")
    card.confirm(2)
    code, said = bundle("all.bundle")
    told = " ".join(said.split())
    assert code == 2, "it must be asked otherwise"
    assert "the witnesses changed behind record 8" in told
    assert "one with --until 8, one with --since 9; or add --parts" in told
    assert not (card.folder / "all.bundle").exists()
    for name, options, policy in (
        ("old.bundle", ("--until", "8"), before),
        ("new.bundle", ("--since", "9"), card.world.policy_text),
    ):
        code, said = bundle(name, *options)
        assert code == 0, said
        assert "nobody believes" not in said
        assert stranger_verifies((card.folder / name).read_bytes(), policy) == 0


def test_the_parts_are_made_in_one_go_and_say_which_policy_each_is_for(card, bundle):
    policies = [card.world.policy_text]
    card.confirm(3)
    for leaving in (("ada", "bob"), ("cyd", "dan")):
        card.exchange(*leaving)
        policies.append(card.world.policy_text)
        card.confirm(2)
    code, said = bundle("trip.bundle", "--parts")
    assert code == 0, said
    for number, policy in enumerate(policies, start=1):
        made = card.folder / f"trip.{number}.bundle"
        assert stranger_verifies(made.read_bytes(), policy) == 0
        assert f"policy    {parse_policy(policy).digest.hex()}" in said
    assert "records 0 to 8 in 3 batches" in said
    assert "records 15 to 20 in 2 batches" in said
    assert max(map(len, said.splitlines())) < 80
    assert not (card.folder / "trip.bundle").exists()
    code, said = bundle("few.bundle", "--parts", "--json", "--since", "10", "--until", "14")
    assert json.loads(said)["policy"] == parse_policy(policies[1]).digest.hex()
    assert (card.folder / "few.bundle").exists(), "under one policy it is one file"


def test_what_the_pinned_policy_does_not_believe_is_said_and_still_written(card, bundle):
    """The pinned file is older than the one that auditors have: it may lack a key."""
    card.confirm(2)
    lines = card.world.policy_text.splitlines(keepends=True)
    card.pin("".join(line for line in lines if not line.startswith("gateway")))
    code, said = bundle("a.bundle")
    assert code == 0
    assert "nobody believes" not in said, "nothing is wrong with the bundle"
    assert "the consortium's newest policy along: the one pinned here was" in said
    assert max(map(len, said.splitlines())) < 80
    assert stranger_verifies((card.folder / "a.bundle").read_bytes(), card.world.policy_text) == 0
    code, said = bundle("a.bundle", "--json")
    assert len(json.loads(said)["not_anchored"]) == 2


def test_a_revoked_key_s_batches_are_said_to_be_worthless(card, bundle):
    card.confirm(2)
    card.pin(card.world.policy_text.rstrip("\n") + " revoked 2021-01-01T00:00:00Z\n")
    code, said = bundle("a.bundle")
    assert (code, "[key-revoked]" in said) == (0, True)


def test_what_nobody_would_find_whole_is_not_handed_out(card, bundle, monkeypatch):
    """The journal skips a number that no gap declares: the verifier would find the hole."""
    card.confirm(3)
    from agent.cli import bundle_choice as verb

    rows = verb.confirmed_rows

    def holed(*args):
        first, _, last = rows(*args)
        return [first, last]

    monkeypatch.setattr(verb, "confirmed_rows", holed)
    code, said = bundle("a.bundle")
    assert code == 1
    assert "the bundle would not verify: statement 2" in " ".join(said.split())
    assert not (card.folder / "a.bundle").exists()


def test_new_epoch_goes_on_from_what_the_policy_still_proves(card, capsys):
    card.confirm(3)
    world, proof = card.world, card.journal.proofs(card.journal.batch(1))
    assert len(proof) == 1
    other = replace(proof[0], receipt=world.receipt(2))
    kept = Confirmation(1, 2, other.receipt, len(world.entries))
    card.journal.set_confirmed([kept], world.note(), 3)
    card.journal.close()
    assert main(["keys", "new-epoch", "--reason", "restored-card"]) == 0
    said = capsys.readouterr().out
    assert "its batch 0: restored-card" in said
    assert "carried    6 records under new numbers from 0" in said
    assert "6 of them again: a node has them, in batches not proven here" in said
    assert max(map(len, said.splitlines())) < 80


def test_new_epoch_carries_on_what_a_revoked_key_cannot_prove_any_more(card, capsys):
    card.confirm(2)
    card.pin(card.world.policy_text.rstrip("\n") + " revoked 2021-01-01T00:00:00Z\n")
    card.journal.close()
    assert main(["keys", "new-epoch", "--reason", "lost-key"]) == 0
    said = capsys.readouterr().out
    assert "none of its batches: lost-key" in said
    assert "carried    6 records under new numbers from 0" in said


def test_new_epoch_without_the_policy_does_not_guess(card, capsys):
    card.confirm(1)
    card.journal.close()
    (card.folder / "tallyman.toml").write_text('[gateway]\nname = "t"\nstate_dir = "state"\n')
    assert main(["keys", "new-epoch", "--reason", "restored-card"]) == 2
    said = capsys.readouterr().err
    assert "nothing tells whether confirmed batches are proven" in " ".join(said.split())
    assert "epoch" in (card.state / "identity.toml").read_text()
    assert EPOCH.hex() in (card.state / "identity.toml").read_text()


@pytest.mark.parametrize(("changes", "made"), [(0, [(0, True)]), (1, [(1, False), (2, True)])])
def test_the_last_part_alone_tells_what_is_not_shown(card, bundle, monkeypatch, changes, made):
    card.confirm(1)
    for _ in range(changes):
        card.exchange("ada", "bob")
        card.confirm(1)
    written = []

    def write(args, config, chosen, stretch, number, *, whole):
        written.append((number, whole))
        return True

    monkeypatch.setattr("agent.cli.bundle.write", write)
    assert bundle("all.bundle", "--parts")[0] == 0
    assert written == made
