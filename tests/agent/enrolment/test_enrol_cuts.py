"""Enrolment cut off at each write, and run again: one gateway, one identity, no token left."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from agent.cli import enrol as verb
from agent.cli.main import main
from agent.config.settings import load
from agent.enrolment.exchange import check_policy, signed_request
from agent.signing.identity import IDENTITY_FILE
from agent.signing.identity import load_or_make as load_identity
from agent.signing.keys import CURVE_KEY, FOLDER
from agent.signing.succession import STATEMENT_KEY
from drivers import catalog
from evidence.enrolment import parse_request, token_digest
from evidence.policy import parse_policy
from foundation.durable import Disk
from ledger.enrolling import enrolment
from ledger.gateways.gateways import read_gateways
from tests.agent.enrolment.door import with_card
from tests.ledger.support import NOW


class Cut(BaseException):
    """The power is gone."""


class Power:
    """Counts what changes a disk, on gateway and node alike, and goes away at the `last` act."""

    def __init__(self, monkeypatch, last=None):
        self.acts = 0
        self.last = last
        for owner, name in (
            (Disk, "write"),
            (Disk, "fsync"),
            (Disk, "replace"),
            (Path, "unlink"),
            (Path, "mkdir"),
        ):
            self._cut(monkeypatch, owner, name)

    def _cut(self, monkeypatch, owner, name):
        done = getattr(owner, name)

        def act(*arguments, **named):
            self.acts += 1
            if self.acts == self.last:
                raise Cut
            return done(*arguments, **named)

        monkeypatch.setattr(owner, name, act)


def private_files(door) -> dict[str, bytes]:
    names = (IDENTITY_FILE, f"{FOLDER}/{STATEMENT_KEY}", f"{FOLDER}/{CURVE_KEY}")
    return {
        name: (door.state / name).read_bytes() for name in names if (door.state / name).exists()
    }


def check_enrolled(door, token):
    assert not door.seed.exists()
    issuer = load_identity(door.state, os.urandom).gateway
    digest = token_digest(token)
    listed = [each for each in read_gateways(door.node.admitted) if digest in each.tokens]
    assert [each.issuer for each in listed] == [issuer]
    policy = parse_policy((door.state / "policy.txt").read_text())
    assert [each.key for each in policy.gateways if each.issuer == issuer] == [listed[0].key]
    config = load(door.config, catalog)
    assert (config.gateway.name, config.gateway.state_dir) == ("truck-7", door.state)
    left = b"".join(path.read_bytes() for path in door.card.rglob("*") if path.is_file())
    assert token.encode() not in left


def use_node(monkeypatch, door):
    """Make the node a function: what its socket adds is tested with processes."""

    async def exchange(seed, identity, keys, _entropy, _sleep):
        request = parse_request(signed_request(seed, identity, keys))
        text = enrolment.enrol(door.node, request, NOW)
        check_policy(text, seed.policy, identity, keys)
        return text

    monkeypatch.setattr(verb, "exchange", exchange)


def acts_of_one_run(door, monkeypatch) -> int:
    door.write_seed()
    with monkeypatch.context() as counting:
        use_node(counting, door)
        power = Power(counting)
        assert main(door.arguments()) == 0
    return power.acts


def test_each_cut_is_mended_by_the_next_run(door, monkeypatch, tmp_path):
    acts = acts_of_one_run(door, monkeypatch)
    assert acts > 20
    for last in range(1, acts + 1):
        cut = with_card(replace(door, card=tmp_path / f"card-{last}"))
        token = cut.write_seed()
        with monkeypatch.context() as patch:
            use_node(patch, cut)
            with patch.context() as power:
                Power(power, last)
                with pytest.raises(Cut):
                    main(cut.arguments())
            if not cut.seed.exists():
                assert (cut.state / "enrolment.toml").exists()
            before = private_files(cut)
            assert main(cut.arguments()) == 0
            assert before.items() <= private_files(cut).items()
            check_enrolled(cut, token)
