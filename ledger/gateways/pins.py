"""The logs that a witness cosigns, as pinned.toml lists them, and who may ask it to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.errors import EvidenceError
from evidence.note import NoteKey
from evidence.policy import Policy, parse_policy
from foundation.errors import Fatal
from foundation.options import Option
from foundation.toml_file import read_tables
from ledger.base.curve_text import curve_key
from ledger.base.key_text import log_key
from ledger.base.public_node import PublicNode
from ledger.base.text_file import read_text
from ledger.base.toml_text import to_tables

_HEADER = "# Logs that this witness cosigns: tallyman-ledger pin writes this file.\n"


@dataclass(frozen=True, slots=True)
class PinnedLog:
    """A log: the key that signs its checkpoints, and the CURVE key of its sequencer."""

    name: str
    curve: str
    log: NoteKey


_OPTIONS = (
    Option("name", str, "the sequencer's name", form=r".+"),
    Option("curve", str, "its CURVE public key", parse=curve_key),
    Option("log", str, "the key that signs its log", parse=log_key),
)


def read_pins(path: Path) -> tuple[PinnedLog, ...]:
    """Read pinned.toml; a missing file pins nothing."""
    tables = read_tables(path, "log", _OPTIONS, advice="pin the logs again")
    return tuple(PinnedLog(**values) for values in tables)


def to_toml(pins: Sequence[PinnedLog]) -> str:
    """Return the content of pinned.toml."""
    tables = ({"name": pin.name, "curve": pin.curve, "log": pin.log.to_text()} for pin in pins)
    return _HEADER + to_tables("log", tables)


def add_pin(pins: Sequence[PinnedLog], new: PinnedLog) -> tuple[PinnedLog, ...]:
    """Return the list with `new`, which may move a known log to another sequencer's CURVE key.

    Fatal when the log's key changed: a witness that follows two keys cannot hold a log to one.
    """
    for known in pins:
        if known.log.name == new.log.name and known.log != new.log:
            raise Fatal(
                f"the log {new.log.name!r} is pinned here with another key",
                advice="ask its operator why the key changed; a new log needs a new origin",
            )
    return (*(pin for pin in pins if pin.log != new.log), new)


def check_pin(policy_path: Path, sequencer: PublicNode, cosigner: NoteKey) -> PinnedLog:
    """Return the pin for a sequencer whose policy names this witness's key; Fatal otherwise."""
    policy = read_policy(policy_path)
    if sequencer.log is None:
        raise Fatal(
            f"{sequencer.name} is a {sequencer.role}, not a sequencer",
            advice="give --sequencer the node.pub of the node that made the policy",
        )
    if sequencer.log != policy.log:
        raise Fatal(
            f"{policy_path} is about the log {policy.log.name!r}, but {sequencer.name} signs"
            f" {sequencer.log.name!r} or has another key",
            advice="ask the operator for policy.txt and node.pub of one node",
        )
    if cosigner not in policy.witnesses.values():
        raise Fatal(
            f"{policy_path} does not name this witness's key {cosigner.to_text()}",
            advice="give this node.pub to the operator, for --witness of its init",
        )
    return PinnedLog(sequencer.name, sequencer.curve, sequencer.log)


def read_policy(path: Path) -> Policy:
    """Read a policy file; Fatal names the line."""
    text = read_text(path, advice="ask the sequencer's operator for its policy.txt")
    try:
        return parse_policy(text)
    except EvidenceError as error:
        raise Fatal(f"{path}: {error}", advice="ask the operator for an unchanged copy") from error
