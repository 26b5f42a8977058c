"""The policy file that the configuration pins."""

from __future__ import annotations

from agent.config import Config, ConfigError, Problem
from agent.evidence.errors import EvidenceError
from agent.evidence.policy import Policy, parse_policy


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
