"""node.pub: what one operator hands to the others, as TOML."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from evidence.errors import EvidenceError
from evidence.keys import PublicKey
from evidence.note import KeyType, NoteKey, decode_base64
from ledger.base.curve_text import read_curve
from ledger.base.toml_table import Table, TomlValue, to_toml


class Role(StrEnum):
    """What a node does for a log."""

    SEQUENCER = "sequencer"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class PublicNode:
    """A node as others know it; `log` and `receipt` are a sequencer's only."""

    name: str
    role: Role
    endpoint: str
    curve: str
    cosigner: NoteKey
    log: NoteKey | None = None
    receipt: PublicKey | None = None

    def to_toml(self) -> str:
        """Return the file's content."""
        values: dict[str, TomlValue] = {
            "name": self.name,
            "role": str(self.role),
            "endpoint": self.endpoint,
            "curve": self.curve,
            "cosigner": self.cosigner.to_text(),
        }
        if self.log is not None and self.receipt is not None:
            values["log"] = self.log.to_text()
            values["receipt"] = base64.b64encode(self.receipt.to_cose()).decode()
        return to_toml(values)


def read_public_node(path: Path) -> PublicNode:
    """Read a node.pub; Fatal names the file and the line."""
    table = Table.read(path, advice="ask that node's operator for its node.pub")
    node = parse_public_node(table)
    table.finish()
    return node


def parse_public_node(table: Table) -> PublicNode:
    """Read a node from the keys of `table`."""
    role = table.text("role")
    if role not in set(Role):
        raise table.wrong("role", f"must be one of {', '.join(Role)}")
    sequencer = role == Role.SEQUENCER
    return PublicNode(
        table.text("name"),
        Role(role),
        table.text("endpoint"),
        read_curve(table, "curve"),
        _vkey(table, "cosigner", KeyType.COSIGNATURE),
        _vkey(table, "log", KeyType.NOTE) if sequencer else None,
        read_cose_key(table, "receipt") if sequencer else None,
    )


def read_cose_key(table: Table, key: str) -> PublicKey:
    """Return the COSE_Key that stands in base64 under `key`."""
    try:
        return PublicKey.from_cose(decode_base64(table.text(key), key))
    except EvidenceError as error:
        raise table.wrong(key, f"is no COSE_Key in base64: {error}") from error


def _vkey(table: Table, key: str, type_: KeyType) -> NoteKey:
    try:
        note_key = NoteKey.from_text(table.text(key))
    except EvidenceError as error:
        raise table.wrong(key, f"is no verifier key: {error}") from error
    if note_key.type is not type_:
        raise table.wrong(key, f"must be a verifier key of type {int(type_):#04x}")
    return note_key
