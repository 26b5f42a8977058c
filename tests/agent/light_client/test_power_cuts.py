"""The power goes at each system call of what the light client writes: it never acts before disk."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.light_client.client import LightClient, Offer
from agent.light_client.errors import Fork
from agent.light_client.trusted_store import TrustedStore
from agent.signing.file_key import FileKey
from evidence.checkpoint import Checkpoint
from evidence.fork import read_fork
from evidence.merkle import hash_leaf
from foundation.durable import Disk
from tests.agent.log_world import NOW, ORIGIN, LogWorld

DAY = 86400
MOST_CALLS = 12


class PowerCut(BaseException):
    """Nothing in the program may catch it."""


class FailingDisk(Disk):
    """Power goes before the system call number `at`; with `at` None it never does."""

    def __init__(self, at):
        self.left = at

    def _call(self):
        if self.left is not None:
            if self.left == 0:
                raise PowerCut
            self.left -= 1

    def write(self, fd, data):
        self._call()
        return super().write(fd, data)

    def pwrite(self, fd, data, offset):
        self._call()
        if self.left == 0:  # the power goes in the middle of this write
            os.pwrite(fd, data[: len(data) // 16], offset)
            raise PowerCut
        return super().pwrite(fd, data, offset)

    def fsync(self, fd):
        self._call()
        super().fsync(fd)

    def fdatasync(self, fd):
        self._call()
        super().fdatasync(fd)

    def replace(self, source, target):
        self._call()
        super().replace(source, target)


@pytest.fixture
def world():
    world = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
    world.seal()
    world.seal()
    return world


def open_client(world, folder, at=None):
    return LightClient(world.policy, TrustedStore(folder, FailingDisk(at)), 14 * DAY)


def confirm(client, world, seq, trusted=0):
    path = world.consistency(trusted) if trusted else None
    statements = {seq: world.statement(seq)}
    return client.confirm(statements, Offer({seq: world.receipt(seq)}, world.note(), path), NOW)


def cut(action, *kinds):
    """Do what ends by a power cut, or by one of `kinds`; tell whether it came to its end."""
    try:
        action()
    except PowerCut:
        return False
    except kinds:
        pass
    return True


@pytest.mark.parametrize("at", range(MOST_CALLS))
def test_a_checkpoint_is_trusted_before_it_is_acted_on(world, tmp_path, at):
    confirm(open_client(world, tmp_path), world, 0)
    world.seal()
    client = open_client(world, tmp_path, at)
    done = cut(lambda: confirm(client, world, 2, trusted=3))
    after = open_client(world, tmp_path)
    assert after.size == 4 if done else after.size in (3, 4)
    assert confirm(after, world, 2, trusted=after.size if after.size < 4 else 0)


@pytest.mark.parametrize("at", range(MOST_CALLS))
def test_a_checkpoint_written_over_an_older_one_spoils_no_trust(world, tmp_path, at):
    client = open_client(world, tmp_path)
    for seq in range(4):
        confirm(client, world, seq, trusted=client.size)
        world.seal()
    assert len(list(tmp_path.glob("trusted*.note"))) == 2
    upto = client.size
    client = open_client(world, tmp_path, at)
    done = cut(lambda: confirm(client, world, 4, trusted=upto))
    after = open_client(world, tmp_path)
    assert after.size == upto + 1 if done else after.size in (upto, upto + 1)
    assert confirm(after, world, 4, trusted=after.size if after.size == upto else 0)


@pytest.mark.parametrize("at", range(MOST_CALLS))
def test_a_fork_once_seen_freezes_and_its_evidence_is_whole(world, tmp_path, at):
    confirm(open_client(world, tmp_path), world, 0)
    client = open_client(world, tmp_path, at)
    forked = world.note(Checkpoint(ORIGIN, 3, hash_leaf(b"other history")))
    done = cut(lambda: client.confirm({}, Offer({}, forked, None), NOW), Fork)
    after = open_client(world, tmp_path)
    assert (after.frozen is not None) == bool(after.evidence())
    assert after.frozen is not None or not done
    for evidence in after.evidence():
        read_fork(evidence, world.policy.log)
    if after.frozen is not None:
        with pytest.raises(Fork):
            confirm(after, world, 0)


@pytest.mark.parametrize("at", range(MOST_CALLS))
def test_a_question_is_kept_before_it_is_asked(world, tmp_path, at):
    confirm(open_client(world, tmp_path), world, 0)
    client = open_client(world, tmp_path, at)
    note = world.note(Checkpoint(ORIGIN, 9, hash_leaf(b"further")), by=())
    done = cut(lambda: client.look_at(note))
    assert open_client(world, tmp_path).unjoined in ((1,) if done else (0, 1))


def test_the_longest_of_these_ends_before_the_last_cut(world, tmp_path):
    """So the cuts above cover every call."""
    confirm(open_client(world, tmp_path), world, 0)
    client = open_client(world, tmp_path, MOST_CALLS - 1)
    forked = world.note(Checkpoint(ORIGIN, 3, hash_leaf(b"other history")))
    assert cut(lambda: client.confirm({}, Offer({}, forked, None), NOW), Fork)
