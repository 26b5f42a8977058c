"""Gateways are counted, not their keys, and go by name or id; a profile that is none is told."""

from __future__ import annotations

import asyncio
import json

import pytest

from ledger.gateways.gateways import read_gateways
from tests.ledger.log.test_ledger_lifecycle import Life
from tests.ledger.support import Gateway, asker, command, free_endpoint, make_cluster, running


@pytest.fixture
def gateway():
    return Life()


async def rotate(cluster, gateway, times=2):
    """Let a gateway send a batch and change its key, some times; the node lists each key."""
    async with running(cluster.sequencer), asker(cluster.sequencer, gateway) as node:
        await node.register(gateway.more())
        for _ in range(times):
            await node.register(gateway.rotate())
        await node.receipts(gateway, range(times + 1))
        told = await asyncio.to_thread(command, "status", cluster.sequencer.folder)
    keys = [each for each in read_gateways(cluster.sequencer.admitted) if each.name == "truck-7"]
    assert len(keys) == times + 1
    return told.stdout


def arrivals(cluster):
    said = command("arrivals", cluster.sequencer.folder)
    assert said.returncode == 0, said.stderr
    return [json.loads(line) for line in said.stdout.splitlines()]


async def test_a_gateway_whose_key_was_rotated_is_one_gateway(lone, gateway):
    """What `provisioning/watch` shows: else it would wait for ever for the keys of before."""
    told = await rotate(lone, gateway)
    assert "gateways   1 admitted, 0 out of service\n" in told
    (arrival,) = arrivals(lone)
    assert (arrival["state"], arrival["batches"]) == ("confirmed", 3)
    assert arrival["key"] == gateway.signer.public.kid.hex()
    old = read_gateways(lone.sequencer.admitted)[0].key.kid.hex()
    assert command("revoke", lone.sequencer.folder, "truck-7", "--key", old).returncode == 0
    (arrival,) = arrivals(lone)
    assert arrival["state"] == "confirmed", "one key of three was revoked"
    assert "1 admitted, 0 out of service" in command("status", lone.sequencer.folder).stdout


async def test_one_that_was_revoked_counts_once_and_is_out(lone, gateway):
    other = Gateway(name="truck-8")
    lone.admit(other)
    await rotate(lone, gateway)
    said = command("revoke", lone.sequencer.folder, "truck-7")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(f"truck-7 ({gateway.issuer}) is let in no longer\n")
    states = {each["label"]: each["state"] for each in arrivals(lone)}
    assert states == {"truck-7": "out of service", "truck-8": "enrolled"}
    told = command("status", lone.sequencer.folder).stdout
    assert "gateways   1 admitted, 1 out of service\n" in told


def test_revoke_takes_name_or_id_alike(lone, gateway):
    lone.admit(Gateway(name="truck-8"))
    wrong = command("revoke", lone.sequencer.folder, "truck-77")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "no gateway truck-77 is admitted here: did you mean 'truck-7'?" in wrong.stderr
    assert "tallyman-ledger admitted DIR" in wrong.stderr
    assert command("revoke", lone.sequencer.folder, "truck-8").returncode == 0
    assert command("revoke", lone.sequencer.folder, gateway.issuer).returncode == 0
    assert all(each.revoked for each in read_gateways(lone.sequencer.admitted))


def test_a_witness_shuts_out_and_has_no_policy_to_give(tmp_path, gateway):
    cluster = make_cluster(tmp_path, witnesses=1)
    (witness,) = cluster.witnesses
    cluster.admit(gateway, witness)
    said = command("revoke", witness.folder, "truck-7")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"truck-7 ({gateway.issuer}) is let in no longer\n"
    assert all(each.revoked for each in read_gateways(witness.admitted))


def test_two_gateways_of_one_name_are_told_apart_by_their_id(lone, gateway):
    lone.admit(Gateway())
    said = command("revoke", lone.sequencer.folder, "truck-7")
    assert (said.returncode, "name it by its id" in said.stderr) == (2, True)
    assert command("revoke", lone.sequencer.folder, gateway.issuer).returncode == 0


@pytest.fixture
def door(tmp_path, gateway):
    cluster = make_cluster(tmp_path, witnesses=0, settings=f'enrol_listen = "{free_endpoint()}"\n')
    cluster.admit(gateway)
    return cluster


VERBS = {
    "token": ["--label", "truck-9"],
    "replace": ["truck-7", "--reason", "PSU", "--by", "tech-1"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_profile_that_no_card_has_is_refused_with_those_that_there_are(door, tmp_path, verb):
    words = ["token", "new"] if verb == "token" else ["replace"]
    words += [door.sequencer.folder, *VERBS[verb], "--site", "turin", "--expires", "14d"]
    said = command(*words, "--profile", "frog")
    assert (said.returncode, said.stdout) == (2, "")
    assert "there is no profile 'frog'" in said.stderr
    assert "truck, warehouse" in said.stderr
    slip = command(*words, "--profile", "trukc")
    assert "did you mean 'truck'?" in slip.stderr
    assert not door.sequencer.tokens.exists()
    assert not any(each.out for each in read_gateways(door.sequencer.admitted)), "nothing was done"
    (tmp_path / "frog.toml").write_text("")
    own = command(*words, "--profile", "frog", "--profiles", tmp_path)
    assert own.returncode == 0, own.stderr
    assert 'profile = "frog"' in own.stdout


async def test_programs_are_told_the_same_as_people(lone, gateway):
    await rotate(lone, gateway)
    folder = lone.sequencer.folder
    told = command("status", folder, "--json")
    state = json.loads(told.stdout)
    assert (told.returncode, state["answers"][state["node"]][:9]) == (1, "no answer")
    assert state["gateways"] == {"admitted": 1, "out": 0, "keys_to_end": 0}
    (log,) = state["logs"]
    assert (log["entries"], log["cosigned_size"], log["cosigners"]) == (4, 4, [state["node"]])
    assert state["evidence"] == {}
    listed = json.loads(command("admitted", folder, "--json").stdout)["gateways"]
    assert [each["name"] for each in listed] == ["truck-7"] * 3
    assert listed[2]["kid"] == gateway.signer.public.kid.hex()
    assert json.loads(command("token", "list", folder, "--json").stdout) == {"tokens": []}
