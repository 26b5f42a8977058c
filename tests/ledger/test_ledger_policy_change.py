"""Witnesses are exchanged by hand: proposed, signed by the quorum of before, then put in force."""

from __future__ import annotations

import shutil

import pytest

from evidence.policy_update import Change, parse_update
from foundation.durable import lock_file
from foundation.errors import Fatal
from ledger.base.config import read_config
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.log.policy_chain import load_chain
from ledger.node.init import Plan, init_node
from ledger.policy.change import propose, publish, read_update, sign
from tests.ledger.support import NOW, Cluster, Gateway, make_cluster

ORIGIN = "example.org/log"
ADDRESS = "tcp://127.0.0.1:7411"


class Members:
    """A log's operator alpha with bravo, charlie and delta; echo is to come in delta's place."""

    def __init__(self, cluster, echo):
        self.cluster, self.alpha = cluster, cluster.sequencer
        self.files = dict(zip(("bravo", "charlie", "delta"), cluster.witnesses, strict=True))
        self.files["echo"] = echo
        self.public = {name: read_public_node(each.public) for name, each in self.files.items()}

    def of(self, *names):
        return [self.public[name] for name in names]

    def propose(self, *names, quorum=None, now=NOW):
        return propose(self.alpha, self.of(*names), quorum, now)

    def signed(self, update, *names):
        return [sign(self.files[name], update, NOW + 1) for name in names]

    def chain(self):
        return load_chain(self.alpha)


NEXT = ("bravo", "charlie", "echo")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The nodes' folders as they are before each test, and the gateway that alpha admits."""
    folder, gateway = tmp_path_factory.mktemp("made"), Gateway()
    make_cluster(folder).admit(gateway)
    plan = Plan("echo", Role.WITNESS, ADDRESS, ADDRESS, "echo/log")
    init_node(NodeFiles(folder / "echo"), plan, NOW)
    return folder, gateway


@pytest.fixture
def members(tmp_path, made):
    folder = shutil.copytree(made[0], tmp_path / "nodes")
    alpha, *witnesses, echo = (
        NodeFiles(folder / name) for name in ("alpha", "bravo", "charlie", "delta", "echo")
    )
    return Members(Cluster(folder, alpha, witnesses), echo)


def test_a_proposal_names_the_members_from_then_on_and_what_it_replaces(members):
    old = members.cluster.policy
    update = members.propose(*NEXT)
    assert update.change == Change(ORIGIN, 1, update.policy.digest, old.digest, NOW)
    assert sorted(update.policy.witnesses) == ["alpha", "bravo", "charlie", "echo"]
    assert update.policy.witnesses["echo"] == members.public["echo"].cosigner
    ((name, group),) = update.policy.groups.items()
    assert (update.policy.quorum, group.threshold, len(group.members)) == (name, 3, 4)
    assert (update.policy.log, update.policy.receipt_key) == (old.log, old.receipt_key)
    update.note.verify(old.log)
    assert update.signers(old) == {"alpha": NOW}
    assert members.chain().sequence == 0, "nothing is in force by it"


def test_the_quorum_may_be_given(members):
    ((_, group),) = members.propose(*NEXT, quorum=4).policy.groups.items()
    assert group.threshold == 4


@pytest.mark.parametrize(
    ("names", "quorum", "said"),
    [
        (("bravo", "charlie", "delta"), None, "are in force, or were before"),
        (("bravo", "bravo"), None, "two members have one name"),
        (NEXT, 0, "--quorum 0: not usable"),
        (NEXT, 5, "--quorum 5: not usable"),
    ],
)
def test_what_cannot_be_proposed_is_told(members, names, quorum, said):
    with pytest.raises(Fatal, match=said) as caught:
        members.propose(*names, quorum=quorum)
    assert caught.value.advice
    assert not members.alpha.signed_updates.exists()


def test_proposed_again_it_is_the_same_and_another_of_its_number_is_refused(members):
    first = members.propose(*NEXT)
    again = members.propose(*NEXT, now=NOW + 5)
    assert again.change == first.change
    with pytest.raises(Fatal, match="signed another policy update 1 of this log"):
        members.propose("bravo", "echo")
    assert members.alpha.signed_updates.stat().st_mode & 0o777 == 0o700


def test_a_member_signs_once_and_only_for_what_he_cosigns(members):
    update = members.propose(*NEXT)
    (one,) = members.signed(update, "bravo")
    twice = sign(members.files["bravo"], one, NOW + 9)
    old = members.cluster.policy
    assert one.signers(old) == {"alpha": NOW, "bravo": NOW + 1}
    assert twice.signers(old) == {"alpha": NOW, "bravo": NOW + 9}
    assert len(twice.note.signatures) == len(one.note.signatures) == 3
    assert parse_update(one.to_bytes()) == one
    with pytest.raises(Fatal, match=f"the log '{ORIGIN}' is not pinned here"):
        members.signed(update, "echo")


