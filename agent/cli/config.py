"""`tallyman config check`, `tallyman config schema` and `tallyman config policy`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from agent.cli.arguments import add_config
from agent.cli.errors import Mistake
from agent.cli.place import config_path
from agent.cli.times import utc_iso
from agent.config import config_file
from agent.config.schema import schema
from agent.config.settings import Config, load
from agent.light_client.pinned_policy import load_policy, nodes_of, policies_in_force
from agent.light_client.policies import Policies
from drivers import catalog
from evidence.policy import Policy
from foundation.counting import counted
from foundation.printing import say, say_json, say_text
from foundation.words import json_text

HELP = "check the configuration, print its schema, show the policy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=("check", "schema", "policy"),
        help="check: name every mistake with its line; schema: for editors and tools; "
        "policy: whose signatures count, and how that changed",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, on one line")


def run(args: argparse.Namespace) -> int:
    """Check the file, print the schema, or show the policies."""
    if args.action == "schema":
        say_text(json_text(schema(catalog), indent=None if args.json else 2))
        return 0
    path = config_path(args)
    if args.action == "check" and not config_file.read(path).tree:
        raise Mistake(
            f"{path} is empty: an agent would run by it, read no device and tell nobody",
            advice="fill it, or take it from a backup; see: tallyman config schema",
        )
    config = load(path, catalog)
    if args.action == "policy":
        return show_policy(config, as_json=args.json)
    if config.ledger.policy is not None and config.ledger.policy.exists():
        nodes_of(config, load_policy(config))
    name, devices = config.gateway.name, config.devices
    if args.json:
        say_json({"file": str(config.path), "gateway": name, "devices": len(devices)})
    else:
        say(f"{config.path} is correct: {name}, {counted(len(devices), 'device')}")
    return 0


def show_policy(config: Config, *, as_json: bool) -> int:
    """Print the policies of every log, the newest of each last."""
    logs = load_policy(config)
    in_force = policies_in_force(config)
    if as_json:
        told = {origin: policy_json(policies) for origin, policies in in_force.items()}
        say_json({"threshold": logs.threshold, "logs": told})
        return 0
    if logs.several:
        say(f"logs      {logs.threshold} of {len(logs.logs)} must vouch")
    for policies in in_force.values():
        for line in policy_page(policies):
            say(line)
    return 0


def policy_json(policies: Policies) -> list[dict[str, Any]]:
    """Return the policies since the pinned one, each with who signed the change to it."""
    found: list[dict[str, Any]] = [_policy_json(policies.known[0])]
    for old, update in zip(policies.known, policies.updates, strict=False):
        change = {
            "sequence": update.change.sequence,
            "from_ms": 1000 * update.change.valid_from,
            "signers": sorted(update.signers(old)),
        }
        found.append(_policy_json(update.policy) | {"change": change})
    return found


def _policy_json(policy: Policy) -> dict[str, Any]:
    return {
        "digest": policy.digest.hex(),
        "witnesses": {name: key.identifier.hex() for name, key in policy.witnesses.items()},
        "groups": {
            name: {"threshold": group.threshold, "members": list(group.members)}
            for name, group in policy.groups.items()
        },
        "quorum": policy.quorum,
    }


def policy_page(policies: Policies) -> Iterator[str]:
    """Yield the policies since the pinned one, the newest last, as lines for people."""
    yield f"log       {policies.newest.log.name}"
    yield from _policy("pinned", policies.known[0])
    for old, update in zip(policies.known, policies.updates, strict=False):
        signers = update.signers(old)
        yield f"change {update.change.sequence}  from {utc_iso(1000 * update.change.valid_from)}"
        yield f"          signed by {', '.join(sorted(signers))}, members until then"
        yield from _policy("", update.policy)
    yield "          the last one is in force" if policies.updates else "          it is in force"


def _policy(title: str, policy: Policy) -> Iterator[str]:
    yield f"{title:10}{policy.digest.hex()}"
    for name, key in policy.witnesses.items():
        yield f"          witness {name}, key {key.identifier.hex()}"
    for name, group in policy.groups.items():
        quorum = "quorum" if name == policy.quorum else "group"
        yield f"          {quorum} {name}: {group.threshold} of {', '.join(group.members)}"
