"""Writing and amending a sequencer's policy.txt (docs/PROTOCOL.md, "Policy")."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from evidence.keys import PublicKey
from evidence.note import NoteKey
from evidence.policy import NOBODY
from ledger.base import times
from ledger.gateways.gateways import Gateway

QUORUM_GROUP = "quorum-group"
RESERVED = frozenset({QUORUM_GROUP, NOBODY})
"""Names that no member can have."""


def quorum_for(members: int) -> int:
    """Return the smallest q > (n + f) / 2 for n members, of which f = ⌊(n - 1) / 3⌋ may lie.

    Any two quorums then share an honest member, so no two conflicting checkpoints reach one.
    """
    liars = (members - 1) // 3
    return (members + liars) // 2 + 1


def new_policy(
    log: NoteKey, receipt: PublicKey, members: Mapping[str, NoteKey], quorum: int
) -> str:
    """Return the text of a policy that no gateway is in yet."""
    lines = [
        f"# What makes a checkpoint of {log.name} valid. Pin this file; compare it with the other",
        "# members' copies by another way than the one it came by.",
        f"log {log.to_text()}",
        f"receipt {base64.b64encode(receipt.to_cose()).decode()}",
        *(f"witness {name} {key.to_text()}" for name, key in members.items()),
        f"group {QUORUM_GROUP} {quorum} {' '.join(members)}",
        f"quorum {QUORUM_GROUP}",
    ]
    return "".join(f"{line}\n" for line in lines)


def with_gateways(text: str, gateways: Sequence[Gateway]) -> str:
    """Return the policy with one line for each of `gateways`, in place of those it had.

    A line that names none of them (a key of an earlier list, kept for old bundles) stays.
    """
    ours = {_subject(_line(gateway)): _line(gateway) for gateway in gateways}
    lines = []
    for line in text.rstrip("\n").split("\n"):
        known = ours.pop(_subject(line), None) if line.split()[:1] == ["gateway"] else None
        lines.append(line if known is None else _keep_until(line, known))
    return "".join(f"{line}\n" for line in (*lines, *ours.values()))


def _line(gateway: Gateway) -> str:
    key = base64.b64encode(gateway.key.to_cose()).decode()
    line = f"gateway {gateway.issuer} {key} from {times.to_text(gateway.since)}"
    if gateway.revoked is None:
        return line
    return f"{line} revoked {times.to_text(gateway.revoked)}"


def _subject(line: str) -> tuple[str, ...]:
    return tuple(line.split()[1:3])


def _keep_until(old: str, new: str) -> str:
    """Return `new` with the `until` that an operator wrote into the old line."""
    words = old.split()
    if "until" not in words:
        return new
    until = f"until {words[words.index('until') + 1]}"
    start, revoked, when = new.partition(" revoked ")
    return f"{start} {until}{revoked}{when}"
