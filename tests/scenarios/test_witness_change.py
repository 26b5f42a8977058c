"""One member's witness is lost for good: the others put a new one in its place, and nothing stops.

Real nodes, the operators' commands, and a gateway that still has the first policy pinned.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from evidence.errors import EvidenceError
from evidence.policy_update import follow, parse_update
from foundation.errors import Fatal
from ledger import cli
from ledger.base.config import read_config
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.enrolling import lists
from ledger.log.policy_chain import load_chain
from ledger.node.assembly import open_node
from ledger.node.init import Plan, init_node
from ledger.policy import change as policy_change
from tests.ledger.support import NOW, free_endpoint, make_cluster, running, surroundings
from tests.scenarios.test_split_view import Stage, confirm

LATER = NOW + 3600


@pytest.fixture
def cluster(tmp_path):
    return make_cluster(tmp_path)


def new_member(folder, name="echo"):
    endpoint = free_endpoint()
    files = NodeFiles(folder / name)
    init_node(files, Plan(name, Role.WITNESS, endpoint, endpoint, f"{name}/log"), NOW)
    return files


def publics(*nodes):
    return [read_public_node(files.public) for files in nodes]


def members_after(cluster, echo):
    """bravo is lost; charlie and delta stay, echo comes."""
    return [*cluster.witnesses[1:], echo]


def run(*words):
    assert cli.main([str(word) for word in words]) == 0


def exchange(cluster, folder, echo, signers):
    """The ceremony, by the operators' own commands."""
    files = [node.public for node in members_after(cluster, echo)]
    draft = folder / "change.cbor"
    run("policy-propose", cluster.sequencer.folder, "--witness", *files, "-o", draft)
    signed = []
    for node in signers:
        signed.append(folder / f"{node.folder.name}.cbor")
        run("policy-sign", node.folder, draft, "-o", signed[-1])
    updates = ("--update", *signed) if signed else ("--update", draft)
    run("policy-publish", cluster.sequencer.folder, "--witness", *files, *updates)
    lists.pin(echo, cluster.sequencer.policy, cluster.sequencer.public)


async def test_a_gateway_follows_the_old_quorum_to_the_new_witnesses(tmp_path):
    async with AsyncExitStack() as stack:
        stage = Stage(tmp_path, stack)
        stack.callback(stage.context.destroy, linger=0)
        cluster, clock = stage.cluster, stage.clock
        async with AsyncExitStack() as nodes:
            for files in (*cluster.witnesses, cluster.sequencer):
                await nodes.enter_async_context(running(files, clock))
            agent = await stage.gateway("truck-7", 7, cluster.sequencer)
            await confirm(agent, 2)
        pinned = cluster.policy
        echo = new_member(tmp_path)
        exchange(cluster, tmp_path, echo, cluster.witnesses[1:])
        assert cluster.policy.gateways == pinned.gateways, "admission goes on as it was"
        async with AsyncExitStack() as nodes:
            for files in (*members_after(cluster, echo), cluster.sequencer):
                await nodes.enter_async_context(running(files, clock))
            assert agent.client.policy.digest == pinned.digest
            stage.compare(agent)
            await agent.seal()
            await agent.confirmed(3)
        assert agent.client.policy.digest == cluster.policy.digest != pinned.digest
        assert agent.client.frozen is None
        assert agent.client.size >= 4


def test_the_commands_show_what_is_changed_and_who_signed(cluster, tmp_path, capsys):
    exchange(cluster, tmp_path, new_member(tmp_path), cluster.witnesses[1:])
    told = capsys.readouterr().out
    assert "change 1 of example.org/log" in told
    assert "3 of alpha, charlie, delta, echo" in told
    assert "signed by alpha, charlie, delta" in told


def test_too_few_signers_change_nothing(cluster, tmp_path):
    echo = new_member(tmp_path)
    before = cluster.sequencer.policy.read_text(), cluster.sequencer.config.read_text()
    update = propose(cluster, echo)
    signed = policy_change.sign(cluster.witnesses[1], update, NOW)
    with pytest.raises(Fatal, match="not the old quorum"):
        policy_change.publish(cluster.sequencer, [signed], publics(*members_after(cluster, echo)))
    after = cluster.sequencer.policy.read_text(), cluster.sequencer.config.read_text()
    assert after == before


def test_a_member_signs_one_update_of_a_number(cluster, tmp_path):
    """Also when the sequencer forgot, or lies about, what it proposed before."""
    witness = cluster.witnesses[1]
    one = propose(cluster, new_member(tmp_path, "echo"))
    policy_change.sign(witness, one, NOW)
    assert policy_change.sign(witness, one, LATER), "the same again is no second one"
    fox = new_member(tmp_path, "fox")
    with pytest.raises(Fatal, match="signed another"):
        propose(cluster, fox)
    for path in cluster.sequencer.signed_updates.iterdir():
        path.unlink()
    with pytest.raises(Fatal, match="signed another"):
        policy_change.sign(witness, propose(cluster, fox), NOW)


def test_a_proposal_whose_file_was_lost_is_made_again(cluster, tmp_path):
    echo = new_member(tmp_path)
    files = [str(node.public) for node in members_after(cluster, echo)]
    argv = ["policy-propose", str(cluster.sequencer.folder), "--witness", *files, "-o"]
    assert cli.main([*argv, str(tmp_path / "nowhere" / "change.cbor")]) == 2
    first, later = propose(cluster, echo), propose(cluster, echo, LATER)
    assert later.change == first.change
    assert policy_change.sign(cluster.witnesses[1], later, LATER)


def propose(cluster, newcomer, now=NOW):
    members = publics(*members_after(cluster, newcomer))
    return policy_change.propose(cluster.sequencer, members, None, now)


def test_a_stranger_s_log_is_not_signed_for(cluster, tmp_path):
    other = make_cluster(tmp_path / "other")
    update = propose(other, new_member(tmp_path))
    with pytest.raises((Fatal, EvidenceError)):
        policy_change.sign(cluster.witnesses[0], update, NOW)


async def test_a_publish_cut_off_is_told_and_completed(cluster, tmp_path):
    echo = new_member(tmp_path)
    files = (cluster.sequencer.policy, cluster.sequencer.config)
    before = [path.read_text() for path in files]
    exchange(cluster, tmp_path, echo, cluster.witnesses[1:])
    for path, text in zip(files, before, strict=True):  # the power went behind the update's file
        path.write_text(text)
    with pytest.raises(Fatal, match="newest policy update"):
        async with open_node(cluster.sequencer, surroundings()):
            pass
    files = [node.public for node in members_after(cluster, echo)]
    updates = sorted(tmp_path.glob("*.cbor"))
    run("policy-publish", cluster.sequencer.folder, "--witness", *files, "--update", updates[0])
    async with open_node(cluster.sequencer, surroundings()):
        pass


def test_the_chain_begins_at_the_founding_policy_and_settings_stay(cluster, tmp_path):
    founding = cluster.policy
    exchange(cluster, tmp_path, new_member(tmp_path), cluster.witnesses[1:])
    chain = load_chain(cluster.sequencer)
    assert [policy.digest for policy in chain.policies] == [founding.digest, cluster.policy.digest]
    served = chain.after(founding.digest)
    assert follow(founding, [parse_update(data) for data in served])[-1].digest == (
        cluster.policy.digest
    )
    assert chain.after(cluster.policy.digest) == []
    assert chain.after(bytes(32)) == []
    config = read_config(cluster.sequencer.config)
    assert config.checkpoint_every_ms == 20
    assert [witness.name for witness in config.witnesses] == ["charlie", "delta", "echo"]
