"""What a first boot can do without a network: keys, the pinned policy, the configuration.

Each file is written whole and durably, and only where it is not yet as it should be, so that a
power cut at any point is mended by running it again. The agent may start as soon as it is done:
it collects, and forwards once the node has admitted the gateway.
"""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.config.devices import Catalog
from agent.config.gateway import SYSTEM_STATE_DIR
from agent.config.settings import parse
from agent.enrolment.seed import Seed, SeedUnusable
from foundation.durable import write_file
from foundation.toml_file import Problem

log = logging.getLogger(__name__)

MADE_BY_US = "# Made by `tallyman enrol` from the seed"
"""First words of a configuration that may be written again; without them it is a person's."""

POLICY_FILE = "policy.txt"
STATE_FILE = "enrolment.toml"
PUBLIC_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Place:
    """Where the gateway keeps its things, and where profiles are looked for, in this order."""

    config: Path
    state_dir: Path
    profiles: Sequence[Path]

    @property
    def policy(self) -> Path:
        """The policy that the configuration pins."""
        return self.state_dir / POLICY_FILE

    @property
    def state(self) -> Path:
        """What is remembered of the enrolment; there once the gateway is admitted."""
        return self.state_dir / STATE_FILE


def prepare(seed: Seed, place: Place, catalog: Catalog) -> None:
    """Pin the seed's policy and write the configuration, which says where keys are made.

    ConfigError when profile and seed do not make a configuration; WriteFailed when a disk does not
    take it.
    """
    if not place.policy.exists():
        _write(place.policy, seed.policy_text)
    _write_config(place, config_text(seed, place), catalog)


def _write_config(place: Place, text: str, catalog: Catalog) -> None:
    parse(text.encode(), place.config, catalog)
    if place.config.exists():
        found = place.config.read_text(errors="replace")
        if not found.startswith(MADE_BY_US):
            log.warning("%s was not made by tallyman enrol: left as it is", place.config)
            return
        if found == text:
            return
    place.config.parent.mkdir(parents=True, exist_ok=True)
    _write(place.config, text)


def config_text(seed: Seed, place: Place) -> str:
    """Return the configuration that the seed and its profile make."""
    gateway = {"name": seed.label}
    if str(place.state_dir) != SYSTEM_STATE_DIR:
        gateway["state_dir"] = str(place.state_dir)
        gateway["control"] = str(place.state_dir / "control.sock")
    nodes = "".join(
        "\n[[ledger.node]]\n"
        + _lines({"name": node.name, "endpoint": node.endpoint, "server_key": node.server_key})
        for node in seed.nodes
    )
    return (
        f"{MADE_BY_US} of {seed.label}, {seed.site}. Remove this line to keep your changes.\n"
        f"\n[gateway]\n{_lines(gateway)}"
        f"\n[ledger]\n{_lines({'policy': str(place.policy)})}{nodes}"
        f"\n# Profile {seed.profile}\n{_profile(seed, place)}"
    )


def is_enrolled(seed: Seed, place: Place) -> bool:
    """Tell whether this very seed has done its work here."""
    try:
        return tomllib.loads(place.state.read_text()).get("token_sha256") == seed.digest
    except (OSError, ValueError):
        return False


def remember(seed: Seed, place: Place) -> None:
    """Note durably that the gateway is admitted, and what the seed said of it; no token."""
    values = {
        "label": seed.label,
        "site": seed.site,
        "profile": seed.profile,
        "apn": seed.apn,
        "endpoint": seed.endpoint,
        "token_sha256": seed.digest,
    }
    _write(place.state, "# How this gateway was enrolled.\n" + _lines(values))


def _profile(seed: Seed, place: Place) -> str:
    for folder in place.profiles:
        path = folder / f"{seed.profile}.toml"
        if path.exists():
            return path.read_text()
    looked = ", ".join(map(str, place.profiles))
    raise SeedUnusable(
        seed.path,
        [Problem(0, f"there is no profile {seed.profile!r} in {looked}")],
        advice="correct `profile` in the seed, or put the profile there",
    )


def _lines(values: dict[str, str]) -> str:
    # What was checked on reading holds no DEL: a JSON string is then a TOML string.
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def _write(path: Path, text: str) -> None:
    write_file(path, text.encode(), PUBLIC_MODE)
