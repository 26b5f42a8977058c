"""Changing a node's lists while it may run: gateways in and out, logs pinned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evidence.keys import PublicKey
from foundation.durable import lock_file, write_file
from foundation.errors import Fatal
from ledger.base.clock import CLOCK_MARGIN_S
from ledger.base.config import read_config
from ledger.base.node_files import PUBLIC_MODE, NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.base.text_file import read_text
from ledger.gateways import gateways, listing, pins
from ledger.gateways.gateways import Gateway
from ledger.gateways.pins import PinnedLog
from ledger.log.log_identity import load_cosigner
from ledger.policy.text import with_gateways


def admit(files: NodeFiles, path: Path, now: int) -> Gateway:
    """Admit the gateway whose public keys are in `path`; doing it again changes nothing."""
    new = gateways.read_public_gateway(path, now - CLOCK_MARGIN_S)
    role = read_config(files.config).role
    with lock_file(files.edit_lock):
        known = gateways.read_gateways(files.admitted)
        write_gateways(files, role, listing.add_gateway(known, new))
    return new


def succeed(files: NodeFiles, issuer: str, key: PublicKey, now: int) -> None:
    """Admit the next statement key of a gateway that is on the list; again changes nothing."""
    role = read_config(files.config).role
    with lock_file(files.edit_lock):
        known = gateways.read_gateways(files.admitted)
        for old in known:
            if old.issuer == issuer and not old.out:
                new = replace(old, key=key, since=now - CLOCK_MARGIN_S)
                known = listing.add_gateway(known, new)
        write_gateways(files, role, known)


def fence(
    files: NodeFiles, called: str, now: int, kid: str | None = None, why: str = ""
) -> Gateway:
    """Shut out every key of the gateway of this name or id, or the one with `kid`; return it.

    Without a key left, its live connections are refused from then on. A sequencer ends the key once
    all that it signed is proven (`ledger.log.endings`); a witness takes no statements.
    """
    role = read_config(files.config).role
    with lock_file(files.edit_lock):
        known = gateways.read_gateways(files.admitted)
        gateway = listing.named(known, called)
        listed = listing.fence_gateway(known, gateway.issuer, now, kid, why)
        if role is Role.WITNESS:
            listed = listing.end_keys(listed, {each.key.kid.hex(): now for each in listed})
        write_gateways(files, role, listed)
    return gateway


def end(files: NodeFiles, ends: Mapping[str, int]) -> None:
    """Write when keys that are shut out ended, by kid in hex, for everybody who pins the policy."""
    role = read_config(files.config).role
    with lock_file(files.edit_lock):
        known = gateways.read_gateways(files.admitted)
        write_gateways(files, role, listing.end_keys(known, ends))


def pin(files: NodeFiles, policy: Path, sequencer: Path) -> PinnedLog:
    """Let the sequencer of `policy` have its log cosigned here."""
    config = read_config(files.config)
    if config.role is not Role.WITNESS:
        raise Fatal(f"{config.name} is a {config.role}", advice="pin logs on a witness")
    cosigner, _ = load_cosigner(files, config.name)
    new = pins.check_pin(policy, read_public_node(sequencer), cosigner)
    with lock_file(files.edit_lock):
        listed = pins.add_pin(pins.read_pins(files.pinned), new)
        write_file(files.pinned, pins.to_toml(listed).encode(), PUBLIC_MODE)
    return new


def write_gateways(files: NodeFiles, role: Role, listed: Sequence[Gateway]) -> None:
    """Write the policy before the list: who is let in must be in the policy that others pin."""
    if role is Role.SEQUENCER:
        text = read_text(files.policy, advice="restore the node's policy.txt")
        changed = with_gateways(text, listed)
        if changed != text:
            write_file(files.policy, changed.encode(), PUBLIC_MODE)
    write_file(files.admitted, gateways.to_toml(listed).encode(), PUBLIC_MODE)
