"""The policy file that the configuration pins, and what it was exchanged for since."""

from __future__ import annotations

from agent.config import Config
from agent.config_tables import ConfigError, Problem
from agent.evidence.errors import EvidenceError
from agent.evidence.policy import Policy, parse_policy
from agent.light_client.policies import Policies, load_policies
from agent.light_client.trusted_store import TrustedStore

TRUST_FOLDER = "trust"
"""Below the state folder: what the light client trusts."""


def policies_in_force(config: Config) -> Policies:
    """Return the pinned policy and what followed from it by updates that old quorums signed."""
    store = TrustedStore(config.gateway.state_dir / TRUST_FOLDER)
    return load_policies(load_policy(config), store)


def load_policy(config: Config) -> Policy:
    """Return the pinned policy; ConfigError names the file and what is wrong in it."""
    path = config.ledger.policy
    if path is None:
        raise ConfigError(config.path, [Problem(0, "[ledger] names no policy")])
    try:
        return parse_policy(path.read_text())
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        raise ConfigError(
            path, [Problem(0, str(error))], advice="ask the consortium for its policy file"
        ) from error
