"""The seed that a gateway's first boot reads: where to enrol, with which token, under which policy.

It holds no private key: the gateway makes its own (docs/operate/cards.md, "Seed").
"""

from __future__ import annotations

from collections.abc import Mapping

from foundation.errors import Fatal
from ledger.base.config import ADDRESS, read_config
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import read_public_node
from ledger.base.text_file import read_text
from ledger.base.toml_text import TomlValue, to_tables, to_toml
from ledger.enrolling.enrolment import Invitation

SEED_VERSION = 1


def seed_text(
    files: NodeFiles,
    invitation: Invitation,
    token: str,
    apn: str,
    continues: Mapping[str, TomlValue] | None = None,
) -> str:
    """Return the seed; Fatal where the node has no socket for enrolment.

    `continues` is what a new gateway says of the one whose place it takes.
    """
    node, config = read_public_node(files.public), read_config(files.config)
    bound = ADDRESS.fullmatch(config.enrol_listen or "")
    reached = ADDRESS.fullmatch(node.endpoint)
    if bound is None or reached is None:
        raise Fatal(f"{node.name} has no socket for enrolment", advice="set enrol_listen")
    head: dict[str, TomlValue] = {"version": SEED_VERSION}
    head |= {"label": invitation.label, "site": invitation.site, "profile": invitation.profile}
    if apn:
        head["apn"] = apn
    enrol: dict[str, TomlValue] = {
        "endpoint": f"tcp://{reached['host']}:{bound['port']}",
        "server_key": node.curve,
        "token": token,
    }
    nodes: dict[str, TomlValue] = {"name": node.name, "endpoint": node.endpoint}
    nodes["server_key"] = node.curve
    policy = read_text(files.policy, advice="restore the node's policy.txt")
    return (
        "# Seed of one gateway. The token lets it in once; keep this file from others until then.\n"
        f"{to_toml(head)}\n[enrol]\n{to_toml(enrol)}"
        f"\n[ledger]\npolicy = '''\n{policy}'''\n{to_tables('ledger.node', [nodes])}"
        + (f"\n[continues]\n{to_toml(continues)}" if continues else "")
    )
