"""A node's state in the text format that Prometheus reads (exposition format 0.0.4); pure."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.base.public_node import Role
from ledger.node.status import ANSWERS, NodeStatus

_Labels = dict[str, str]
_Sample = tuple[_Labels, int]


def to_metrics(status: NodeStatus) -> str:
    """Return the metrics, each with its help and type; times are Unix seconds."""
    return "".join(_family(*family) for family in _families(status))


def _families(status: NodeStatus) -> Iterator[tuple[str, str, list[_Sample]]]:
    logs = [({"log": log.origin}, log) for log in status.logs]
    own = logs if status.config.role is Role.SEQUENCER else []  # a witness has no entries
    yield "entries", "Entries in the log.", [(name, log.entries) for name, log in own]
    cosigned = [(name, log.kept) for name, log in logs if log.kept is not None]
    text = "Size of the newest cosigned checkpoint."
    yield "cosigned_size", text, [(name, kept.size) for name, kept in cosigned]
    text = "When the newest checkpoint was cosigned, in Unix seconds."
    yield "cosigned_seconds", text, [(name, kept.at) for name, kept in cosigned]
    text = "Members whose cosignature the newest checkpoint has."
    yield "cosigners", text, [(name, len(log.cosigners)) for name, log in own]
    listed = [({"state": "admitted"}, status.gateways), ({"state": "revoked"}, status.out)]
    yield "gateways", "Gateways on this node's list.", listed
    kept_evidence = [({"kind": kind}, count) for kind, count in status.exhibits.items()]
    yield "evidence", "Exhibits of broken promises that were kept.", kept_evidence
    asked = [({"node": name}, int(said == ANSWERS)) for name, said in status.answers.items()]
    yield "answers", "Whether the node answers: this one, and each witness it asks.", asked


def _family(name: str, text: str, samples: list[_Sample]) -> str:
    full = f"tallyman_ledger_{name}"
    lines = [f"# HELP {full} {text}", f"# TYPE {full} gauge"]
    lines += [f"{full}{_labels(labels)} {value}" for labels, value in samples]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: _Labels) -> str:
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