def test_who_signed_one_signs_no_other_of_its_number(members):
    update = members.propose(*NEXT)
    members.signed(update, "bravo")
    for path in members.alpha.signed_updates.iterdir():
        path.unlink()  # an operator who wants two histories
    other = members.propose("bravo", "echo")
    with pytest.raises(Fatal, match="another policy update 1") as caught:
        members.signed(other, "bravo")
    assert "refuse it" in caught.value.advice
    members.signed(other, "charlie")


def test_what_the_old_quorum_signed_is_put_in_force_and_again_changes_nothing(members, made):
    old = members.cluster.policy
    update = members.propose(*NEXT)
    copies = members.signed(update, "bravo", "delta")
    for _ in range(2):
        assert publish(members.alpha, copies, members.of(*NEXT)) == ("alpha", "bravo", "delta")
        chain = members.chain()
        assert [policy.digest for policy in chain.policies] == [old.digest, update.policy.digest]
        assert chain.sequence == 1
        policy = members.cluster.policy
        assert policy.digest == update.policy.digest
        assert [each.issuer for each in policy.gateways] == [made[1].issuer]
        assert members.alpha.policy.read_text().startswith(update.text.rstrip("\n") + "\n")
        config = read_config(members.alpha.config)
        assert [witness.name for witness in config.witnesses] == list(NEXT)
        assert config.checkpoint_every_ms == 20
        for path in (members.alpha.policy, members.alpha.config):
            assert path.stat().st_mode & 0o777 == 0o644


def test_a_power_cut_behind_the_first_file_is_mended_by_doing_it_again(members):
    before = members.alpha.policy.read_bytes(), members.alpha.config.read_bytes()
    update = members.propose(*NEXT)
    copies = members.signed(update, "bravo", "delta")
    publish(members.alpha, copies, members.of(*NEXT))
    after = members.alpha.policy.read_bytes(), members.alpha.config.read_bytes()
    members.alpha.policy.write_bytes(before[0])
    members.alpha.config.write_bytes(before[1])
    publish(members.alpha, copies, members.of(*NEXT))
    assert (members.alpha.policy.read_bytes(), members.alpha.config.read_bytes()) == after
    assert members.chain().sequence == 1


def test_what_lacks_signatures_or_members_is_not_put_in_force(members):
    before = members.alpha.policy.read_bytes(), members.alpha.config.read_bytes()
    update = members.propose(*NEXT)
    (bravo,) = members.signed(update, "bravo")
    with pytest.raises(Fatal, match="quorum") as caught:
        publish(members.alpha, [update, bravo], members.of(*NEXT))
    assert "all files that the members signed" in caught.value.advice
    copies = [bravo, *members.signed(update, "charlie")]
    for names in (("bravo", "charlie"), ("bravo", "charlie", "delta"), (*NEXT, "delta")):
        with pytest.raises(Fatal, match="are not the members of the update"):
            publish(members.alpha, copies, members.of(*names))
    with lock_file(members.alpha.run_lock), pytest.raises(Fatal, match="already runs here"):
        publish(members.alpha, copies, members.of(*NEXT))
    assert (members.alpha.policy.read_bytes(), members.alpha.config.read_bytes()) == before
    assert members.chain().sequence == 0


def test_files_of_different_updates_are_told_apart(members):
    update = members.propose(*NEXT)
    for path in members.alpha.signed_updates.iterdir():
        path.unlink()
    other = members.propose("bravo", "echo")
    with pytest.raises(Fatal, match="the files are of different updates"):
        publish(members.alpha, [update, other], members.of(*NEXT))


def test_the_next_change_goes_on_from_the_one_before_and_none_goes_back(members):
    first = members.propose(*NEXT)
    copies = members.signed(first, "bravo", "charlie")
    publish(members.alpha, copies, members.of(*NEXT))
    with pytest.raises(Fatal, match="are in force, or were before"):
        members.propose("bravo", "charlie", "delta")
    second = members.propose("bravo", "echo", now=NOW + 7)
    assert second.change == Change(ORIGIN, 2, second.policy.digest, first.policy.digest, NOW + 7)
    signed = members.signed(second, "bravo", "charlie")
    assert publish(members.alpha, signed, members.of("bravo", "echo")) == (
        "alpha", "bravo", "charlie",
    )  # fmt: skip
    assert members.chain().sequence == 2
    with pytest.raises(Fatal, match="this update was followed by others"):
        publish(members.alpha, copies, members.of(*NEXT))


def test_what_is_no_update_is_named(members, tmp_path):
    path = tmp_path / "update"
    with pytest.raises(Fatal, match=f"{path} cannot be read: No such file") as caught:
        read_update(path)
    assert "policy-propose" in caught.value.advice
    path.write_bytes(b"rubbish")
    with pytest.raises(Fatal, match=f"{path} is no policy update: "):
        read_update(path)
    path.write_bytes(members.propose(*NEXT).to_bytes())
    assert read_update(path).change.sequence == 1
