"""A ledger node that enrols, a seed of its making, and a card for the gateway."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from ledger.base.node_files import NodeFiles
from ledger.enrolling import enrolment
from ledger.enrolling.enrolment import Invitation
from ledger.enrolling.seed_text import seed_text
from tests.ledger.support import NOW, free_endpoint, make_cluster

PROFILE = """
[[device]]
name = "cargo"
kind = "sensors.sht3x"
bus = "/dev/i2c-99"
interval = 60
"""


@dataclass(frozen=True, slots=True)
class Door:
    """`node` enrols at `endpoint`; `card` is where the gateway lives."""

    node: NodeFiles
    endpoint: str
    card: Path

    @property
    def seed(self) -> Path:
        return self.card / "firmware" / "tallyman-seed.toml"

    @property
    def state(self) -> Path:
        return self.card / "state"

    @property
    def config(self) -> Path:
        return self.card / "etc" / "tallyman.toml"

    def write_seed(self, label="truck-7", now=NOW) -> str:
        invitation = Invitation("turin", "truck", label, "14d")
        token = enrolment.invite(self.node, invitation, now, secrets.token_bytes)
        self.seed.parent.mkdir(parents=True, exist_ok=True)
        self.seed.write_text(seed_text(self.node, invitation, token, "internet"))
        return token

    def arguments(self, *more: str) -> list[str]:
        """The command line of `tallyman enrol` on this card."""
        words = ("--seed", self.seed, "--config", self.config, "--state-dir", self.state)
        return ["enrol", *map(str, words), "--profiles", str(self.card / "profiles"), *more]


def make_door(folder: Path) -> Door:
    endpoint = free_endpoint()
    cluster = make_cluster(folder, witnesses=0, settings=f'enrol_listen = "{endpoint}"\n')
    return with_card(Door(cluster.sequencer, endpoint, folder / "card"))


def with_card(door: Door) -> Door:
    """Put the profile on a fresh card."""
    (door.card / "profiles").mkdir(parents=True)
    (door.card / "profiles" / "truck.toml").write_text(PROFILE)
    return door
