"""A node's state as metrics; pure."""

from __future__ import annotations

from collections.abc import Iterable

from foundation.metrics import Family, gauges, to_text
from ledger.base.public_node import Role
from ledger.enrolling.enrol_server import REUSE
from ledger.gateways.desk import SHOWN
from ledger.node.status import ANSWERS, NodeStatus
from ledger.store.group import EQUIVOCATION
from ledger.witness.cosigner import FORK

NONE_YET = dict.fromkeys((EQUIVOCATION, FORK, REUSE, SHOWN), 0)
"""An alarm on what never happened needs its 0: of each kind of evidence it is known."""


def to_metrics(status: NodeStatus) -> str:
    """Return the metrics as Prometheus reads them; times are Unix seconds."""
    return to_text(families(status))


def families(status: NodeStatus) -> Iterable[Family]:
    """Return what there is to tell of a node."""
    logs = [({"log": log.origin}, log) for log in status.logs]
    own = logs if status.config.role is Role.SEQUENCER else []  # a witness has no entries
    cosigned = [(name, log.kept) for name, log in logs if log.kept is not None]
    return (
        _gauges("entries", "Entries in the log.", ((name, log.entries) for name, log in own)),
        _gauges(
            "cosigned_size",
            "Size of the newest cosigned checkpoint.",
            ((name, kept.size) for name, kept in cosigned),
        ),
        _gauges(
            "cosigned_seconds",
            "When the newest checkpoint was cosigned, in Unix seconds.",
            ((name, kept.at) for name, kept in cosigned),
        ),
        _gauges(
            "cosigners",
            "Members whose cosignature the newest checkpoint has.",
            ((name, len(log.cosigners)) for name, log in own),
        ),
        _gauges(
            "gateways",
            "Gateways on this node's list.",
            (({"state": "admitted"}, status.gateways), ({"state": "revoked"}, status.out)),
        ),
        _gauges(
            "evidence",
            "Exhibits of broken promises that were kept.",
            (({"kind": kind}, count) for kind, count in ({**NONE_YET, **status.exhibits}).items()),
        ),
        _gauges(
            "answers",
            "Whether the node answers: this one, and each witness it asks.",
            (({"node": name}, int(said == ANSWERS)) for name, said in status.answers.items()),
        ),
    )


def _gauges(name: str, help_: str, values: Iterable[tuple[dict[str, str], int]]) -> Family:
    return gauges(f"tallyman_ledger_{name}", help_, values)
