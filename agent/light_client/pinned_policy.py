"""The policy file that the configuration pins, and what its logs' policies were exchanged for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace

from agent.config.config_file import ConfigError
from agent.config.ledger import LedgerNode
from agent.config.settings import Config
from agent.light_client.kept_proofs import KeptProofs
from agent.light_client.policies import Policies, load_policies
from agent.light_client.trusted_store import TrustedStore, is_of
from evidence.errors import EvidenceError
from evidence.log_set import LogSet, parse_log_set
from foundation.counting import counted
from foundation.toml_file import Problem

_ASK = "put the policy file back, or ask the consortium for it"

TRUST_FOLDER = "trust"
"""Below the state folder: what the light client trusts."""


def policies_in_force(config: Config) -> dict[str, Policies]:
    """Return of each log the pinned policy and what followed from it, signed by old quorums."""
    logs = load_policy(config)
    return {
        origin: load_policies(policy, trusted_store(config, logs, origin))
        for origin, policy in logs.logs.items()
    }


def kept_proofs(config: Config) -> KeptProofs:
    """Return what holds kept proofs against every policy that was ever in force here.

    An update says nothing of gateways: their keys are those of the pinned policy.
    """
    logs = load_policy(config)
    policies = {
        origin: [replace(policy, gateways=logs.logs[origin].gateways) for policy in known.all]
        for origin, known in policies_in_force(config).items()
    }
    return KeptProofs(policies, logs.threshold)


def trusted_store(config: Config, logs: LogSet, origin: str) -> TrustedStore:
    """Return what is trusted of a log: each has a folder, the first that was there the trunk."""
    root = config.gateway.state_dir / TRUST_FOLDER
    own = root / hashlib.sha256(origin.encode()).hexdigest()[:16]
    if not own.exists() and (is_of(root, origin) or not logs.several):
        return TrustedStore(root)
    return TrustedStore(own)


def load_policy(config: Config) -> LogSet:
    """Return the pinned policy; ConfigError names the file and what is wrong in it."""
    path = config.ledger.policy
    if path is None:
        raise ConfigError(config.path, [Problem(0, "[ledger] names no policy")])
    try:
        # As bytes: as text, Windows line ends would pass here and nowhere else (docs/PROTOCOL.md).
        return parse_log_set(path.read_bytes().decode())
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise ConfigError(path, [Problem(0, why)], advice=_ASK) from error
    except (UnicodeDecodeError, EvidenceError) as error:
        raise ConfigError(path, [Problem(0, str(error))], advice=_ASK) from error


def nodes_of(config: Config, logs: LogSet) -> Mapping[str, list[LedgerNode]]:
    """Return the configured nodes by log; ConfigError where that does not fit the policy."""
    found: dict[str, list[LedgerNode]] = {origin: [] for origin in logs.logs}
    problems = []
    for node in config.ledger.nodes:
        origin = node.log or ("" if logs.several else next(iter(found)))
        if origin in found:
            found[origin].append(node)
        else:
            said = f"serves the log {origin!r}" if origin else "needs the key 'log'"
            text = f"node {node.name!r} {said}: the policy has {', '.join(found)}"
            problems.append(Problem(0, text))
    served = sum(any(not node.witness for node in nodes) for nodes in found.values())
    if served < logs.threshold and not problems and config.ledger.nodes:
        serve = f"the nodes serve {counted(served, 'log')}"
        text = f"{serve}, and the policy wants {logs.threshold} to vouch"
        problems.append(Problem(0, text))
    if problems:
        raise ConfigError(config.path, problems)
    return found
